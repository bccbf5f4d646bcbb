package dev.spindle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Runs a class of the tests in a JVM of its own, where no other test has left its mark on the compiler's profiles. */
public final class ChildJvm {

    private ChildJvm() {}

    /**
     * Runs a main method, which must end well.
     *
     * @param options of the JVM
     * @param main the class
     * @param arguments its arguments
     * @return what it printed
     */
    public static String run(List<String> options, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(options);
        all.addAll(List.of("--add-modules", "jdk.incubator.vector,jdk.management", "-cp", ForkedJvm.classPath(), main.getName()));
        all.addAll(List.of(arguments));
        Process process =
                new ProcessBuilder(ForkedJvm.command(all)).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), printed);
        return printed;
    }
}
