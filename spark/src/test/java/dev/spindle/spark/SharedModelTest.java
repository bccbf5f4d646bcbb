package dev.spindle.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Model;
import dev.spindle.kernel.Isa;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.weights.DefaultModel;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.spark.SparkContext;
import org.junit.jupiter.api.Test;

class SharedModelTest {

    private static ModelFiles embedded() {
        return new ModelFiles("", new TreeMap<>(), UnaryOperator.identity());
    }

    @Test
    void equalFilesAreOneModel() {
        Counters counters = new Counters(TestSpark.session().sparkContext());
        ModelFiles first = embedded();
        ModelFiles second = embedded();
        assertSame(first.shared(counters), second.shared(counters));
        ModelFiles others = new ModelFiles("", new TreeMap<>(), read -> read.withLabels(List.of()));
        assertNotSame(first.shared(counters), others.shared(counters));
        assertTrue(counters.sums().models() <= 2);
    }

    @Test
    void tellsOfBackendsThatAFlagWouldGive() {
        KernelCandidate wide = KernelCandidate.unsupported("vector-512", Isa.BITS_512, "too wide");
        KernelCandidate missing = KernelCandidate.missing("vector-256", Isa.BITS_256, "no Vector API");
        KernelCandidate scalar = KernelCandidate.supported("scalar", Isa.SCALAR, "plain Java", () -> null);
        assertEquals(
                Optional.of("Spindle runs on backend scalar, without vector-256: no Vector API. Executors get what the JVM needs"
                        + " with spark.executor.extraJavaOptions=--add-modules jdk.incubator.vector"
                        + " --enable-native-access=ALL-UNNAMED"),
                SharedModel.warning("scalar", List.of(wide, missing, scalar)));
        assertEquals(Optional.empty(), SharedModel.warning("scalar", List.of(wide, scalar, missing)));
    }

    /** What the other class loader's Spindle does. */
    public static final class Use implements Function<SparkContext, String> {
        @Override
        public String apply(SparkContext context) {
            Counters counters = new Counters(context);
            Request request = new Request("content", 1, false, false);
            return embedded().shared(counters).run(List.of(TestImages.picture(3)), request, counters)
                    .getFirst().classes().getFirst().label();
        }
    }

    @Test
    void aClassLoaderThatIsDroppedGoesWithItsModel() throws Exception {
        SparkContext context = TestSpark.session().sparkContext();
        WeakReference<ClassLoader> dropped = used(context, new Use().apply(context));
        for (int i = 0; i < 200 && !dropped.refersTo(null); i++) {
            System.gc();
            Thread.sleep(50);
        }
        assertTrue(dropped.refersTo(null), "something still refers to the class loader");
    }

    /** Runs Spindle in a class loader of its own, as Spark has one for each session with artifacts. */
    private static WeakReference<ClassLoader> used(SparkContext context, String expected) throws Exception {
        Class<?> jni = Class.forName("dev.spindle.engine.jni.NativeProvider");
        URL[] places = {place(Model.class), place(jni), place(DefaultModel.class), place(SharedModel.class), place(Use.class)};
        try (URLClassLoader loader = new OwnSpindle(places)) {
            Class<?> use = loader.loadClass(Use.class.getName());
            assertSame(loader, use.getClassLoader());
            @SuppressWarnings("unchecked")
            Function<SparkContext, String> function =
                    (Function<SparkContext, String>) use.getDeclaredConstructor().newInstance();
            assertEquals(expected, function.apply(context));
            return new WeakReference<>(loader);
        }
    }

    private static URL place(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
    }

    /** Has Spindle's classes itself, all others from this class's loader. */
    private static final class OwnSpindle extends URLClassLoader {
        OwnSpindle(URL[] places) {
            super(places, SharedModelTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith("dev.spindle.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? findClass(name) : loaded;
            }
        }
    }
}
