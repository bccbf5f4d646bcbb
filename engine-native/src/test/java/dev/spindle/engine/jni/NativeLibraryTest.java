package dev.spindle.engine.jni;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.ForkedJvm;
import dev.spindle.embedding.BackendsProbe;
import dev.spindle.kernel.Kernels;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the library gets from the jar into the JVM, and what is said where it does not. */
class NativeLibraryTest {

    private static final String NAME = "libtest.so";

    @TempDir
    private Path temporary;

    private final byte[] content = new byte[100_000];

    @BeforeEach
    void fill() {
        new Random(3).nextBytes(content);
    }

    private static void needsLibrary() {
        Assumptions.assumeTrue(NativeLibrary.instance().loaded(), NativeLibrary.instance().problem());
    }

    private static void needsPosix() {
        Assumptions.assumeFalse(File.separatorChar == '\\', "no POSIX permissions on Windows");
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    private Path ownFolder() {
        return temporary.resolve("spindle-" + System.getProperty("user.name").replaceAll("\\W", "_"));
    }

    @Test
    void theFileIsItsOwnersAloneAndWrittenOnce() throws IOException {
        Path file = UnpackedLibrary.of(temporary, NAME, content);
        assertArrayEquals(content, Files.readAllBytes(file));
        FileTime longAgo = FileTime.from(Instant.EPOCH);
        Files.setLastModifiedTime(file, longAgo);
        assertEquals(file, UnpackedLibrary.of(temporary, NAME, content));
        assertEquals(longAgo, Files.getLastModifiedTime(file));
        assertEquals(List.of(ownFolder()), list(temporary));
        assertEquals(List.of(file), list(ownFolder()));
        needsPosix();
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(ownFolder())));
    }

    @Test
    void otherContentIsAnotherFile() throws IOException {
        Path first = UnpackedLibrary.of(temporary, NAME, content);
        content[50_000]++;
        Path second = UnpackedLibrary.of(temporary, NAME, content);
        assertFalse(first.equals(second));
        assertEquals(2, list(ownFolder()).size());
    }

    @Test
    void aDamagedFileIsReplaced() throws IOException {
        Path file = UnpackedLibrary.of(temporary, NAME, content);
        Files.write(file, Arrays.copyOf(content, 1000));
        assertEquals(file, UnpackedLibrary.of(temporary, NAME, content));
        assertArrayEquals(content, Files.readAllBytes(file));
    }

    @Test
    void aFolderThatOthersMayChangeIsRefused() throws IOException {
        needsPosix();
        Files.createDirectory(ownFolder());
        Files.setPosixFilePermissions(ownFolder(), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertRefused(ownFolder(), "expected a folder of this user's that nobody else may enter");
        Path elsewhere = Files.createDirectory(
                temporary.resolve("elsewhere"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.delete(ownFolder());
        Files.createSymbolicLink(ownFolder(), elsewhere);
        assertRefused(ownFolder(), "expected a folder of this user's that nobody else may enter");
        Files.delete(ownFolder());
        Files.createFile(ownFolder());
        assertRefused(ownFolder(), "expected a folder");
        assertEquals(List.of(), list(elsewhere));
    }

    @Test
    void aTemporaryFolderThatIsNotThereIsNamed() {
        temporary = temporary.resolve("absent");
        assertRefused(temporary, "there is no such folder");
    }

    private void assertRefused(Path place, String reason) {
        String message = assertThrows(IOException.class, () -> UnpackedLibrary.of(temporary, NAME, content)).getMessage();
        assertTrue(message.startsWith(place.toString()), message);
        assertTrue(message.endsWith(": " + reason), message);
    }

    /** Nobody but root can mount such a folder. */
    @ParameterizedTest
    @CsvSource({
        "ro, could not be unpacked: FOLDER/*: Read-only file system",
        "noexec, could not be loaded: FOLDER/* is on a file system that is mounted noexec",
        "size=64k, could not be unpacked: FOLDER: No space left on device",
    })
    void aTemporaryFolderThatDoesNotServeIsNamed(String options, String expected) throws Exception {
        needsLibrary();
        int mounted = new ProcessBuilder("mount", "-t", "tmpfs", "-o", options, "tmpfs", temporary.toString())
                .redirectErrorStream(true).start().waitFor();
        Assumptions.assumeTrue(mounted == 0, "this process may not mount a file system");
        try {
            String lines = probe("-Djava.io.tmpdir=" + temporary);
            String pattern = ".*" + expected.replace("*", "\\S*").replace("FOLDER", temporary.toString())
                    + "; -Djava.io.tmpdir=FOLDER names another folder";
            assertTrue(lines.lines().anyMatch(line -> line.startsWith("native-") && line.matches(pattern)), lines);
            assertTrue(lines.contains("scalar SUPPORTED"), lines);
        } finally {
            assertEquals(0, new ProcessBuilder("umount", temporary.toString()).start().waitFor());
        }
    }

    private static String probe(String... options) throws InterruptedException {
        ForkedJvm jvm = ForkedJvm.run(probeCommand(options));
        assertEquals(0, jvm.exitCode(), jvm.output());
        return jvm.output();
    }

    private static List<String> probeCommand(String... options) {
        List<String> command = new ArrayList<>(List.of(options));
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                BackendsProbe.class.getName()));
        return command;
    }

    @Test
    void severalJvmsAtOnceShareOneFile() throws Exception {
        needsLibrary();
        List<Process> jvms = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            jvms.add(ForkedJvm.start(probeCommand("-Djava.io.tmpdir=" + temporary)));
        }
        List<String> own = states(probe());
        for (Process jvm : jvms) {
            assertEquals(own, states(ForkedJvm.end(jvm).output()));
        }
        assertEquals(List.of(ownFolder()), list(temporary));
        assertEquals(1, list(ownFolder()).size());
    }

    /** What web servers do: the library once more, in a class loader of an application. */
    @Test
    void aSecondClassLoaderFallsBackAndSaysWhy() throws Exception {
        needsLibrary();
        List<URL> classPath = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            classPath.add(Path.of(entry).toUri().toURL());
        }
        try (URLClassLoader second =
                new URLClassLoader(classPath.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            Class<?> kernels = second.loadClass(Kernels.class.getName());
            String all = kernels.getMethod("all").invoke(null).toString();
            assertTrue(
                    all.contains("the native library could not be loaded: Native Library ")
                            && all.contains(" already loaded in another classloader"),
                    all);
            String best = kernels.getMethod("best").invoke(null).toString();
            assertFalse(best.startsWith("native-"), best);
        }
    }

    @Test
    void nativeAccessIsEnabledByTheModulesName() throws Exception {
        needsLibrary();
        List<String> command = List.of(
                "--illegal-native-access=deny",
                "-p", location(Kernels.class) + File.pathSeparator + location(NativeLibrary.class),
                "--add-modules", "dev.spindle.engine.jni",
                "-cp", location(BackendsProbe.class),
                BackendsProbe.class.getName());
        ForkedJvm denied = ForkedJvm.run(command);
        assertTrue(
                denied.output().matches("(?s).*native-\\S+ MISSING Java forbids native access: [^\n]*"
                        + "; add --enable-native-access=dev.spindle.engine.jni\n.*"),
                denied.output());
        List<String> enabled = new ArrayList<>(command);
        enabled.addFirst("--enable-native-access=dev.spindle.engine.jni");
        assertEquals(states(probe()), states(ForkedJvm.run(enabled).output()));
    }

    private static List<String> states(String probed) {
        return probed.lines().filter(line -> line.startsWith("native-")).toList();
    }

    private static String location(Class<?> type) throws Exception {
        URI place = type.getProtectionDomain().getCodeSource().getLocation().toURI();
        return Path.of(place).toString();
    }

    /**
     * Addresses and numbers alone cross to C. Where no array does, none is pinned while C runs, which G1 of JDK 25.0.0 to
     * 25.0.2 has a defect in (JDK-8377811).
     */
    @Test
    void noArrayCrossesToC() {
        List<Method> natives = Stream.of(NativeKernel.class, NativeLibrary.class)
                .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> Modifier.isNative(method.getModifiers()))
                .toList();
        assertTrue(natives.size() > 5, natives.toString());
        for (Method method : natives) {
            for (Class<?> type : method.getParameterTypes()) {
                assertTrue(type.isPrimitive(), method.toString());
            }
            assertTrue(method.getReturnType().isPrimitive(), method.toString());
        }
    }
}
