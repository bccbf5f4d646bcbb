package dev.spindle.plan;

import dev.spindle.kernel.BytePacking;
import dev.spindle.kernel.BytePacking.Rounding;
import dev.spindle.kernel.ByteSum;
import dev.spindle.kernel.Multiplier;
import dev.spindle.kernel.Quantisation;
import dev.spindle.kernel.QuantisedSum;
import dev.spindle.kernel.Requantisation;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Packs integers for kernels whose maps are of bytes, the way spindle.h tells. */
final class BytePacker {

    /** Inputs that stand side by side. */
    private static final int GROUP = 4;

    private static final int BLOCK = 16;

    /** Channels of a group of weights beyond a byte. */
    private static final int EXTRA_CHANNELS = 48;

    /** Vectors of constants a block, and what they are. */
    private static final int CONSTANTS = 7;

    private static final int BIAS = 0;
    private static final int SCALE = 1;
    private static final int REST = 2;
    private static final int OFFSET = 3;
    private static final int HALF = 4;
    private static final int BELOW = 5;
    private static final int SIGNED_BIAS = 6;
    private static final int MULTIPLIER = 1;
    private static final int SHIFT = 2;

    private static final int[] DEPTHWISE_ORDER = {0, 1, 2, Packer.FILL, 3, 4, 5, Packer.FILL, 6, 7, 8, Packer.FILL};

    private final Packer packer;

    BytePacker(Packer packer) {
        this.packer = packer;
    }

    /**
     * One layer's numbers.
     *
     * @param layer its integers
     * @param input what the bytes of its input stand for
     * @param requantisation what its sums become
     * @param sum what is behind it
     */
    record Numbers(
            QuantisedLayer layer, Quantisation input, Requantisation requantisation, Optional<QuantisedSum> sum) {
        int outputs() {
            return layer.bias().length;
        }

        int each() {
            return layer.kernel().length / outputs();
        }

        /** The sum of a channel, its bias included, over inputs that are all as far from the zero point as they can be. */
        long extreme(int channel, boolean most) {
            int zero = input.zeroPoint();
            long sum = layer.bias()[channel];
            for (int i = channel * each(); i < (channel + 1) * each(); i++) {
                int w = layer.kernel()[i];
                sum += (long) w * (w > 0 == most ? Quantisation.MAX - zero : -zero);
            }
            return sum;
        }
    }

    /**
     * Where a layer's numbers are to stand.
     *
     * @param weights offset of the kernel
     * @param packing everything else
     */
    record Packed(int weights, BytePacking packing) {}

    /** An order of inputs, the last group filled up. */
    static int[] groups(int[] order) {
        int[] filled = Arrays.copyOf(order, (order.length + GROUP - 1) / GROUP * GROUP);
        Arrays.fill(filled, order.length, filled.length, Packer.FILL);
        return filled;
    }

    /** The stem's order: the last of a row's nine elements ends the row's third group. */
    static int[] stemGroups(int[] order) {
        int rows = order.length / Stem.ROW;
        int[] filled = new int[3 * GROUP * rows];
        Arrays.fill(filled, Packer.FILL);
        for (int row = 0; row < rows; row++) {
            System.arraycopy(order, row * Stem.ROW, filled, row * 3 * GROUP, Stem.ROW - 1);
            filled[(row + 1) * 3 * GROUP - 1] = order[(row + 1) * Stem.ROW - 1];
        }
        return filled;
    }

    /**
     * A matrix for register tiles.
     *
     * @param numbers the layer's, its kernel {@code [outputs][k]}
     * @param order of groups
     */
    Packed matrix(Numbers numbers, int[] order, Tiling tiling) {
        int groups = order.length / GROUP;
        Bytes left = new Bytes(numbers);
        byte[] weights = new byte[tiling.blocks() * BLOCK * order.length];
        Extras extras = new Extras();
        for (int tile = 0; tile < tiling.channelTiles(); tile++) {
            int first = tiling.firstBlock(tile) * BLOCK;
            int channels = tiling.vectors(tile) * BLOCK;
            extras.start();
            for (int g = 0; g < groups; g++) {
                int[] group = Arrays.copyOfRange(order, g * GROUP, (g + 1) * GROUP);
                left.take(weights, first * order.length + g * channels * GROUP, first, channels, group);
                byte[] extra = new byte[EXTRA_CHANNELS * GROUP];
                while (left.take(extra, 0, first, channels, group)) {
                    extras.add(g, extra);
                    extra = new byte[EXTRA_CHANNELS * GROUP];
                }
            }
        }
        return packed(numbers, weights, extras);
    }

    /** A depthwise kernel {@code [channels][9]}. */
    Packed depthwise(Numbers numbers) {
        int blocks = numbers.requantisation.biases().length / BLOCK;
        int each = BLOCK * DEPTHWISE_ORDER.length;
        Bytes left = new Bytes(numbers);
        byte[] weights = new byte[blocks * each];
        Extras extras = new Extras();
        for (int block = 0; block < blocks; block++) {
            left.take(weights, block * each, block * BLOCK, BLOCK, DEPTHWISE_ORDER);
            extras.start();
            byte[] extra = new byte[each];
            while (left.take(extra, 0, block * BLOCK, BLOCK, DEPTHWISE_ORDER)) {
                extras.add(0, extra);
                extra = new byte[each];
            }
        }
        return packed(numbers, weights, extras);
    }

