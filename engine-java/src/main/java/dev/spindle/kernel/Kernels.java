package dev.spindle.kernel;

import java.util.List;
import java.util.ServiceLoader;

/**
 * The registry of backends. {@code -Dspindle.backend=NAME} forces one, {@code -Dspindle.isa.max=WIDTH} caps the vector
 * width that any backend may use; both are read once.
 */
public final class Kernels {

    /** The name that leaves the choice to the registry. */
    public static final String AUTO = "auto";

    private static KernelRegistry registry;

    private Kernels() {}

    private static synchronized KernelRegistry registry() {
        if (registry == null) {
            registry = new KernelRegistry(
                    ServiceLoader.load(KernelProvider.class, Kernels.class.getClassLoader()),
                    System.getProperty("spindle.backend", AUTO),
                    System.getProperty("spindle.isa.max", Isa.BITS_512.label()));
        }
        return registry;
    }

    /**
     * Every backend, the preferred ones first, with the reason where it cannot run.
     *
     * @return one candidate a backend
     * @throws IllegalArgumentException where {@code spindle.isa.max} is no width
     */
    public static List<KernelCandidate> all() {
        return registry().all();
    }

    /**
     * A backend by name.
     *
     * @param name a backend's name, or {@code auto} for {@link #best}
     * @return the kernel, one instance per process
     * @throws IllegalArgumentException for an unknown name, with the valid ones
     * @throws IllegalStateException where it cannot run here, with the reason
     */
    public static Kernel byName(String name) {
        return registry().byName(name);
    }

    /**
     * The backend that {@code spindle.backend} forces, or else the first in the order of preference that runs here. A
     * preferred one that is missing for want of a flag or a library is logged, once.
     *
     * @return the kernel, one instance per process
     * @throws IllegalArgumentException where the forced name is unknown
     * @throws IllegalStateException where the forced backend cannot run
     */
    public static Kernel best() {
        return registry().best();
    }

    /**
     * The backend to start with where {@code name} is the one to run on.
     *
     * @param name a backend's name, or {@code auto}
     * @return for {@code auto}, unless {@code spindle.backend} forces one, the first in the order of preference that is at its
     *     speed at once or nearly so: not the Vector API, which takes the JVM seconds to compile; else the kernel of that name
     * @throws IllegalArgumentException for an unknown name, with the valid ones
     * @throws IllegalStateException where it cannot run here, with the reason
     */
    public static Kernel atOnce(String name) {
        return registry().atOnce(name);
    }
}
