package dev.spindle.kernel.vector;

import dev.spindle.kernel.Isa;
import dev.spindle.kernel.Kernel;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.KernelProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/** Offers {@code vector-128}, {@code vector-256} and {@code vector-512}. */
public final class VectorProvider implements KernelProvider {

    private static final String MODULE = "jdk.incubator.vector";

    /** Apart, for the JVM loads the large classes of all widths to verify the class that makes them. */
    private static final class Widths {

        static Kernel of128() {
            return new VectorKernel("vector-128", new VectorTiles128(), new VectorSteps128());
        }

        static Kernel of256() {
            return new VectorKernel("vector-256", new VectorTiles256(), new VectorSteps256());
        }

        static Kernel of512() {
            return new VectorKernel("vector-512", new VectorTiles512(), new VectorSteps512());
        }
    }

    /** For the {@link java.util.ServiceLoader}. */
    public VectorProvider() {}

    @Override
    public List<KernelCandidate> candidates() {
        List<KernelCandidate> all = new ArrayList<>();
        all.add(candidate(Isa.BITS_128, Widths::of128));
        all.add(candidate(Isa.BITS_256, Widths::of256));
        all.add(candidate(Isa.BITS_512, Widths::of512));
        return all;
    }

    private static KernelCandidate candidate(Isa isa, Supplier<Kernel> factory) {
        String name = "vector-" + isa.label();
        if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
            return KernelCandidate.missing(
                    name, isa, "the JVM runs without the Vector API: add --add-modules " + MODULE);
        }
        int bits = Integer.parseInt(isa.label());
        int widest = PreferredWidth.bits();
        if (bits > widest) {
            return KernelCandidate.unsupported(name, isa, "this JVM's vectors have " + widest + " bits on this CPU");
        }
        String vm = System.getProperty("java.vm.info", "").toLowerCase(Locale.ROOT);
        if (vm.contains("interpreted") || vm.contains("emulated-client")) {
            return KernelCandidate.missing(
                    name, isa, "the JVM runs without its optimising compiler (" + vm + "), which the Vector API needs");
        }
        if (isX86() && widest < 256) {
            return KernelCandidate.unsupported(name, isa, "this CPU has no AVX2, and with it no fused multiply-add");
        }
        return KernelCandidate.supported(name, isa, "Java Vector API, " + bits + "-bit vectors", factory);
    }

    private static boolean isX86() {
        String architecture = System.getProperty("os.arch", "");
        return architecture.equals("amd64") || architecture.equals("x86_64") || architecture.equals("x86");
    }
}
