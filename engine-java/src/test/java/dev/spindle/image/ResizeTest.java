package dev.spindle.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.image.Preprocessing.Interpolation;
import java.util.function.DoubleUnaryOperator;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ResizeTest {

    /** The same picture as the one that Pillow resized for the check sums below. */
    private static Image pattern(int width, int height) {
        byte[] rgb = new byte[width * height * 3];
        for (int i = 0; i < rgb.length; i++) {
            int channel = i % 3;
            int x = i / 3 % width;
            int y = i / 3 / width;
            rgb[i] = (byte) (x * 37 + y * 101 + channel * 59 ^ x * y * (channel + 1));
        }
        return Image.ofRgb(width, height, rgb);
    }

    /** CRC-32 of the bytes that Pillow 12.3.0 gives for {@link #pattern}. */
    @ParameterizedTest
    @CsvSource({
        "97, 61, 40, 33, BILINEAR, 83f9c462",
        "97, 61, 40, 33, BICUBIC, 0cc3ea1b",
        "40, 33, 97, 61, BILINEAR, c6dba0bf",
        "40, 33, 97, 61, BICUBIC, 832cd898",
        "97, 61, 97, 20, BILINEAR, c270a547",
        "97, 61, 97, 20, BICUBIC, 9ffbaa12",
        "1, 50, 7, 9, BILINEAR, a248144b",
        "1, 50, 7, 9, BICUBIC, efcfc85c",
        "50, 1, 9, 7, BILINEAR, d6f64248",
        "50, 1, 9, 7, BICUBIC, de9db849",
        "64, 64, 64, 64, BILINEAR, 4fc45225",
        "64, 64, 64, 64, BICUBIC, 4fc45225",
        "301, 7, 1, 1, BILINEAR, 91ced28c",
        "31, 77, 62, 12, BILINEAR, b103d0f3",
        "31, 77, 62, 12, BICUBIC, 2a43370e"
    })
    void equalsPillow(int width, int height, int newWidth, int newHeight, Interpolation filter, String crc) {
        CRC32 sum = new CRC32();
        sum.update(Resize.resize(pattern(width, height), newWidth, newHeight, filter).toRgb());
        assertEquals(Long.parseLong(crc, 16), sum.getValue());
    }

    @ParameterizedTest
    @CsvSource({
        "31, 17, 13, 11", "13, 11, 31, 17", "64, 48, 63, 47", "5, 40, 17, 9", "1, 1, 5, 3", "1, 23, 1, 7", "23, 1, 50, 1",
        "90, 3, 1, 1", "7, 5, 7, 5", "2, 2, 200, 1"
    })
    void agreesWithTheFilterInDoublePrecision(int width, int height, int newWidth, int newHeight) {
        for (Interpolation filter : Interpolation.values()) {
            Image picture = Pictures.random(width, height, 31L * width + height);
            double[] expected = reference(picture, newWidth, newHeight, filter);
            byte[] actual = Resize.resize(picture, newWidth, newHeight, filter).toRgb();
            for (int i = 0; i < expected.length; i++) {
                long level = Math.max(0, Math.min(255, Math.round(expected[i])));
                assertEquals(level, actual[i] & 0xFF, 1, filter + " at " + i);
            }
        }
    }

    /** Both directions at once: for every output, all inputs weighted by the filter's definition. */
    private static double[] reference(Image picture, int newWidth, int newHeight, Interpolation filter) {
        DoubleUnaryOperator kernel = filter == Interpolation.BILINEAR
                ? x -> Math.max(0, 1 - Math.abs(x))
                : x -> keys(Math.abs(x), -0.5);
        byte[] rgb = picture.toRgb();
        double[] columns = new double[picture.height() * newWidth * 3];
        for (int y = 0; y < picture.height(); y++) {
            for (int c = 0; c < 3; c++) {
                int from = y * picture.width() * 3 + c;
                double[] line = new double[picture.width()];
                for (int x = 0; x < line.length; x++) {
                    line[x] = rgb[from + x * 3] & 0xFF;
                }
                double[] result = filtered(line, newWidth, kernel);
                for (int x = 0; x < newWidth; x++) {
                    // Pillow's intermediate picture cannot overshoot.
                    columns[(y * newWidth + x) * 3 + c] = Math.max(0, Math.min(255, result[x]));
                }
            }
        }
        double[] resized = new double[newHeight * newWidth * 3];
        for (int i = 0; i < newWidth * 3; i++) {
            double[] line = new double[picture.height()];
            for (int y = 0; y < line.length; y++) {
                line[y] = columns[y * newWidth * 3 + i];
            }
            double[] result = filtered(line, newHeight, kernel);
            for (int y = 0; y < newHeight; y++) {
                resized[y * newWidth * 3 + i] = result[y];
            }
        }
        return resized;
    }

    private static double[] filtered(double[] line, int length, DoubleUnaryOperator kernel) {
        double ratio = (double) line.length / length;
        double stretch = Math.max(1, ratio);
        double[] result = new double[length];
        for (int i = 0; i < length; i++) {
            double sum = 0;
            double weights = 0;
            for (int k = 0; k < line.length; k++) {
                double weight = kernel.applyAsDouble((k + 0.5 - (i + 0.5) * ratio) / stretch);
                sum += weight * line[k];
                weights += weight;
            }
            result[i] = sum / weights;
        }
        return result;
    }

    /** Keys' cubic convolution kernel. */
    private static double keys(double x, double a) {
        if (x < 1) {
            return (a + 2) * x * x * x - (a + 3) * x * x + 1;
        }
        return x < 2 ? a * (x * x * x - 5 * x * x + 8 * x - 4) : 0;
    }

    @ParameterizedTest
    @EnumSource(Interpolation.class)
    void aUniformPictureStaysUniform(Interpolation filter) {
        byte[] rgb = new byte[61 * 43 * 3];
        java.util.Arrays.fill(rgb, (byte) 255);
        byte[] expected = new byte[20 * 90 * 3];
        java.util.Arrays.fill(expected, (byte) 255);
        assertArrayEquals(expected, Resize.resize(Image.ofRgb(61, 43, rgb), 20, 90, filter).toRgb());
    }

    @Test
    void refusesEmptySides() {
        Image picture = Pictures.random(2, 2, 1);
        String message = assertThrows(
                        IllegalArgumentException.class, () -> Resize.resize(picture, 0, 3, Interpolation.BILINEAR))
                .getMessage();
        assertTrue(message.contains("0x3"), message);
    }
}
