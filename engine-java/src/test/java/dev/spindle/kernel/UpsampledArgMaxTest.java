package dev.spindle.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.spindle.kernel.UpsampledArgMax.Rounding;
import dev.spindle.network.Sampling;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Against the enlarged map itself, every value of it by definition. */
class UpsampledArgMaxTest {

    private static final int[][] SIZES = {
        {5, 4, 65, 49}, {1, 1, 7, 3}, {3, 6, 10, 6}, {4, 4, 4, 4}, {9, 2, 5, 1}, {33, 33, 65, 90}
    };
    private static final int CLASSES = 6;

    private static double position(int x, int input, int output, Sampling sampling) {
        return switch (sampling) {
            case ALIGN_CORNERS -> output > 1 ? (double) x * (input - 1) / (output - 1) : 0;
            case HALF_PIXEL -> (x + 0.5) * input / output - 0.5;
            case ASYMMETRIC -> (double) x * input / output;
        };
    }

    private static double at(float[] map, int width, double y, double x, int height, int k) {
        int top = (int) Math.clamp(Math.floor(y), 0, height - 1);
        int left = (int) Math.clamp(Math.floor(x), 0, width - 1);
        int bottom = (int) Math.clamp(Math.ceil(y), 0, height - 1);
        int right = (int) Math.clamp(Math.ceil(x), 0, width - 1);
        double down = bottom == top ? 0 : y - top;
        double across = right == left ? 0 : x - left;
        double upper = map[(top * width + left) * CLASSES + k] * (1 - across)
                + map[(top * width + right) * CLASSES + k] * across;
        double lower = map[(bottom * width + left) * CLASSES + k] * (1 - across)
                + map[(bottom * width + right) * CLASSES + k] * across;
        return upper * (1 - down) + lower * down;
    }

    @Test
    void findsTheLargestInterpolatedLogit() {
        Random random = new Random(3);
        for (int[] size : SIZES) {
            for (Sampling sampling : Sampling.values()) {
                float[] map = new float[size[0] * size[1] * CLASSES];
                for (int i = 0; i < map.length; i++) {
                    map[i] = (float) random.nextGaussian();
                }
                byte[] mask = new byte[size[2] * size[3]];
                new UpsampledArgMax(size[0], size[1], CLASSES, size[2], size[3], sampling, Rounding.NONE).apply(map, mask);
                for (int i = 0; i < mask.length; i++) {
                    double y = position(i / size[3], size[0], size[2], sampling);
                    double x = position(i % size[3], size[1], size[3], sampling);
                    double largest = Double.NEGATIVE_INFINITY;
                    for (int k = 0; k < CLASSES; k++) {
                        largest = Math.max(largest, at(map, size[1], y, x, size[0], k));
                    }
                    assertEquals(largest, at(map, size[1], y, x, size[0], mask[i]), 1e-4, sampling + " at " + i);
                }
            }
        }
    }

    /** Few levels, so that many are equal: the first counts. */
    @Test
    void roundsBytesBeforeItComparesThem() {
        Random random = new Random(4);
        for (Rounding rounding : new Rounding[] {Rounding.UNSIGNED_BYTES, Rounding.SIGNED_BYTES}) {
            for (int[] size : SIZES) {
                for (Sampling sampling : Sampling.values()) {
                    float[] map = new float[size[0] * size[1] * CLASSES];
                    for (int i = 0; i < map.length; i++) {
                        map[i] = random.nextInt(5) - (rounding == Rounding.SIGNED_BYTES ? 2 : 0);
                    }
                    byte[] mask = new byte[size[2] * size[3]];
                    new UpsampledArgMax(size[0], size[1], CLASSES, size[2], size[3], sampling, rounding).apply(map, mask);
                    byte[] expected = new byte[mask.length];
                    for (int i = 0; i < mask.length; i++) {
                        int largest = Integer.MIN_VALUE;
                        for (int k = 0; k < CLASSES; k++) {
                            int value = rounding == Rounding.SIGNED_BYTES
                                    ? signed(map, size, sampling, i, k)
                                    : unsigned(map, size, sampling, i, k);
                            if (value > largest) {
                                largest = value;
                                expected[i] = (byte) k;
                            }
                        }
                    }
                    assertArrayEquals(expected, mask, rounding + " " + sampling);
                }
            }
        }
    }

    private static float floatPosition(int x, int input, int output, Sampling sampling) {
        float scale = sampling == Sampling.ALIGN_CORNERS && output > 1
                ? (input - 1) / (float) (output - 1)
                : input / (float) output;
        return sampling == Sampling.HALF_PIXEL ? (x + 0.5f) * scale - 0.5f : x * scale;
    }

    private static int unsigned(float[] map, int[] size, Sampling sampling, int pixel, int k) {
        float y = floatPosition(pixel / size[3], size[0], size[2], sampling);
        float x = floatPosition(pixel % size[3], size[1], size[3], sampling);
        int top = Math.max(0, (int) Math.floor(y));
        int left = Math.max(0, (int) Math.floor(x));
        int bottom = Math.min(size[0] - 1, (int) Math.ceil(y));
        int right = Math.min(size[1] - 1, (int) Math.ceil(x));
        float sum = map[(top * size[1] + left) * CLASSES + k] * (1 - (y - top)) * (1 - (x - left));
        sum += map[(bottom * size[1] + left) * CLASSES + k] * (y - top) * (1 - (x - left));
        sum += map[(top * size[1] + right) * CLASSES + k] * (1 - (y - top)) * (x - left);
        sum += map[(bottom * size[1] + right) * CLASSES + k] * (y - top) * (x - left);
        return (int) (sum + 0.5f);
    }

    private static int fixedPosition(int x, int input, int output, Sampling sampling) {
        boolean corners = sampling == Sampling.ALIGN_CORNERS && output > 1;
        int to = corners ? output - 1 : output;
        int scale = (1024 * (corners ? input - 1 : input) + to / 2) / to;
        return sampling == Sampling.HALF_PIXEL ? x * scale + scale / 2 - 512 : x * scale;
    }

    private static int signed(float[] map, int[] size, Sampling sampling, int pixel, int k) {
        int y = fixedPosition(pixel / size[3], size[0], size[2], sampling);
        int x = fixedPosition(pixel % size[3], size[1], size[3], sampling);
        int top = Math.max(0, y / 1024);
        int left = Math.max(0, x / 1024);
        int bottom = Math.min(size[0] - 1, (y + 1023) / 1024);
        int right = Math.min(size[1] - 1, (x + 1023) / 1024);
        long sum = 0;
        sum += (long) map[(top * size[1] + left) * CLASSES + k] * (1024 - (y - 1024 * top)) * (1024 - (x - 1024 * left));
        sum += (long) map[(bottom * size[1] + left) * CLASSES + k] * (y - 1024 * top) * (1024 - (x - 1024 * left));
        sum += (long) map[(top * size[1] + right) * CLASSES + k] * (1024 - (y - 1024 * top)) * (x - 1024 * left);
        sum += (long) map[(bottom * size[1] + right) * CLASSES + k] * (y - 1024 * top) * (x - 1024 * left);
        return (int) ((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
    }
}
