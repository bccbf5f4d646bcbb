package dev.spindle.kernel;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The registry of backends. {@code -Dspindle.backend=NAME} forces one, {@code -Dspindle.isa.max=WIDTH} caps the vector
 * width that any backend may use; both are read once.
 */
public final class Kernels {

    /** The name that leaves the choice to the registry. */
    public static final String AUTO = "auto";

    private static final String FORCED = System.getProperty("spindle.backend", AUTO);

    /** Where each backend comes from when its provider is absent, in the order in which {@code auto} tries them. */
    private static final Map<String, Isa> PREFERENCE = preference();

    private static final String NATIVE_PREFIX = "native-";
    private static final String NATIVE_ABSENT = "spindle-engine-native is not on the class or module path";
    private static final String VECTOR_ABSENT = "spindle-engine offers no such backend";

    private static final Map<String, Kernel> CREATED = new ConcurrentHashMap<>();

    private Kernels() {}

    private static Map<String, Isa> preference() {
        Map<String, Isa> order = new LinkedHashMap<>();
        order.put("native-avx512", Isa.BITS_512);
        order.put("vector-512", Isa.BITS_512);
        order.put("native-avx2", Isa.BITS_256);
        order.put("vector-256", Isa.BITS_256);
        order.put("native-neon", Isa.BITS_128);
        order.put("vector-128", Isa.BITS_128);
        order.put("scalar", Isa.SCALAR);
        return order;
    }

    /** Loaded on first use: providers are asked once. */
    private static final class Candidates {
        private static final List<KernelCandidate> ALL =
                collect(Isa.ofLabel(System.getProperty("spindle.isa.max", Isa.BITS_512.label())));
    }

    /** Loaded when {@code auto} is asked for the first time: what it passes over is logged once. */
    private static final class Best {
        private static final KernelCandidate CHOSEN = choose(Candidates.ALL);
    }

    private static List<KernelCandidate> collect(Isa cap) {
        Map<String, KernelCandidate> offered = new LinkedHashMap<>();
        for (KernelProvider provider : ServiceLoader.load(KernelProvider.class, Kernels.class.getClassLoader())) {
            for (KernelCandidate candidate : provider.candidates()) {
                offered.put(candidate.name(), candidate);
            }
        }
        List<KernelCandidate> all = new ArrayList<>();
        PREFERENCE.forEach((name, isa) -> {
            KernelCandidate candidate = offered.get(name);
            if (candidate == null) {
                candidate = KernelCandidate.missing(
                        name, isa, name.startsWith(NATIVE_PREFIX) ? NATIVE_ABSENT : VECTOR_ABSENT);
            }
            all.add(candidate.isa().compareTo(cap) <= 0
                    ? candidate
                    : KernelCandidate.unsupported(name, candidate.isa(), "spindle.isa.max is " + cap.label()));
        });
        return List.copyOf(all);
    }

    private static KernelCandidate choose(List<KernelCandidate> candidates) {
        StringBuilder missed = new StringBuilder();
        for (KernelCandidate candidate : candidates) {
            if (candidate.supported()) {
                if (!missed.isEmpty()) {
                    System.getLogger(Kernels.class.getName())
                            .log(System.Logger.Level.INFO, "backend {0} is used; {1}", candidate.name(), missed);
                }
                return candidate;
            }
            if (candidate.availability() == KernelCandidate.Availability.MISSING) {
                missed.append(missed.isEmpty() ? "" : "; ")
                        .append("without ").append(candidate.name()).append(": ").append(candidate.reason());
            }
        }
        throw new IllegalStateException("no backend runs here: " + candidates);
    }

    /** Every backend, the preferred ones first, with the reason where it cannot run. */
    public static List<KernelCandidate> all() {
        return Candidates.ALL;
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
        if (AUTO.equals(name)) {
            return best();
        }
        if (!PREFERENCE.containsKey(name)) {
            throw new IllegalArgumentException(
                    "unknown backend " + name + ", expected " + AUTO + " or one of "
                            + String.join(", ", PREFERENCE.keySet()));
        }
        KernelCandidate candidate =
                all().stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
        return create(candidate);
    }

    /**
     * The backend that {@code spindle.backend} forces, or else the first in the order of preference that runs here. A
     * preferred one that is missing for want of a flag or a library is logged, once.
     *
     * @throws IllegalStateException where the forced backend cannot run
     */
    public static Kernel best() {
        return AUTO.equals(FORCED) ? create(Best.CHOSEN) : byName(FORCED);
    }

    private static Kernel create(KernelCandidate candidate) {
        Kernel existing = CREATED.get(candidate.name());
        if (existing != null) {
            return existing;
        }
        Kernel created = candidate.factory().get();
        Kernel raced = CREATED.putIfAbsent(candidate.name(), created);
        return raced == null ? created : raced;
    }
}
