package dev.spindle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;

/** How a backend bears many threads, in a JVM of its own; for the tests of every module with backends. */
public final class Endurance {

    private Endurance() {}

    /** {@code -Dspindle.soak.seconds} says for how long. */
    public static void servesManyThreads(String backend, String classPath) throws InterruptedException {
        List<String> command = new ArrayList<>(ConcurrencyProbe.OPTIONS);
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED", "-cp", classPath, ConcurrencyProbe.class.getName(), backend,
                System.getProperty("spindle.soak.seconds", "2")));
        ForkedJvm jvm = ForkedJvm.run(command);
        System.out.print(jvm.output());
        assertEquals(0, jvm.exitCode(), jvm.output());
    }
}
