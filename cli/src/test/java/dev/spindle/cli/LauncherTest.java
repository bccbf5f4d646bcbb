package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script in a tree of its own, with stand-ins for Maven and for Java that say how they were called. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {

    private static final Path SCRIPT = Path.of(System.getProperty("spindle.root"), "spindle");

    /** What a build leaves behind; the Java that it was found by is {@code built-jdk}. */
    private static final String MAVEN = """
            #!/bin/sh
            echo "$@" >> "$TREE/mvn.log"
            case $* in *"-pl bench "*) module=bench ;; *) module=cli ;; esac
            mkdir -p $module/target
            touch $module/target/spindle-$module.jar
            echo "$TREE/built-jdk" > $module/target/java-home
            """;

    private static final String JAVA = """
            #!/bin/sh
            printf '%s\\n' "$0" "$@"
            exit 7
            """;

    /** One that writes what it is told to write, and ends well. */
    private static final String WRITING_JAVA = """
            #!/bin/sh
            for option in "$@"; do
                case $option in -XX:AOTCacheOutput=*) echo cache > "${option#*=}" ;; esac
            done
            echo run >> "$TREE/java.log"
            printf '%s\\n' "$@"
            """;

    /** How a run of the script ended. */
    private record Launch(int exitCode, String out, String err) {}

    @TempDir
    private Path tree;

    private Path root;
    private Path tools;

    @BeforeEach
    void makeTree() throws IOException {
        tree = tree.toRealPath();
        root = Files.createDirectory(tree.resolve("a project"));
        tools = Files.createDirectory(tree.resolve("bin"));
        Files.createDirectory(root.resolve(".mvn"));
        Files.createFile(root.resolve("pom.xml"));
        for (String module : List.of("engine-java", "engine-native", "weights", "cli", "bench")) {
            Files.createDirectories(root.resolve(module).resolve("src/main"));
            Files.createDirectories(root.resolve(module).resolve("src/test"));
            Files.createFile(root.resolve(module).resolve("pom.xml"));
        }
        Files.copy(SCRIPT, root.resolve("spindle"));
        executable(tools.resolve("mvn"), MAVEN);
        jdk("built-jdk", "25.0.3");
        for (String tool : List.of("bash", "sh", "dirname", "readlink", "sed", "cat", "find", "mkdir", "touch", "grep",
                "tail", "flock", "mv", "rm")) {
            link(tool);
        }
    }

    private void link(String tool) throws IOException {
        for (String folder : System.getenv("PATH").split(":")) {
            Path real = Path.of(folder, tool);
            if (Files.isExecutable(real)) {
                Files.createSymbolicLink(tools.resolve(tool), real);
                return;
            }
        }
    }

    private Path jdk(String name, String version) throws IOException {
        Path home = Files.createDirectories(tree.resolve(name).resolve("bin")).getParent();
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        executable(home.resolve("bin/java"), JAVA);
        return home;
    }

    private static void executable(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Launch launch(Map<String, String> environment, String... arguments) throws Exception {
        return launch(root.resolve("spindle"), environment, arguments);
    }

    private Launch launch(Path script, Map<String, String> environment, String... arguments) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(script.toString());
        builder.command().addAll(List.of(arguments));
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", tools.toString(), "TREE", tree.toString()));
        builder.environment().putAll(environment);
        builder.directory(tree.toFile());
        Path out = tree.resolve("out");
        Path err = tree.resolve("err");
        Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("the launcher hangs");
        }
        return new Launch(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private long builds() throws IOException {
        Path log = tree.resolve("mvn.log");
        return Files.exists(log) ? Files.readAllLines(log).size() : 0;
    }

    @Test
    void buildsOnceAndHandsArgumentsOverThroughALink() throws Exception {
        Path link = Files.createSymbolicLink(tools.resolve("link"), Path.of("../a project/spindle"));
        Launch first = launch(link, Map.of(), "run", "my photo.jpg", "");
        assertEquals("spindle: building, this happens once after each change ...\n", first.err());
        assertEquals(7, first.exitCode());
        List<String> called = first.out().lines().toList();
        assertEquals(tree.resolve("built-jdk/bin/java").toString(), called.getFirst());
        assertTrue(called.containsAll(List.of("--add-modules", "jdk.incubator.vector", "-XX:+UseSerialGC")), first.out());
        int jar = called.indexOf("-jar");
        assertEquals(
                List.of(root.resolve("cli/target/spindle-cli.jar").toString(), "run", "my photo.jpg", ""),
                called.subList(jar + 1, called.size()));

        Launch second = launch(Map.of("SPINDLE_JAVA_OPTS", "-Xmx1g -Dspindle.isa.max=256"), "backends");
        assertEquals("", second.err());
        assertTrue(second.out().contains("-Xmx1g\n-Dspindle.isa.max=256\n-jar\n"), second.out());
        assertEquals(1, builds());
    }

    @Test
    void buildsAgainWhereSourcesAreNewer() throws Exception {
        launch(Map.of());
        Path test = Files.createFile(root.resolve("engine-java/src/test/New.java"));
        Files.setLastModifiedTime(test, FileTime.from(Instant.now().plusSeconds(60)));
        launch(Map.of());
        assertEquals(1, builds(), "tests are no part of the program");
        Path source = Files.createFile(root.resolve("weights/src/main/New.java"));
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));
        launch(Map.of());
        assertEquals(2, builds());
    }

    @Test
    void benchmarksAreAProgramOfTheirOwn() throws Exception {
        List<String> suite = launch(Map.of(), "bench", "suite", "--quick").out().lines().toList();
        assertEquals(
                List.of(root.resolve("bench/target/spindle-bench.jar").toString(), "suite", "--quick"),
                suite.subList(suite.indexOf("-jar") + 1, suite.size()));
        List<String> bench = launch(Map.of(), "bench", "--batch", "8").out().lines().toList();
        assertEquals(
                List.of(root.resolve("cli/target/spindle-cli.jar").toString(), "bench", "--batch", "8"),
                bench.subList(bench.indexOf("-jar") + 1, bench.size()));
        assertEquals(2, builds());
        Path source = Files.createFile(root.resolve("bench/src/main/New.java"));
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));
        launch(Map.of(), "bench", "--batch", "8");
        assertEquals(2, builds(), "the benchmarks are no part of the command");
        launch(Map.of(), "bench", "peak");
        assertEquals(3, builds());
    }

    @Test
    void prefersTheJavaOfTheEnvironmentWhereItIsNewEnough() throws Exception {
        Path newer = jdk("jdk-26", "26");
        Path older = jdk("jdk-17", "17.0.15");
        assertTrue(launch(Map.of("JAVA_HOME", newer.toString())).out().startsWith(newer + "/bin/java\n"));
        assertTrue(launch(Map.of("JAVA_HOME", older.toString())).out().startsWith(tree.resolve("built-jdk").toString()));
        Files.createSymbolicLink(tools.resolve("java"), newer.resolve("bin/java"));
        assertTrue(launch(Map.of("JAVA_HOME", older.toString())).out().startsWith(newer + "/bin/java\n"));
    }

    @Test
    void saysWhatIsMissingInOneLine() throws Exception {
        Files.delete(tools.resolve("mvn"));
        Launch withoutMaven = launch(Map.of());
        assertEquals(1, withoutMaven.exitCode());
        assertEquals(
                "spindle: the first use builds it with Maven, and there is no mvn on the PATH\n", withoutMaven.err());

        executable(tools.resolve("mvn"), MAVEN);
        Files.writeString(tree.resolve("built-jdk/release"), "JAVA_VERSION=\"24.0.1\"\n");
        Launch withoutJava = launch(Map.of());
        assertEquals(1, withoutJava.exitCode());
        assertTrue(withoutJava.err().endsWith("spindle: needs a Java runtime 25 or newer: set JAVA_HOME to one\n"));
        assertFalse(withoutJava.out().contains("-jar"));
    }

    @Test
    void saysWhyABuildFailed() throws Exception {
        executable(tools.resolve("mvn"), "#!/bin/sh\necho '[ERROR] a mistake'\necho '[ERROR] more'\nexit 1\n");
        Launch failed = launch(Map.of());
        assertEquals(1, failed.exitCode());
        String log = root.resolve("cli/target/build.log").toString();
        assertEquals(
                "spindle: the build failed: [ERROR] a mistake (" + log + " says more)",
                failed.err().lines().toList().getLast());

        executable(tools.resolve("mvn"), "#!/bin/sh\necho '[ERROR] Cannot find matching toolchain definitions'\nexit 1\n");
        assertEquals(
                "spindle: the build found no JDK 25 or newer; install one, or set JAVA_HOME to it (" + log + " says more)",
                launch(Map.of()).err().lines().toList().getLast());
    }

    @Test
    void whatIsShortStartsFromACacheThatIsMadeOnceForEachBuildAndJdk() throws Exception {
        Path cache = root.resolve("cli/target/start.aot");
        executable(tree.resolve("built-jdk/bin/java"), WRITING_JAVA);
        Launch first = launch(Map.of(), "classify", "a.jpg");
        assertTrue(first.err().endsWith("spindle: preparing a quicker start, this happens once after each change ...\n"));
        assertEquals(2, runs());
        assertEquals("cache\n", Files.readString(cache));
        assertTrue(first.out().contains("-XX:AOTCache=" + cache + "\n"), first.out());
        assertFalse(first.out().contains("jdk.incubator.vector"), first.out());
        Launch second = launch(Map.of(), "inspect", "a.pth");
        assertEquals("", second.err());
        assertTrue(second.out().contains("-XX:AOTCache=" + cache + "\n"), second.out());
        assertEquals(3, runs());
        Launch named = launch(Map.of(), "classify", "--backend=vector-256", "a.jpg");
        assertFalse(named.out().contains("AOT"), named.out());
        assertTrue(named.out().contains("jdk.incubator.vector"), named.out());

        Files.setLastModifiedTime(cache, FileTime.from(Instant.now().minusSeconds(60)));
        launch(Map.of(), "classify", "a.jpg");
        Path newer = jdk("jdk-26", "26");
        executable(newer.resolve("bin/java"), WRITING_JAVA);
        launch(Map.of("JAVA_HOME", newer.toString()), "classify", "a.jpg");
        assertEquals(8, runs());
        launch(Map.of("JAVA_HOME", newer.toString()), "classify", "a.jpg");
        assertEquals(9, runs());
    }

    @Test
    void besideKernelsInCOnePictureIsNotWorthTheSecondCompiler() throws Exception {
        assertFalse(launch(Map.of(), "classify", "a.jpg").out().contains("Tiered"));
        // There is a jar without a library where the build found no compiler.
        Files.createFile(Files.createDirectories(root.resolve("cli/target/lib")).resolve("spindle-engine-native-1.jar"));
        assertFalse(launch(Map.of(), "classify", "a.jpg").out().contains("TieredStopAtLevel"));
        String processor = System.getProperty("os.arch").equals("amd64") ? "x86_64" : System.getProperty("os.arch");
        Path kernels = root.resolve("engine-native/target/classes/dev/spindle/engine/jni/linux-" + processor);
        Files.createFile(Files.createDirectories(kernels).resolve("libspindle.so"));
        assertTrue(launch(Map.of(), "classify", "a.jpg").out().contains("-XX:TieredStopAtLevel=1\n"));
        assertFalse(launch(Map.of(), "evaluate", "folder").out().contains("Tiered"));
        Map<String, String> without = Map.of("SPINDLE_JAVA_OPTS", "-Dspindle.native.library=none");
        assertFalse(launch(without, "classify", "a.jpg").out().contains("Tiered"));
    }

    private long runs() throws IOException {
        return Files.readAllLines(tree.resolve("java.log")).size();
    }

    @Test
    void whereTheCacheCannotBeMadeTheCommandRunsWithoutIt() throws Exception {
        Launch failed = launch(Map.of(), "classify", "no.jpg");
        assertEquals(7, failed.exitCode());
        assertFalse(failed.out().contains("AOT"), failed.out());
        assertFalse(Files.exists(root.resolve("cli/target/start.aot")));

        executable(tree.resolve("built-jdk/bin/java"), WRITING_JAVA.replaceFirst("for(.|\n)*done\n", ""));
        assertFalse(launch(Map.of(), "classify", "a.jpg").out().contains("AOT"));
        assertEquals(2, runs());
        assertFalse(launch(Map.of(), "classify", "a.jpg").out().contains("AOT"));
        assertEquals(3, runs(), "a JVM without caches is not asked again");
    }
}
