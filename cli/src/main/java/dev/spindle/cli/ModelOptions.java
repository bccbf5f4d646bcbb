package dev.spindle.cli;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Precision;
import dev.spindle.Warmup;
import dev.spindle.kernel.Kernels;
import dev.spindle.plan.Plan;
import dev.spindle.weights.catalogue.Models;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which network to run, and on what: the options of every command that runs one. */
final class ModelOptions {

    /** The description of the option of this name, wherever there is one. */
    static final String PRECISION = "fp32, int8 for quantised files, or auto: int8 where it can be, by default ${DEFAULT-VALUE}.";

    /** So many calls on a backend that is quick at once are over by the time that the JVM has compiled a faster one. */
    private static final int FEW_CALLS = 20;

    /** What stands for the file of the embedded network. */
    private static final String EMBEDDED = "embedded";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--model",
            paramLabel = "FILE|NAME",
            description = "The model, a file or the name of one that was pulled; by default the embedded one, of ten classes.")
    private Path file;

    @Mixin
    private BackendOptions backend;

    @Option(
            names = "--precision",
            paramLabel = "P",
            defaultValue = "auto",
            description = PRECISION)
    private String precision;

    /** Reads the model file, or the embedded network; says where facts in the file disagree. */
    Checkpoint read() {
        Checkpoint read = read(file);
        for (String warning : read.source().warnings()) {
            Failures.report(command.commandLine().getErr(), name() + ": " + warning);
        }
        return read;
    }

    /** Reads a network of one of these kinds, as {@link #read()} does; throws {@link InvalidInputException} for another. */
    Checkpoint read(NetworkKind... kinds) {
        return NetworkKind.require(name(), read(), kinds);
    }

    /** Reads a model file or one that was pulled, or the embedded network where it is null. */
    static Checkpoint read(Path file) {
        return Models.read(file);
    }

    /** What reports call the model. */
    String name() {
        return name(file);
    }

    /** What reports call a model file, or the embedded network where it is null. */
    static String name(Path file) {
        return file == null ? EMBEDDED : file.toString();
    }

    int threads() {
        return backend.threads();
    }

    /**
     * Plans a network for the backend that was asked for, which runs from the first call on: all results are of one backend.
     *
     * @param checkpoint network and weights
     * @return the model, to be closed
     * @throws InvalidInputException where the backend is unknown or cannot run here, the precision cannot be had, or the
     *     network is too large
     */
    Model load(Checkpoint checkpoint) {
        return load(checkpoint, List.of());
    }

    /** The same, for maps of these names. */
    Model load(Checkpoint checkpoint, List<String> maps) {
        return load(name(), checkpoint, options().withMaps(maps.toArray(String[]::new)));
    }

    /**
     * The same for as many calls: where the choice is left to Spindle, a few are on a backend that is quick at once, and more go
     * over to the fastest one once it is.
     */
    Model load(Checkpoint checkpoint, int calls) {
        Options options = options();
        return load(name(), checkpoint, calls <= FEW_CALLS
                ? options.withBackend(Kernels.atOnce(options.backend()).name())
                : options.withWarmup(Warmup.BACKGROUND));
    }

    private Options options() {
        return backend.options().withPrecision(precision("--precision", precision));
    }

    /**
     * Makes sure that a backend runs here.
     *
     * @param option names it; starts the message
     * @param backend the name
     * @throws InvalidInputException where it is unknown or cannot run here
     */
    static void requireBackend(String option, String backend) {
        try {
            Kernels.atOnce(backend);
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new InvalidInputException(option + ": " + e.getMessage(), e);
        }
    }

    /**
     * The precision of a label.
     *
     * @param option names it; starts the message
     * @param label auto, fp32 or int8
     * @throws InvalidInputException where it is another
     */
    static Precision precision(String option, String label) {
        try {
            return Precision.ofLabel(label);
        } catch (IllegalArgumentException e) {
            throw new InvalidInputException(option + ": " + e.getMessage(), e);
        }
    }

    /**
     * Plans a network.
     *
     * @param name what reports call the model; starts the message
     * @param checkpoint network and weights
     * @param options of a backend that runs here
     * @return the model, to be closed
     * @throws InvalidInputException where the network is too large, cannot run in this precision, or has no map of a name
     */
    static Model load(String name, Checkpoint checkpoint, Options options) {
        Model model = plan(name, checkpoint, options);
        Plan plan = model.plan();
        long input = 3L * plan.network().height() * plan.network().width();
        try {
            Heap.require(
                    name + ": an input of " + plan.network().height() + "x" + plan.network().width() + " pixels",
                    (long) plan.layout().maps().bytes() * plan.activationLength() + 2 * Float.BYTES * input);
        } catch (InvalidInputException e) {
            model.close();
            throw e;
        }
        return model;
    }

    private static Model plan(String name, Checkpoint checkpoint, Options options) {
        try {
            return Model.of(checkpoint, options);
        } catch (IllegalArgumentException e) {
            throw new InvalidInputException(name + ": " + e.getMessage(), e);
        }
    }
}
