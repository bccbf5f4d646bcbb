package dev.spindle.engine.jni;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * The shared library of C kernels: loaded, or the reason why not.
 *
 * <p>{@code -Dspindle.native.library=PATH} names it, and nothing else is tried then. Otherwise it is the jar's resource
 * {@code /dev/spindle/engine/jni/<system>-<architecture>/<library>}, such as {@code linux-x86_64/libspindle.so}; see
 * {@link UnpackedLibrary} for where it goes. The JVM lets one class loader have that file; in a second one it is not loaded.
 */
final class NativeLibrary {

    /** The system property that names the library's file. */
    static final String PROPERTY = "spindle.native.library";

    private static final String ELSEWHERE = "-Djava.io.tmpdir=FOLDER names another folder";

    private static final System.Logger LOGGER = System.getLogger(NativeLibrary.class.getName());

    private static final class Holder {
        private static final NativeLibrary INSTANCE = load(System.getProperty(PROPERTY), Platform.current());
    }

    private final int cpuFeatures;
    private final String problem;

    /**
     * The outcome of loading.
     *
     * @param cpuFeatures bits of {@link CpuFeature}; 0 where the library is not loaded
     * @param problem one line that says why it is not loaded; null where it is
     */
    NativeLibrary(int cpuFeatures, String problem) {
        this.cpuFeatures = cpuFeatures;
        this.problem = problem;
    }

    /** The library of this process, loaded on first use. */
    static NativeLibrary instance() {
        return Holder.INSTANCE;
    }

    /** Loads the library from a path, or where that is null from the resource of a platform. */
    static NativeLibrary load(String path, Platform platform) {
        return path == null ? loadResource(platform) : loadNamed(path);
    }

    private static NativeLibrary loadNamed(String path) {
        try {
            Path file = Path.of(path).toAbsolutePath();
            return Files.isRegularFile(file) ? loadFile(file) : absent(PROPERTY + " names " + file + ", which is no file");
        } catch (InvalidPathException e) {
            return failed(PROPERTY + " names no path", "", e);
        }
    }

    private static NativeLibrary loadResource(Platform platform) {
        String fileName = System.mapLibraryName("spindle");
        try (InputStream content = NativeLibrary.class.getResourceAsStream(platform + "/" + fileName)) {
            if (content == null) {
                return absent("spindle-engine-native was built without a library for " + platform
                        + "; where CMake and a C compiler are, the build makes it");
            }
            Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
            return loadUnpacked(UnpackedLibrary.of(temporary, fileName, content.readAllBytes()));
        } catch (IOException e) {
            return failed("the native library could not be unpacked", "; " + ELSEWHERE, e);
        }
    }

    private static NativeLibrary loadUnpacked(Path file) {
        NativeLibrary library = loadFile(file);
        // Its owner may execute it, unless the file system is mounted so that nobody may execute anything.
        return library.loaded() || Files.isExecutable(file)
                ? library
                : absent("the native library could not be loaded: " + file.getParent()
                        + " is on a file system that is mounted noexec; " + ELSEWHERE);
    }

    @SuppressWarnings("restricted") // Loading native code is what this module is for; see Module::isNativeAccessEnabled.
    private static NativeLibrary loadFile(Path file) {
        try {
            System.load(file.toString());
            return new NativeLibrary(probeCpu(), null);
        } catch (UnsatisfiedLinkError e) {
            return failed("the native library could not be loaded", "", e);
        } catch (IllegalCallerException e) {
            Module module = NativeLibrary.class.getModule();
            String name = module.isNamed() ? module.getName() : "ALL-UNNAMED";
            return failed("Java forbids native access", "; add --enable-native-access=" + name, e);
        }
    }

    private static NativeLibrary failed(String what, String remedy, Throwable cause) {
        LOGGER.log(System.Logger.Level.DEBUG, what, cause);
        String reason = String.valueOf(cause.getMessage()).lines().findFirst().orElse("no reason given");
        return absent(what + ": " + reason + remedy);
    }

    private static NativeLibrary absent(String problem) {
        return new NativeLibrary(0, problem);
    }

    /** One line that says why it is not loaded; null where it is. */
    String problem() {
        return problem;
    }

    /** Whether it is loaded. */
    boolean loaded() {
        return problem == null;
    }

    /** The features that a backend needs and the CPU lacks, as bits; only to be asked where the library is loaded. */
    int lacking(NativeBackend backend) {
        return cpuNeeds(backend.ordinal()) & ~cpuFeatures;
    }

    /** What the CPU has, as bits of {@link CpuFeature}; 0 where the library is not loaded. */
    int cpuFeatures() {
        return cpuFeatures;
    }

    /** What a backend's kernels of integers are written for; only to be asked where the library is loaded. */
    String int8Instructions(NativeBackend backend) {
        return NativeQuantisedKernel.instructions(backend.ordinal(), cpuFeatures);
    }

    private static native int probeCpu();

    private static native int cpuNeeds(int isa);
}
