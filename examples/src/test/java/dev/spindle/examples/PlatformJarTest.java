package dev.spindle.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.spindle.ForkedJvm;
import dev.spindle.embedding.BackendsProbe;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The jar of one platform alone, on the module path. */
class PlatformJarTest {

    private static final Path BUILT = Path.of("../engine-native/target").toAbsolutePath().normalize();

    private static Path jar() throws IOException {
        String architecture = System.getProperty("os.arch").replace("amd64", "x86_64");
        String end = "-" + System.getProperty("os.name").toLowerCase(Locale.ROOT) + "-" + architecture + ".jar";
        List<Path> jars = List.of();
        if (Files.isDirectory(BUILT)) {
            try (Stream<Path> files = Files.list(BUILT)) {
                jars = files.filter(file -> file.toString().endsWith(end)).toList();
            }
        }
        Assumptions.assumeFalse(jars.isEmpty(), "no jar of engine-native for this platform is built");
        return jars.getFirst();
    }

    private static String location(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    }

    @Test
    void isAllThatTheModulePathNeeds() throws Exception {
        ForkedJvm jvm = ForkedJvm.run(List.of(
                "--illegal-native-access=deny",
                "--enable-native-access=dev.spindle.engine.jni",
                "-p", location(Kernels.class) + File.pathSeparator + jar(),
                "--add-modules", "dev.spindle.engine.jni",
                "-cp", location(BackendsProbe.class),
                BackendsProbe.class.getName()));
        List<String> expected = Kernels.all().stream()
                .filter(candidate -> candidate.name().startsWith("native-"))
                .map(PlatformJarTest::line)
                .toList();
        assertEquals(
                expected, jvm.output().lines().filter(line -> line.startsWith("native-")).toList(), jvm.output());
    }

    private static String line(KernelCandidate candidate) {
        return candidate.name() + " " + candidate.availability() + " " + candidate.reason();
    }
}
