package dev.spindle.cli;

import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The backends and the choice among them.
 *
 * @param chosen null where the backend that is forced cannot run
 */
record BackendList(String chosen, String why, List<Backend> backends) implements Report {

    /**
     * One backend; the description says what it is, or why it cannot run here, {@code int8} whether it runs here with kernels
     * for quantised networks.
     */
    record Backend(
            String name,
            String vectorBits,
            boolean supported,
            boolean int8,
            KernelCandidate.Availability availability,
            String description) {}

    /** Those of this process. */
    static BackendList here() {
        List<Backend> backends = new ArrayList<>();
        for (KernelCandidate candidate : Kernels.all()) {
            backends.add(new Backend(
                    candidate.name(),
                    candidate.isa().label(),
                    candidate.supported(),
                    candidate.supported() && Kernels.byName(candidate.name()).quantised().isPresent(),
                    candidate.availability(),
                    candidate.reason()));
        }
        Optional<String> preferred = backends.stream().filter(Backend::supported).map(Backend::name).findFirst();
        try {
            String chosen = Kernels.best().name();
            boolean first = preferred.filter(chosen::equals).isPresent();
            return new BackendList(
                    chosen,
                    first ? "the first that runs here, fastest ones listed first" : "spindle.backend forces it",
                    backends);
        } catch (IllegalArgumentException | IllegalStateException e) {
            return new BackendList(null, e.getMessage(), backends);
        }
    }

    @Override
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Backend backend : backends) {
            text.append(Text.format(
                    "%s %-14s %-4s %s%s%n",
                    backend.name.equals(chosen) ? "*" : " ",
                    backend.name,
                    backend.supported ? "yes" : "no",
                    backend.description,
                    backend.supported && !backend.int8 ? ", without int8" : ""));
        }
        return text.append(chosen == null ? "none is chosen: " : chosen + " is chosen: ")
                .append(why)
                .append('\n')
                .toString();
    }
}
