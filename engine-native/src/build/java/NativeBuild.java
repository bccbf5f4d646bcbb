import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Builds the C kernels for the machine that Maven runs on, with the CMakeLists.txt of the top folder, and for AArch64 where
 * Debian's cross-compiler is there; or leaves them out with one visible line. Maven runs it with the toolchain's JDK, whose
 * JNI headers it uses:
 *
 * <pre>
 *   java NativeBuild.java build TOP TARGET SKIP    target/classes gets the libraries, and target/platforms/PLATFORM
 *                                                  what goes into the jar of that platform alone
 *   java NativeBuild.java test TOP TARGET SKIP     runs the C tests
 * </pre>
 *
 * where SKIP is {@code true} to do without.
 */
final class NativeBuild {

    private static final Map<String, String> ARCHITECTURES =
            Map.of("amd64", "x86_64", "x86_64", "x86_64", "aarch64", "aarch64");
    private static final String CROSS_COMPILER = "aarch64-linux-gnu-gcc";
    /** Beside the classes of this package, a folder for each platform. */
    private static final Path LIBRARIES = Path.of("dev/spindle/engine/jni");

    private final Path top;
    private final Path target;
    private final Path classes;
    private final Path platforms;

    private NativeBuild(Path top, Path target) {
        this.top = top;
        this.target = target;
        classes = target.resolve("classes");
        platforms = target.resolve("platforms");
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length != 4 || !args[0].matches("build|test")) {
            System.err.println("usage: NativeBuild build|test TOP TARGET SKIP");
            System.exit(2);
        }
        NativeBuild build = new NativeBuild(Path.of(args[1]), Path.of(args[2]));
        Optional<String> obstacle = args[3].equals("true") ? Optional.of("spindle.native.skip is set") : obstacle();
        boolean testing = args[0].equals("test");
        if (!testing) {
            build.removeLibraries();
        }
        if (obstacle.isEmpty()) {
            System.exit(testing ? build.test() : build.build());
        }
        if (!testing) {
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
        String host = platform();
        int status = build(host, "cmake", System.mapLibraryName("spindle"), List.of());
        if (status == 0 && host.equals("linux-x86_64")) {
            if (find(CROSS_COMPILER).isPresent()) {
                Path toolchain = top.resolve("engine-native/cmake/aarch64-linux-gnu.cmake");
                status = build(
                        "linux-aarch64", "cmake-aarch64", "libspindle.so", List.of("-DCMAKE_TOOLCHAIN_FILE=" + toolchain));
            } else {
                System.out.println("native kernels for linux-aarch64 are left out: no " + CROSS_COMPILER + " on the PATH");
            }
        }
        return status;
    }

    /** Builds the library of one platform, and puts it where the jars are made from. */
    private int build(String platform, String folder, String library, List<String> arguments)
            throws IOException, InterruptedException {
        Path tree = target.resolve(folder);
        List<String> configure = new ArrayList<>(List.of(
                "cmake",
                "-S", top.toString(),
                "-B", tree.toString(),
                "-DCMAKE_BUILD_TYPE=Release",
                "-DSPINDLE_JNI_INCLUDE=" + jniHeaders()));
        configure.addAll(arguments);
        if (!Files.exists(tree.resolve("CMakeCache.txt"))) {
            configure.addAll(List.of("-G", find("ninja").isPresent() ? "Ninja" : "Unix Makefiles"));
        }
        List<String> compile = new ArrayList<>(List.of("cmake", "--build", tree.toString(), "--parallel"));
        if (!arguments.isEmpty()) {
            // Its tests would need an emulator.
            compile.addAll(List.of("--target", "spindle"));
        }
        Path stage = tree.resolve("stage");
        int status = run(configure);
        if (status == 0) {
            status = run(compile);
        }
        if (status == 0) {
            status = run(List.of("cmake", "--install", tree.toString(), "--strip", "--prefix", stage.toString()));
        }
        if (status == 0) {
            Path alone = platforms.resolve(platform);
            copyClasses(alone);
            for (Path jar : List.of(classes, alone)) {
                Path to = Files.createDirectories(jar.resolve(LIBRARIES).resolve(platform));
                Files.copy(stage.resolve(library), to.resolve(library), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        return status;
    }

    private void copyClasses(Path to) throws IOException {
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path relative = classes.relativize(file);
                boolean library =
                        relative.startsWith(LIBRARIES) && relative.getNameCount() > LIBRARIES.getNameCount() + 1;
                if (!library) {
                    Files.createDirectories(to.resolve(relative).getParent());
                    Files.copy(file, to.resolve(relative), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }

    private int test() throws IOException, InterruptedException {
        return run(List.of("ctest", "--test-dir", target.resolve("cmake").toString(), "--output-on-failure"));
    }

    /** Libraries of an earlier build must not get into these jars. */
    private void removeLibraries() throws IOException {
        try (Stream<Path> folders = Files.isDirectory(classes.resolve(LIBRARIES))
                ? Files.list(classes.resolve(LIBRARIES)) : Stream.empty()) {
            for (Path folder : folders.filter(Files::isDirectory).toList()) {
                remove(folder);
            }
        }
        remove(platforms);
    }

    private static void remove(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
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
