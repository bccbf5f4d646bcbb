package dev.spindle.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreprocessorTest {

    private static Image crop(Image image, int left, int top, int width, int height) {
        byte[] rgb = new byte[width * height * 3];
        for (int y = 0; y < height; y++) {
            System.arraycopy(image.toRgb(), ((top + y) * image.width() + left) * 3, rgb, y * width * 3, width * 3);
        }
        return Image.ofRgb(width, height, rgb);
    }

    /** Resized sizes and corners as torchvision's Resize gives them, the corner rounded down. */
    @ParameterizedTest
    @CsvSource({
        // picture, network, resized, corner
        "1280, 720, 224, 224, 455, 256, 115, 16",
        "512, 929, 224, 224, 256, 464, 16, 120",
        "300, 300, 224, 224, 256, 256, 16, 16",
        "50, 20, 96, 96, 275, 110, 89, 7",
        "20, 50, 96, 96, 110, 275, 7, 89",
        "100, 100, 64, 128, 146, 146, 9, 41",
        "300, 100, 64, 128, 219, 73, 45, 4",
        "100, 300, 64, 128, 146, 438, 9, 187",
        "41, 31, 1, 1, 1, 1, 0, 0"
    })
    void resizesTheShortSideAndCropsTheCentre(
            int width,
            int height,
            int networkHeight,
            int networkWidth,
            int resizedWidth,
            int resizedHeight,
            int left,
            int top) {
        Image picture = Pictures.random(width, height, width);
        Image resized = Resize.resize(picture, resizedWidth, resizedHeight, Preprocessing.TF.interpolation());
        Image expected = crop(resized, left, top, networkWidth, networkHeight);
        Image actual = new Preprocessor(Preprocessing.TF, networkHeight, networkWidth).fit(picture);
        assertEquals(networkWidth, actual.width());
        assertEquals(networkHeight, actual.height());
        assertArrayEquals(expected.toRgb(), actual.toRgb());
    }

    @Test
    void wholePicturesAreResizedToTheInput() {
        Image picture = Pictures.random(60, 40, 3);
        Image resized = Resize.resize(picture, 32, 48, Preprocessing.TORCH.interpolation());
        Preprocessor stretching = new Preprocessor(Preprocessing.TORCH, Preprocessor.Fit.STRETCH, 48, 32);
        assertArrayEquals(resized.toRgb(), stretching.fit(picture).toRgb());
    }

    @Test
    void withoutMarginTheShortSideIsTheNetworks() {
        Image picture = Pictures.random(60, 40, 3);
        Image resized = Resize.resize(picture, 48, 32, Preprocessing.Interpolation.BILINEAR);
        Image actual = new Preprocessor(Preprocessing.TORCH.withResizeRatio(1), 32, 32).fit(picture);
        assertArrayEquals(crop(resized, 8, 0, 32, 32).toRgb(), actual.toRgb());
    }

    @Test
    void aPictureMuchLongerThanWideFits() {
        byte[] rgb = new byte[2_000_000 * 3];
        java.util.Arrays.fill(rgb, (byte) 77);
        Image strip = new Preprocessor(Preprocessing.TF, 8192, 8).fit(Image.ofRgb(2_000_000, 1, rgb));
        assertEquals(0x4D4D4D, strip.pixel(7, 8191));
    }

    private static Image uniform(int red, int green, int blue) {
        return Image.ofRgb(1, 1, new byte[] {(byte) red, (byte) green, (byte) blue});
    }

    private static float[] pixelOf(Preprocessing preprocessing, Image image) {
        return new Preprocessor(preprocessing, 1, 1).apply(image);
    }

    @Test
    void tensorFlowsRangeIsMinusOneToOne() {
        assertArrayEquals(new float[] {-1, 1, 0.0039215f}, pixelOf(Preprocessing.TF, uniform(0, 255, 128)), 1e-6f);
    }

    @Test
    void pytorchSubtractsMeanAndDividesByDeviation() {
        float[] expected = {
            (10 / 255f - 0.485f) / 0.229f, (200 / 255f - 0.456f) / 0.224f, (255 / 255f - 0.406f) / 0.225f
        };
        assertArrayEquals(expected, pixelOf(Preprocessing.TORCH, uniform(10, 200, 255)), 1e-5f);
    }

    @Test
    void caffeTakesBlueFirst() {
        float[] expected = {(30 - 103.94f) * 0.017f, (20 - 116.78f) * 0.017f, (10 - 123.68f) * 0.017f};
        assertArrayEquals(expected, pixelOf(Preprocessing.CAFFE, uniform(10, 20, 30)), 1e-6f);
    }

    @Test
    void fitIsRgbWhateverTheNetworksOrder() {
        assertEquals(0x0A141E, new Preprocessor(Preprocessing.CAFFE, 1, 1).fit(uniform(10, 20, 30)).pixel(0, 0));
    }

    @Test
    void writesRowsOfPixelsAtTheOffsetAndNothingElse() {
        Image picture = Pictures.random(9, 8, 4);
        Preprocessor preprocessor = new Preprocessor(Preprocessing.TF, 5, 6);
        assertEquals(5 * 6 * 3, preprocessor.length());
        float[] target = new float[2 + 90 + 3];
        java.util.Arrays.fill(target, 7);
        preprocessor.apply(picture, target, 2);
        Image seen = preprocessor.fit(picture);
        for (int i = 0; i < 90; i++) {
            int value = seen.pixel(i / 3 % 6, i / 18) >> 16 - 8 * (i % 3) & 0xFF;
            assertEquals(value / 127.5f - 1, target[2 + i], 1e-6f);
        }
        for (int i : new int[] {0, 1, 92, 93, 94}) {
            assertEquals(7, target[i]);
        }
    }

    @Test
    void buffersLeftByOtherPicturesDoNotShow() {
        Preprocessor used = new Preprocessor(Preprocessing.TORCH, 16, 16);
        for (int side : new int[] {200, 3, 64, 1, 201}) {
            Image picture = Pictures.random(side, side + 1, side);
            assertArrayEquals(new Preprocessor(Preprocessing.TORCH, 16, 16).apply(picture), used.apply(picture));
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThrows(IllegalArgumentException.class, () -> new Preprocessor(Preprocessing.TF, 0, 5));
        assertThrows(IllegalArgumentException.class, () -> new Preprocessor(Preprocessing.TF, 5, -1));
        Preprocessor preprocessor = new Preprocessor(Preprocessing.TF, 2, 2);
        Image picture = Pictures.random(2, 2, 1);
        assertThrows(IndexOutOfBoundsException.class, () -> preprocessor.apply(picture, new float[12], 1));
        assertThrows(IndexOutOfBoundsException.class, () -> preprocessor.apply(picture, new float[12], -1));
    }
}
