package dev.spindle.engine.jni;

import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.KernelProvider;
import java.util.ArrayList;
import java.util.List;

/** Offers {@code native-avx2}, {@code native-avx512} and {@code native-neon}. */
public final class NativeProvider implements KernelProvider {

    /** For {@link java.util.ServiceLoader}. */
    public NativeProvider() {}

    @Override
    public List<KernelCandidate> candidates() {
        List<KernelCandidate> candidates = new ArrayList<>();
        for (NativeBackend backend : NativeBackend.values()) {
            candidates.add(candidate(backend, Platform.current(), NativeLibrary.instance()));
        }
        return candidates;
    }

    /** What a backend can do on a platform, given its library. */
    static KernelCandidate candidate(NativeBackend backend, Platform platform, NativeLibrary library) {
        if (!backend.architecture().equals(platform.architecture())) {
            return KernelCandidate.unsupported(
                    backend.label(),
                    backend.isa(),
                    "needs " + backend.architecture() + ", this is " + platform.architecture());
        }
        if (!library.loaded()) {
            return KernelCandidate.missing(backend.label(), backend.isa(), library.problem());
        }
        int lacking = library.lacking(backend);
        if (lacking != 0) {
            return KernelCandidate.unsupported(
                    backend.label(), backend.isa(), "this machine lacks " + CpuFeature.describe(lacking));
        }
        return KernelCandidate.supported(
                backend.label(),
                backend.isa(),
                backend.description() + "; int8: " + library.int8Instructions(backend),
                () -> new NativeKernel(backend, library.cpuFeatures()));
    }
}
