package dev.spindle.embedding;

import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;

/**
 * Prints every backend with its availability and reason, a line each, and the one that {@code auto} chooses. It lies in no
 * package of the library's modules.
 */
public final class BackendsProbe {

    private BackendsProbe() {}

    /** Takes no arguments. */
    public static void main(String[] args) {
        for (KernelCandidate candidate : Kernels.all()) {
            System.out.println(candidate.name() + " " + candidate.availability() + " " + candidate.reason());
        }
        System.out.println("auto " + Kernels.best().name());
    }
}
