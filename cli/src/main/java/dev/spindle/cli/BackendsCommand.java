package dev.spindle.cli;

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

    @Override
    public Integer call() {
        output.print(BackendList.here());
        return ExitCode.SUCCESS;
    }
}
