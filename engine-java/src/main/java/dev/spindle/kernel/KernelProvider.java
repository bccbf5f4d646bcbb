package dev.spindle.kernel;

import java.util.List;

/**
 * Offers backends to the registry; found with {@link java.util.ServiceLoader}. A provider loads on every machine: it
 * mentions no class that may be missing, and says why a backend cannot run instead of failing.
 */
public interface KernelProvider {

    /** One entry a backend that this provider knows, whether it can run here or not. */
    List<KernelCandidate> candidates();
}
