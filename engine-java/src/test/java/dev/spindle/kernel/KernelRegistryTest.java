package dev.spindle.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class KernelRegistryTest {

    private static final Iterable<KernelProvider> REAL = ServiceLoader.load(KernelProvider.class);

    private static KernelRegistry registry(String forced, String cap, KernelCandidate... candidates) {
        Kernel scalar = Kernels.byName("scalar");
        List<KernelCandidate> all = new ArrayList<>(List.of(candidates));
        all.add(KernelCandidate.supported("scalar", Isa.SCALAR, "plain", () -> scalar));
        return new KernelRegistry(List.of(() -> all), forced, cap);
    }

    private static KernelCandidate works(String name, Isa isa) {
        Kernel kernel = Kernels.byName("scalar");
        return KernelCandidate.supported(name, isa, "works", () -> kernel);
    }

    @Test
    void listsEveryBackendInOrderOfPreference() {
        KernelRegistry registry = registry("auto", "512");
        assertEquals(
                List.of(
                        "native-avx512", "vector-512", "native-avx2", "vector-256", "native-neon", "vector-128", "scalar"),
                registry.all().stream().map(KernelCandidate::name).toList());
        KernelCandidate absent = registry.all().getFirst();
        assertEquals(KernelCandidate.Availability.MISSING, absent.availability());
        assertTrue(absent.reason().contains("spindle-engine-native"), absent.reason());
    }

    @Test
    void capsOnlyLower() {
        KernelRegistry capped = registry("auto", "128", works("vector-512", Isa.BITS_512), works("vector-128", Isa.BITS_128));
        String reason = assertThrows(IllegalStateException.class, () -> capped.byName("vector-512")).getMessage();
        assertTrue(reason.contains("vector-512") && reason.contains("spindle.isa.max is 128"), reason);
        capped.byName("vector-128");
        KernelRegistry open = registry("auto", "512");
        assertThrows(IllegalStateException.class, () -> open.byName("vector-512"));
    }

    @Test
    void unknownCapsAndNamesAreRefusedWithTheValidOnes() {
        String cap = assertThrows(IllegalArgumentException.class, () -> registry("auto", "1024")).getMessage();
        assertTrue(cap.contains("1024") && cap.contains("scalar, 128, 256, 512"), cap);
        KernelRegistry registry = registry("gpu", "512");
        String name = assertThrows(IllegalArgumentException.class, registry::best).getMessage();
        assertTrue(name.contains("gpu") && name.contains("auto or one of native-avx512"), name);
    }

    @Test
    void aForcedBackendIsTakenOrRefused() {
        assertEquals("scalar", new KernelRegistry(REAL, "scalar", "512").best().name());
        String reason = assertThrows(IllegalStateException.class, registry("native-avx2", "512")::best).getMessage();
        assertTrue(reason.contains("native-avx2 cannot run here"), reason);
    }

    @Test
    void whatIsQuickAtOnceIsNoVectorApiUnlessForcedOrNamed() {
        Kernel vector = kernel("vector");
        Kernel inC = kernel("native");
        KernelCandidate[] both = {
            KernelCandidate.supported("vector-512", Isa.BITS_512, "works", () -> vector),
            KernelCandidate.supported("native-avx2", Isa.BITS_256, "works", () -> inC)
        };
        assertSame(inC, registry("auto", "512", both).atOnce("auto"));
        assertSame(vector, registry("auto", "512", both).atOnce("vector-512"));
        assertSame(vector, registry("vector-512", "512", both).atOnce("auto"));
        assertEquals("scalar", registry("auto", "512", both[0]).atOnce("auto").name());
    }

    /** One that differs from others. */
    private static Kernel kernel(String name) {
        return (Kernel) Proxy.newProxyInstance(
                Kernel.class.getClassLoader(), new Class<?>[] {Kernel.class}, (proxy, method, arguments) -> name);
    }

    @Test
    void autoFallsBackAndSaysSoOnce() {
        List<String> logged = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                logged.add(MessageFormat.format(record.getMessage(), record.getParameters()));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(Kernels.class.getName());
        logger.addHandler(handler);
        try {
            KernelRegistry registry = registry(
                    "auto", "512", KernelCandidate.unsupported("vector-512", Isa.BITS_512, "too wide"),
                    KernelCandidate.missing("vector-256", Isa.BITS_256, "a flag is missing"));
            assertSame(registry.best(), registry.best());
            assertEquals("scalar", registry.best().name());
            assertEquals(1, logged.size(), logged.toString());
            assertTrue(logged.getFirst().contains("backend scalar is used"), logged.getFirst());
            assertTrue(logged.getFirst().contains("without vector-256: a flag is missing"), logged.getFirst());
            assertTrue(!logged.getFirst().contains("too wide"), logged.getFirst());
        } finally {
            logger.removeHandler(handler);
        }
    }
}
