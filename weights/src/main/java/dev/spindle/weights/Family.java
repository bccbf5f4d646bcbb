package dev.spindle.weights;

import dev.spindle.network.InvertedResidual;
import dev.spindle.network.MobileNetV1;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which scaled form of a published network this is, by the channels of its blocks; repeats, stem and head may differ.
 *
 * @param name the family: {@code MobileNetV1}, {@code MobileNetV2}
 * @param widthMultiplier the scale of the channels; empty where none of at most two decimals gives them
 * @param divisor what channel counts were rounded to a multiple of; empty where they were not, or no scale fits
 */
public record Family(String name, Optional<Double> widthMultiplier, Optional<Integer> divisor) {

    /** The divisor of nearly all published networks, that of the smallest, and others that were seen. */
    private static final List<Integer> DIVISORS = List.of(8, 4, 16, 2, 1);

    /** Widths in hundredths; of those that round to the same channels the rounder one is meant. */
    private static final int MAX_HUNDREDTHS = 400;
    private static final List<Integer> ROUNDNESS = List.of(100, 50, 25, 10, 5, 1);

    /** Finds the family by the name of the architecture, and the scale by the channels. */
    public static Family of(Network network) {
        String name = network.architecture().split("[ ,]", 2)[0];
        List<Integer> channels = channels(network);
        if (network.blocks().stream().allMatch(block -> block.expand().isEmpty())) {
            Optional<Double> width =
                    width(channels, value -> channels(MobileNetV1.builder().widthMultiplier(value).build()));
            return new Family(name, width, Optional.empty());
        }
        List<Integer> paper = channels(MobileNetV2.builder().build());
        for (int divisor : DIVISORS) {
            Optional<Double> width = width(channels, value -> withoutRepeats(
                    paper.stream().map(base -> MobileNetV2.makeDivisible(base * value, divisor))));
            if (width.isPresent()) {
                return new Family(name, width, Optional.of(divisor));
            }
        }
        return new Family(name, Optional.empty(), Optional.empty());
    }

    /** The first width of which the published network has these channels. */
    private static Optional<Double> width(List<Integer> channels, DoubleFunction<List<Integer>> published) {
        return widths().filter(width -> published.apply(width).equals(channels)).findFirst();
    }

    private static Stream<Double> widths() {
        return ROUNDNESS.stream()
                .flatMap(step -> IntStream.rangeClosed(1, MAX_HUNDREDTHS / step).mapToObj(i -> i * step / 100.0));
    }

    /** The blocks' outputs. */
    private static List<Integer> channels(Network network) {
        return withoutRepeats(network.blocks().stream().map(InvertedResidual::outputs));
    }

    private static List<Integer> withoutRepeats(Stream<Integer> values) {
        List<Integer> kept = new ArrayList<>();
        values.forEach(value -> {
            if (kept.isEmpty() || !kept.getLast().equals(value)) {
                kept.add(value);
            }
        });
        return kept;
    }
}