    private Packed packed(Numbers numbers, byte[] weights, Extras extras) {
        int at = packer.bytes(weights);
        Optional<List<QuickRescale>> quick = quick(numbers);
        Rounding rounding = quick.isEmpty()
                ? Rounding.INTEGERS
                : numbers.requantisation.output().zeroPoint() == 0 ? Rounding.ONE_SIDED : Rounding.TWO_SIDED;
        int constants = packer.integers(constants(numbers, quick));
        boolean none = extras.groups.isEmpty();
        return new Packed(at, new BytePacking(
                rounding,
                constants,
                extras.groups.size(),
                none ? 0 : packer.integers(extras.starts()),
                none ? 0 : packer.integers(extras.groups.stream().mapToInt(group -> group).toArray()),
                none ? 0 : packer.bytes(extras.weights.toByteArray()),
                numbers.sum.map(this::sum)));
    }

    private ByteSum sum(QuantisedSum sum) {
        byte[] table = QuickSum.table(sum);
        return QuickSum.of(sum, table).orElseGet(() -> ByteSum.of(packer.bytes(table)));
    }

    /** The quick form of all channels, or nothing. */
    private static Optional<List<QuickRescale>> quick(Numbers numbers) {
        Requantisation by = numbers.requantisation;
        List<QuickRescale> forms = new ArrayList<>();
        for (int channel = 0; channel < numbers.outputs(); channel++) {
            Multiplier multiplier = new Multiplier(by.multipliers()[channel], by.shifts()[channel]);
            long least = numbers.extreme(channel, false);
            long most = numbers.extreme(channel, true);
            Optional<QuickRescale> form =
                    QuickRescale.of(multiplier, by.output().zeroPoint(), by.low(), by.high(), least, most);
            if (form.isEmpty() || most + form.get().half() > Integer.MAX_VALUE) {
                return Optional.empty();
            }
            forms.add(form.get());
        }
        return Optional.of(forms);
    }

    /** Lanes behind the last channel have zeros, which make the zero point of any sum. */
    private static int[] constants(Numbers numbers, Optional<List<QuickRescale>> quick) {
        Requantisation by = numbers.requantisation;
        int[] constants = new int[by.biases().length * CONSTANTS];
        for (int channel = 0; channel < numbers.outputs(); channel++) {
            int at = channel / BLOCK * CONSTANTS * BLOCK + channel % BLOCK;
            int sum = 0;
            for (int i = channel * numbers.each(); i < (channel + 1) * numbers.each(); i++) {
                sum += numbers.layer.kernel()[i];
            }
            int bias = by.biases()[channel];
            if (quick.isPresent()) {
                QuickRescale form = quick.get().get(channel);
                bias += form.half();
                constants[at + SCALE * BLOCK] = Float.floatToRawIntBits(form.scale());
                constants[at + REST * BLOCK] = Float.floatToRawIntBits(form.rest());
                constants[at + OFFSET * BLOCK] = Float.floatToRawIntBits(form.offset());
                constants[at + HALF * BLOCK] = form.half();
                constants[at + BELOW * BLOCK] = Float.floatToRawIntBits(form.below());
            } else {
                constants[at + MULTIPLIER * BLOCK] = by.multipliers()[channel];
                constants[at + SHIFT * BLOCK] = by.shifts()[channel];
            }
            constants[at + BIAS * BLOCK] = bias - numbers.input.zeroPoint() * sum;
            constants[at + SIGNED_BIAS * BLOCK] = bias - (numbers.input.zeroPoint() + Byte.MIN_VALUE) * sum;
        }
        return constants;
    }

    /** Weights, byte by byte. */
    private static final class Bytes {
        private final short[] left;
        private final int outputs;
        private final int each;

        Bytes(Numbers numbers) {
            left = numbers.layer.kernel().clone();
            outputs = numbers.outputs();
            each = numbers.each();
        }

        /** Moves a byte of each weight of some channels' groups to {@code [groups][channels][4]}; whether any is not 0. */
        boolean take(byte[] target, int at, int first, int channels, int[] order) {
            boolean any = false;
            for (int channel = first; channel < Math.min(first + channels, outputs); channel++) {
                for (int i = 0; i < order.length; i++) {
                    if (order[i] != Packer.FILL) {
                        int weight = channel * each + order[i];
                        byte taken = (byte) Math.clamp(left[weight], Byte.MIN_VALUE, Byte.MAX_VALUE);
                        left[weight] -= taken;
                        target[at + (i / GROUP * channels + channel - first) * GROUP + i % GROUP] = taken;
                        any |= taken != 0;
                    }
                }
            }
            return any;
        }
    }

    /** Weights beyond a byte. */
    private static final class Extras {
        private final List<Integer> starts = new ArrayList<>();
        private final List<Integer> groups = new ArrayList<>();
        private final ByteArrayOutputStream weights = new ByteArrayOutputStream();

        /** Begins the next tile's. */
        void start() {
            starts.add(groups.size());
        }

        void add(int group, byte[] bytes) {
            groups.add(group);
            weights.writeBytes(bytes);
        }

        int[] starts() {
            int[] all = Arrays.copyOf(starts.stream().mapToInt(start -> start).toArray(), starts.size() + 1);
            all[starts.size()] = groups.size();
            return all;
        }
    }
}
