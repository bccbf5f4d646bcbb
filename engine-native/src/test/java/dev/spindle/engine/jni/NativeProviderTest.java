package dev.spindle.engine.jni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.KernelCandidate.Availability;
import dev.spindle.kernel.Kernels;
import dev.spindle.kernel.Memory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class NativeProviderTest {

    private static final Platform X86 = new Platform("linux", Platform.X86_64);

    @Test
    void everyBackendIsOfferedOnceAndUnderItsName() {
        List<String> names =
                new NativeProvider().candidates().stream().map(KernelCandidate::name).toList();
        assertEquals(List.of("native-avx2", "native-avx512", "native-neon"), names);
    }

    @Test
    void theRegistryFindsTheProvider() {
        for (KernelCandidate candidate : new NativeProvider().candidates()) {
            KernelCandidate registered = Kernels.all().stream()
                    .filter(other -> other.name().equals(candidate.name()))
                    .findFirst()
                    .orElseThrow();
            assertEquals(candidate.availability(), registered.availability());
            assertEquals(candidate.reason(), registered.reason());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSupportedBackendMakesAKernelOfItsName(NativeBackend backend) {
        KernelCandidate candidate =
                NativeProvider.candidate(backend, Platform.current(), NativeLibrary.instance());
        Assumptions.assumeTrue(candidate.supported(), candidate.name() + ": " + candidate.reason());
        Kernel kernel = candidate.factory().get();
        assertEquals(candidate.name(), kernel.name());
        assertEquals(new int[] {8, 16, 4}[backend.ordinal()], kernel.layout().channelBlock());
        assertSame(Memory.Kind.OFF_HEAP, kernel.layout().memory());
    }

    @Test
    void aFileThatDoesNotExistIsMissingAndNothingElseIsTried(@TempDir Path folder) {
        Path absent = folder.resolve("libnowhere.so");
        NativeLibrary library = NativeLibrary.load(absent.toString(), Platform.current());
        assertFalse(library.loaded());
        assertEquals("spindle.native.library names " + absent + ", which is no file", library.problem());
        KernelCandidate candidate = NativeProvider.candidate(NativeBackend.AVX2, X86, library);
        assertSame(Availability.MISSING, candidate.availability());
        assertEquals(library.problem(), candidate.reason());
        assertThrows(IllegalStateException.class, () -> candidate.factory().get());
    }

    @Test
    void aFileThatIsNoLibraryIsMissingWithTheLinkersReason(@TempDir Path folder) throws IOException {
        Path text = Files.writeString(folder.resolve("libtext.so"), "This is not a library.\n");
        NativeLibrary library = NativeLibrary.load(text.toString(), Platform.current());
        assertFalse(library.loaded());
        assertTrue(library.problem().startsWith("the native library could not be loaded: "), library.problem());
        assertTrue(library.problem().contains("libtext.so"), library.problem());
        assertEquals(1, library.problem().lines().count());
    }

    @Test
    void aJarWithoutALibraryForThePlatformSaysSo() {
        NativeLibrary library = NativeLibrary.load(null, new Platform("plan9", "mips"));
        assertEquals(
                "spindle-engine-native was built without a library for plan9-mips; where CMake and a C compiler are,"
                        + " the build makes it",
                library.problem());
        assertSame(
                Availability.MISSING,
                NativeProvider.candidate(NativeBackend.AVX512, X86, library).availability());
    }

    @ParameterizedTest
    @EnumSource
    void anotherArchitectureIsUnsupportedWhateverTheLibrary(NativeBackend backend) {
        KernelCandidate candidate =
                NativeProvider.candidate(backend, new Platform("linux", "riscv64"), new NativeLibrary(0, "none"));
        assertSame(Availability.UNSUPPORTED, candidate.availability());
        assertEquals("needs " + backend.architecture() + ", this is riscv64", candidate.reason());
    }

    @Test
    void whatTheCpuLacksIsNamed() {
        Assumptions.assumeTrue(NativeLibrary.instance().loaded(), NativeLibrary.instance().problem());
        int everything = (1 << CpuFeature.values().length) - 1;
        int features = everything & ~(1 << CpuFeature.AVX512BW.ordinal()) & ~(1 << CpuFeature.FMA.ordinal());
        KernelCandidate candidate =
                NativeProvider.candidate(NativeBackend.AVX512, X86, new NativeLibrary(features, null));
        assertSame(Availability.UNSUPPORTED, candidate.availability());
        assertEquals("this machine lacks FMA, AVX-512 BW", candidate.reason());
        for (NativeBackend backend : NativeBackend.values()) {
            assertEquals(0, new NativeLibrary(everything, null).lacking(backend), backend.label());
            assertTrue(new NativeLibrary(0, null).lacking(backend) != 0, backend.label());
        }
    }

    /** The system's own list of CPU flags agrees with the probe. */
    @Test
    void theProbeAgreesWithTheSystem() throws IOException {
        Path cpuinfo = Path.of("/proc/cpuinfo");
        Assumptions.assumeTrue(
                Files.isReadable(cpuinfo) && Platform.current().architecture().equals(Platform.X86_64),
                "no /proc/cpuinfo of an x86 CPU");
        Assumptions.assumeTrue(NativeLibrary.instance().loaded(), NativeLibrary.instance().problem());
        List<String> flags = Files.readAllLines(cpuinfo).stream()
                .filter(line -> line.startsWith("flags"))
                .findFirst()
                .map(line -> Arrays.asList(line.substring(line.indexOf(':') + 1).trim().split(" ")))
                .orElseThrow();
        assertEquals(
                flags.containsAll(List.of("avx", "avx2", "fma")),
                NativeLibrary.instance().lacking(NativeBackend.AVX2) == 0);
        assertEquals(
                flags.containsAll(List.of("avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl")),
                NativeLibrary.instance().lacking(NativeBackend.AVX512) == 0);
    }

    @ParameterizedTest
    @CsvSource({
        "Linux, amd64, linux-x86_64",
        "Linux, aarch64, linux-aarch64",
        "Mac OS X, aarch64, macos-aarch64",
        "Mac OS X, x86_64, macos-x86_64",
        "Windows 11, amd64, windows-x86_64",
        "FreeBSD, riscv64, freebsd-riscv64",
    })
    void platformsAreNamedAsTheFoldersOfTheJar(String osName, String osArch, String expected) {
        assertEquals(expected, Platform.of(osName, osArch).toString());
    }
}
