package dev.spindle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
            throws IOException, InterruptedException, URISyntaxException {
        Path classes = Path.of(Model.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("--add-modules", "jdk.incubator.vector,jdk.management"));
        command.addAll(List.of("-cp", classes + File.pathSeparator + classes.resolveSibling("test-classes"), main.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), printed);
        return printed;
    }
}
