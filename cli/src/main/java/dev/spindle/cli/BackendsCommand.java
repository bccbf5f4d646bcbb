package dev.spindle.cli;

import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code backends}: what can run here, what cannot and why, and what {@code auto} chooses. */
@Command(
        name = "backends",
        description = "List the backends, why one cannot run here, and which is chosen.",
        sortOptions = false,
        sortSynopsis = false)
final class BackendsCommand implements Callable<Integer> {

    @Mixin
    private Output output;

    /** The JSON. {@code chosen} is null where the backend that is forced cannot run. */
    private record Result(String chosen, String why, List<Backend> backends) implements Report {
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

    /**
     * One backend; the description says what it is, or why it cannot run here, {@code int8} whether it runs here with kernels
     * for quantised networks.
     */
    private record Backend(
            String name,
            String vectorBits,
            boolean supported,
            boolean int8,
            KernelCandidate.Availability availability,
            String description) {}

    @Override
    public Integer call() {
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
        output.print(result(backends));
        return ExitCode.SUCCESS;
    }

    private static Result result(List<Backend> backends) {
        Optional<String> preferred = backends.stream().filter(Backend::supported).map(Backend::name).findFirst();
        try {
            String chosen = Kernels.best().name();
            boolean first = preferred.filter(chosen::equals).isPresent();
            return new Result(
                    chosen,
                    first ? "the first that runs here, fastest ones listed first" : "spindle.backend forces it",
                    backends);
        } catch (IllegalArgumentException | IllegalStateException e) {
            return new Result(null, e.getMessage(), backends);
        }
    }
}
