package dev.spindle.cli;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.Options;
import dev.spindle.quantise.Loss;
import dev.spindle.quantise.Quantiser;
import dev.spindle.quantise.QuantiserSettings;
import dev.spindle.quantise.RangeChoice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code quantize}: a network of fp32 into one of integers. */
@Command(
        name = "quantize",
        description = {
            "Quantise a network of floating point into integers of 8 bits.",
            "Weights get one scale a channel, maps get ranges that pictures show. The result says how far it is from fp32."
        },
        sortOptions = false,
        sortSynopsis = false)
final class QuantizeCommand implements Callable<Integer> {

    @Spec
    private CommandSpec command;

    @Option(
            names = "--calibrate",
            paramLabel = "DIR",
            required = true,
            description = "Pictures like those that the network is for, in a folder and its sub-folders.")
    private Path folder;

    @Mixin
    private ModelTarget target;

    @Option(
            names = "--images",
            paramLabel = "N",
            defaultValue = "500",
            description = "Most pictures to use, taken evenly from all, by default ${DEFAULT-VALUE}.")
    private int images;

    @Option(
            names = "--ranges",
            paramLabel = "CHOICE",
            defaultValue = "min-error",
            description = "Ranges of maps: min-max, percentile, or ${DEFAULT-VALUE} (default), of clipping and rounding.")
    private RangeChoice ranges;

    @Option(
            names = "--percentile",
            paramLabel = "P",
            defaultValue = "99.99",
            description = "The share of values that percentile keeps at either end, by default ${DEFAULT-VALUE}.")
    private double percentile;

    @Option(
            names = "--bias-correction",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Whether biases make up for rounded weights, on average; they do by default.")
    private boolean biasCorrection;

    @Option(
            names = "--equalize",
            description = "Scale channels first, so that they use more of a map's steps (cross-layer equalisation).")
    private boolean equalize;

    @Mixin
    private BackendOptions backend;

    @Mixin
    private Output output;

    @Parameters(
            paramLabel = "FILE|NAME",
            arity = "0..1",
            description = "The model, a file or the name of one that was pulled; by default the embedded one.")
    private Path source;

    /**
     * The JSON. {@code top1Agreement} is the percentage of the pictures, or of the pixels of a segmentation network's logits,
     * that are of the same class as in fp32; of the others, {@code largestMargin} is the largest lead of fp32's class over the
     * one that took its place, in logits of fp32.
     */
    private record Result(
            String model,
            String output,
            long bytes,
            String architecture,
            int images,
            List<FailedPictures.Failed> failed,
            QuantiserSettings settings,
            double top1Agreement,
            float largestMargin,
            float largestLogitDifference,
            float largestLogit,
            List<String> warnings)
            implements Report {
        @Override
        public String text() {
            StringBuilder text = new StringBuilder(Text.format(
                    """
                    %s: %s in int8, %,d bytes
                      calibrated on %s, %,d failed
                      top-1 agreement with fp32   %6.2f %%
                      largest margin lost         %8.4f
                      largest logit difference    %8.4f, of logits up to %.4f
                    """,
                    output, architecture, bytes,
                    Text.count(images, "picture"), failed.size(),
                    top1Agreement, largestMargin,
                    largestLogitDifference, largestLogit));
            warnings.forEach(warning -> text.append(Text.format("warning: %s%n", warning)));
            return text.toString();
        }
    }

    /** A choice as users write it. */
    static RangeChoice ranges(String argument) {
        for (RangeChoice choice : RangeChoice.values()) {
            if (label(choice).equals(argument)) {
                return choice;
            }
        }
        throw new TypeConversionException("expected one of "
                + Arrays.stream(RangeChoice.values()).map(QuantizeCommand::label).collect(Collectors.joining(", "))
                + ", found " + argument);
    }

    private static String label(RangeChoice choice) {
        return choice.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public Integer call() {
        if (images < 1) {
            throw new ParameterException(command.commandLine(), "--images: expected at least 1, found " + images);
        }
        QuantiserSettings settings = settings();
        Options options = backend.options();
        target.require();
        Checkpoint read = NetworkKind.require(
                ModelOptions.name(source), ModelOptions.read(source), NetworkKind.CLASSIFIER, NetworkKind.SEGMENTER);
        if (read.quantised().isPresent()) {
            throw new InvalidInputException(
                    ModelOptions.name(source) + ": expected a network of floating point, found one of integers");
        }
        List<Path> found = Samples.unlabelled(folder);
        int count = Math.min(images, found.size());
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            files.add(found.get((int) ((long) i * found.size() / count)));
        }
        try (Work work = new Work(output.err(), (2 + settings.passes()) * count)) {
            CalibrationPictures pictures = CalibrationPictures.read(folder, files, read, output.err(), work);
            quantise(read, pictures, settings, options, work);
        }
        return ExitCode.SUCCESS;
    }

    private QuantiserSettings settings() {
        try {
            return new QuantiserSettings(ranges, percentile, biasCorrection, equalize);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), "--percentile: " + e.getMessage(), e);
        }
    }

    private void quantise(
            Checkpoint read, CalibrationPictures pictures, QuantiserSettings settings, Options options, Work work) {
        Checkpoint integers;
        Loss loss;
        try {
            integers = Quantiser.quantise(read, pictures, settings, options, work::done);
            loss = Loss.measure(read, integers, pictures, options, work::done);
        } catch (IllegalArgumentException e) {
            throw new InvalidInputException(ModelOptions.name(source) + ": " + e.getMessage(), e);
        }
        Checkpoint written = integers.withSource(integers.source().withNote(how(settings, loss)).withNote(report(loss)));
        List<String> warnings = new ArrayList<>(read.source().warnings());
        work.clear();
        target.write(written, source, warnings);
        output.print(new Result(
                ModelOptions.name(source),
                target.toString(),
                target.bytes(),
                read.network().architecture(),
                pictures.count(),
                pictures.failed(),
                settings,
                loss.agreement(),
                loss.largestMargin(),
                loss.largestDifference(),
                loss.largestLogit(),
                warnings));
    }

    /** The first of two notes that stay in the file. */
    private static String how(QuantiserSettings settings, Loss loss) {
        return Text.format(
                "quantised by %s on %s: ranges %s%s, bias correction %s, equalisation %s",
                Version.program(), Text.count(loss.inputs(), "picture"), label(settings.ranges()),
                settings.ranges() == RangeChoice.PERCENTILE ? " " + settings.percentile() : "",
                settings.biasCorrection() ? "on" : "off", settings.equalisation() ? "on" : "off");
    }

    private static String report(Loss loss) {
        return Text.format(
                "on those pictures, top-1 agrees with fp32 in %.2f %%, with a margin of at most %.4f where not, "
                        + "logits differ by at most %.4f of %.4f",
                loss.agreement(), loss.largestMargin(), loss.largestDifference(), loss.largestLogit());
    }
}
