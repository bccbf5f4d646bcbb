package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spindle.kernel.KernelCandidate.Availability;
import dev.spindle.kernel.Kernels;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DoctorCommandTest {

    private static final String THREADS = "--threads N: one thread computes an image unless more are asked for";

    private static List<String> expected(String... advice) {
        List<String> all = new ArrayList<>(List.of(advice));
        if (Runtime.getRuntime().availableProcessors() > 1) {
            all.add(THREADS);
        }
        return all;
    }

    private static BackendList.Backend backend(String name, Availability availability, String description) {
        boolean supported = availability == Availability.SUPPORTED;
        return new BackendList.Backend(name, "256", supported, supported, availability, description);
    }

    @Test
    void saysWhatItRunsOn() {
        JsonNode result = Cli.json("doctor");
        assertEquals(Version.program(), result.get("spindle").textValue());
        assertTrue(result.get("jdk").textValue().contains(Runtime.version().toString()), result.toString());
        assertEquals(Runtime.getRuntime().availableProcessors(), result.get("processors").intValue());
        assertTrue(result.get("system").textValue().contains(System.getProperty("os.arch")), result.toString());
        assertTrue(result.get("flags").toString().contains("--add-modules"), result.toString());
        assertEquals(Cli.json("backends"), result.get("backends"));
        String text = Cli.run("doctor").succeeded().out();
        assertTrue(text.contains(result.get("cpu").textValue()), text);
        assertTrue(text.contains("* " + Kernels.best().name()), text);
        assertTrue(text.lines().anyMatch(line -> line.matches(".*would make it faster.*")), text);
    }

    @Test
    void advisesWhatHoldsFasterBackendsBack() {
        BackendList list = new BackendList(
                "native-avx2",
                "the first",
                List.of(
                        backend("native-avx512", Availability.UNSUPPORTED, "this machine lacks AVX-512 F"),
                        backend("vector-512", Availability.MISSING, "add a module"),
                        backend("native-avx2", Availability.SUPPORTED, "C kernels"),
                        backend("vector-256", Availability.MISSING, "slower anyway")));
        assertEquals(expected("vector-512: add a module"), DoctorCommand.advice(list));
    }

    @Test
    void advisesAgainstWhatTheUserForcesOrForbids() {
        BackendList list = new BackendList(
                "scalar",
                "spindle.backend forces it",
                List.of(
                        backend("native-avx512", Availability.UNSUPPORTED, "spindle.isa.max is 256"),
                        backend("vector-512", Availability.UNSUPPORTED, "spindle.isa.max is 256"),
                        backend("native-avx2", Availability.SUPPORTED, "C kernels"),
                        backend("scalar", Availability.SUPPORTED, "plain loops")));
        assertEquals(
                expected("native-avx512, vector-512: spindle.isa.max is 256", "native-avx2: spindle.backend forces it"),
                DoctorCommand.advice(list));
    }
}
