package dev.spindle.cli;

import dev.spindle.Options;
import dev.spindle.Warmup;
import dev.spindle.kernel.Kernels;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What a network runs on. */
final class BackendOptions {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            defaultValue = Kernels.AUTO,
            description = "The backend, by default ${DEFAULT-VALUE}; 'spindle backends' lists them.")
    private String backend;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many threads a call may use, by default ${DEFAULT-VALUE}.")
    private int threads;

    int threads() {
        return threads;
    }

    /**
     * The options, without warming up.
     *
     * @throws dev.spindle.InvalidInputException where the backend is unknown or cannot run here
     */
    Options options() {
        if (threads < 1) {
            throw new ParameterException(
                    command.commandLine(), "--threads: expected at least 1, found " + threads);
        }
        ModelOptions.requireBackend("--backend", backend);
        return new Options(backend, threads).withWarmup(Warmup.NONE);
    }
}
