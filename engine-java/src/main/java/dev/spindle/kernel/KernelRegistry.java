package dev.spindle.kernel;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What {@link Kernels} does, apart from where it gets its settings. */
final class KernelRegistry {

    /**
     * Every backend and the vector width it needs, in the order in which {@code auto} tries them: by speed. Twice the
     * width is worth more than C instead of Java, on every machine on which the project's benchmark compared them; on equal
     * width C is ahead.
     */
    private static final Map<String, Isa> PREFERENCE = preference();

    private static final String NATIVE_PREFIX = "native-";
    private static final String VECTOR_PREFIX = "vector-";
    private static final String NATIVE_ABSENT = "spindle-engine-native is not on the class or module path";
    private static final String JAVA_ABSENT = "spindle-engine offers no such backend";

    private final String forced;
    private final List<KernelCandidate> candidates;
    private final Map<String, Kernel> created = new ConcurrentHashMap<>();
    private KernelCandidate chosen;

    /**
     * @param providers asked for their candidates, once
     * @param forced the backend that {@link #best} gives, or {@link Kernels#AUTO}
     * @param cap label of the widest vectors that a backend may use
     * @throws IllegalArgumentException for a cap that is no label
     */
    KernelRegistry(Iterable<KernelProvider> providers, String forced, String cap) {
        this.forced = forced;
        this.candidates = collect(providers, Isa.ofLabel(cap));
    }

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

    private static List<KernelCandidate> collect(Iterable<KernelProvider> providers, Isa cap) {
        Map<String, KernelCandidate> offered = new LinkedHashMap<>();
        for (KernelProvider provider : providers) {
            for (KernelCandidate candidate : provider.candidates()) {
                offered.put(candidate.name(), candidate);
            }
        }
        List<KernelCandidate> all = new ArrayList<>();
        PREFERENCE.forEach((name, isa) -> {
            KernelCandidate candidate = offered.get(name);
            if (candidate == null) {
                candidate = KernelCandidate.missing(
                        name, isa, name.startsWith(NATIVE_PREFIX) ? NATIVE_ABSENT : JAVA_ABSENT);
            }
            all.add(candidate.isa().compareTo(cap) <= 0
                    ? candidate
                    : KernelCandidate.unsupported(name, candidate.isa(), "spindle.isa.max is " + cap.label()));
        });
        return List.copyOf(all);
    }

    List<KernelCandidate> all() {
        return candidates;
    }

    Kernel byName(String name) {
        if (Kernels.AUTO.equals(name)) {
            return best();
        }
        if (!PREFERENCE.containsKey(name)) {
            throw new IllegalArgumentException("unknown backend " + name + ", expected " + Kernels.AUTO + " or one of "
                    + String.join(", ", PREFERENCE.keySet()));
        }
        return create(candidates.stream().filter(candidate -> candidate.name().equals(name)).findFirst().orElseThrow());
    }

    Kernel best() {
        return Kernels.AUTO.equals(forced) ? create(chosen()) : byName(forced);
    }

    Kernel atOnce(String name) {
        if (!Kernels.AUTO.equals(name) || !Kernels.AUTO.equals(forced)) {
            return byName(name);
        }
        return create(candidates.stream()
                .filter(candidate -> candidate.supported() && !candidate.name().startsWith(VECTOR_PREFIX))
                .findFirst()
                .orElseGet(this::chosen));
    }

    /** Chosen when {@code auto} is asked for the first time; what it passes over is logged then, once. */
    private synchronized KernelCandidate chosen() {
        if (chosen == null) {
            chosen = choose();
        }
        return chosen;
    }

    private KernelCandidate choose() {
        // One reason may hold several back.
        Map<String, List<String>> missed = new LinkedHashMap<>();
        for (KernelCandidate candidate : candidates) {
            if (candidate.supported()) {
                log(candidate, missed);
                return candidate;
            }
            if (candidate.availability() == KernelCandidate.Availability.MISSING) {
                missed.computeIfAbsent(candidate.reason(), reason -> new ArrayList<>()).add(candidate.name());
            }
        }
        throw new IllegalStateException("no backend runs here: " + candidates);
    }

    private static void log(KernelCandidate chosen, Map<String, List<String>> missed) {
        List<String> parts = new ArrayList<>();
        missed.forEach((reason, names) -> parts.add("without " + String.join(", ", names) + ": " + reason));
        if (!parts.isEmpty()) {
            System.getLogger(Kernels.class.getName())
                    .log(System.Logger.Level.INFO, "backend {0} is used; {1}", chosen.name(), String.join("; ", parts));
        }
    }

    private Kernel create(KernelCandidate candidate) {
        return created.computeIfAbsent(candidate.name(), name -> candidate.factory().get());
    }
}
