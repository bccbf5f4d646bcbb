package dev.spindle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import java.util.List;
import org.junit.jupiter.api.Test;

class BytePeakTest {

    @Test
    void nativeCodeMultipliesBytesAndJavaDoesNot() {
        List<String> backends =
                Kernels.all().stream().filter(KernelCandidate::supported).map(KernelCandidate::name).toList();
        for (String backend : backends) {
            double gops = BytePeak.gops(backend, 0.01);
            assertEquals(backend.startsWith("native-"), gops > 0, () -> backend + " " + gops);
            assertTrue(Double.isFinite(gops));
            assertEquals(100, BytePeak.orElse(Contestant.of(backend), 100));
            assertEquals(gops > 0, BytePeak.orElse(Contestant.of(backend + ":int8"), -1) > 0);
        }
    }
}
