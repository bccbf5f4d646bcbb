package dev.spindle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.spindle.kernel.Kernels;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Models and sessions under many threads, and without memory. */
class EnduranceTest {

    static Stream<String> backends() {
        return Stream.of(Kernels.best().name(), "scalar").distinct();
    }

    @ParameterizedTest
    @MethodSource("backends")
    void servesManyThreads(String backend) throws InterruptedException {
        Endurance.servesManyThreads(backend, ForkedJvm.classPath());
    }

    /** What cannot be had for want of memory leaves all else as it was. */
    @Test
    void survivesWithoutMemory() throws InterruptedException {
        List<String> command = new ArrayList<>(OutOfMemoryProbe.OPTIONS);
        command.addAll(List.of("-cp", ForkedJvm.classPath(), OutOfMemoryProbe.class.getName()));
        ForkedJvm jvm = ForkedJvm.run(command);
        assertEquals(0, jvm.exitCode(), jvm.output());
    }
}
