import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Builds the C kernels for the machine that Maven runs on, with the CMakeLists.txt of the top folder, or leaves them out
 * with one visible line. Maven runs it with the toolchain's JDK, whose JNI headers it uses:
 *
 * <pre>
 *   java NativeBuild.java build TOP TARGET SKIP    target/classes gets the library
 *   java NativeBuild.java test TOP TARGET SKIP     runs the C tests
 * </pre>
 *
 * where SKIP is {@code true} to do without.
 */
final class NativeBuild {

    private static final Map<String, String> ARCHITECTURES =
            Map.of("amd64", "x86_64", "x86_64", "x86_64", "aarch64", "aarch64");

    private final Path top;
    private final Path tree;
    private final Path classes;

    private NativeBuild(Path top, Path target) {
        this.top = top;
        tree = target.resolve("cmake");
        classes = target.resolve("classes/dev/spindle/engine/jni");
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length != 4 || !args[0].matches("build|test")) {
            System.err.println("usage: NativeBuild build|test TOP TARGET SKIP");
            System.exit(2);
        }
        NativeBuild build = new NativeBuild(Path.of(args[1]), Path.of(args[2]));
        Optional<String> obstacle = args[3].equals("true") ? Optional.of("spindle.native.skip is set") : obstacle();
        boolean testing = args[0].equals("test");
        if (obstacle.isEmpty()) {
            System.exit(testing ? build.test() : build.build());
        }
        if (!testing) {
            build.removeLibraries();
            System.out.println("native kernels are left out: " + obstacle.get());
        }
    }

    /** Why the kernels cannot be built here. */
    private static Optional<String> obstacle() {
        String architecture = System.getProperty("os.arch");
        if (!ARCHITECTURES.containsKey(architecture)) {
            return Optional.of("there are none for " + architecture);
        }
        if (find("cmake").isEmpty()) {
            return Optional.of("no cmake on the PATH");
        }
        if (System.getenv("CC") == null && Stream.of("cc", "gcc", "clang").allMatch(name -> find(name).isEmpty())) {
            return Optional.of("no C compiler on the PATH");
        }
        if (find("ninja").isEmpty() && find("make").isEmpty()) {
            return Optional.of("no ninja and no make on the PATH");
        }
        if (!Files.exists(jniHeaders().resolve("jni.h"))) {
            return Optional.of("no jni.h in " + jniHeaders());
        }
        return Optional.empty();
    }

    private static Path jniHeaders() {
        return Path.of(System.getProperty("java.home"), "include");
    }

    private static Optional<Path> find(String program) {
        String suffix = windows() ? ".exe" : "";
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, program + suffix))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static boolean windows() {
        return System.getProperty("os.name").startsWith("Windows");
    }

    /** The name of the library's folder, as dev.spindle.engine.jni.Platform has it. */
    private static String platform() {
        String name = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String system = name.startsWith("mac") ? "macos" : windows() ? "windows" : name;
        return system + "-" + ARCHITECTURES.get(System.getProperty("os.arch"));
    }

    private int build() throws IOException, InterruptedException {
        List<String> configure = new ArrayList<>(List.of(
                "cmake",
                "-S", top.toString(),
                "-B", tree.toString(),
                "-DCMAKE_BUILD_TYPE=Release",
                "-DSPINDLE_JNI_INCLUDE=" + jniHeaders()));
        if (!Files.exists(tree.resolve("CMakeCache.txt"))) {
            configure.addAll(List.of("-G", find("ninja").isPresent() ? "Ninja" : "Unix Makefiles"));
        }
        Path stage = tree.resolve("stage");
        int status = run(configure);
        if (status == 0) {
            status = run(List.of("cmake", "--build", tree.toString(), "--parallel"));
        }
        if (status == 0) {
            status = run(List.of("cmake", "--install", tree.toString(), "--strip", "--prefix", stage.toString()));
        }
        if (status == 0) {
            removeLibraries();
            String name = System.mapLibraryName("spindle");
            Path folder = Files.createDirectories(classes.resolve(platform()));
            Files.copy(stage.resolve(name), folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
        return status;
    }

    private int test() throws IOException, InterruptedException {
        return run(List.of("ctest", "--test-dir", tree.toString(), "--output-on-failure"));
    }

    /** Libraries of an earlier build must not get into this jar. */
    private void removeLibraries() throws IOException {
        if (!Files.isDirectory(classes)) {
            return;
        }
        List<Path> stale;
        try (Stream<Path> folders = Files.list(classes)) {
            stale = folders.filter(Files::isDirectory).toList();
        }
        for (Path folder : stale) {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }

    /** Runs a command; its output is shown where it fails. */
    private static int run(List<String> command) throws IOException, InterruptedException {
        Path log = Files.createTempFile("native-build", ".log");
        try {
            int status = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start()
                    .waitFor();
            if (status != 0) {
                System.out.println("failed with status " + status + ": " + String.join(" ", command));
                System.out.print(Files.readString(log));
            }
            return status;
        } finally {
            Files.delete(log);
        }
    }
}
