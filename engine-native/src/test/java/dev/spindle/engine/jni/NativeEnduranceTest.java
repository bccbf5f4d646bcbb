package dev.spindle.engine.jni;

import dev.spindle.Endurance;
import dev.spindle.kernel.KernelCandidate;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The native backends of this machine under many threads. */
class NativeEnduranceTest {

    static Stream<String> backends() {
        return new NativeProvider().candidates().stream()
                .filter(KernelCandidate::supported)
                .map(KernelCandidate::name);
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("backends")
    void servesManyThreads(String backend) throws InterruptedException {
        Endurance.servesManyThreads(backend, System.getProperty("java.class.path"));
    }
}
