package dev.spindle.kernel.scalar;

import dev.spindle.kernel.Isa;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.KernelProvider;
import java.util.List;

/** Offers {@code scalar}. */
public final class ScalarProvider implements KernelProvider {

    /** For the {@link java.util.ServiceLoader}. */
    public ScalarProvider() {}

    @Override
    public List<KernelCandidate> candidates() {
        return List.of(KernelCandidate.supported("scalar", Isa.SCALAR, "plain Java loops", ScalarKernel::new));
    }
}
