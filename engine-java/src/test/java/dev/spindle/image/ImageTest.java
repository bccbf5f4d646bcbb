package dev.spindle.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.WritableRaster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageTest {

    private static final Image PICTURE = Pictures.random(7, 5, 1);

    @ParameterizedTest
    @ValueSource(ints = {
        BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_INT_BGR, BufferedImage.TYPE_INT_ARGB,
        BufferedImage.TYPE_INT_ARGB_PRE, BufferedImage.TYPE_3BYTE_BGR, BufferedImage.TYPE_4BYTE_ABGR,
        BufferedImage.TYPE_4BYTE_ABGR_PRE
    })
    void everyLayoutOfEightBitsGivesTheSameBytes(int type) {
        assertArrayEquals(PICTURE.toRgb(), Image.of(Pictures.buffered(PICTURE, type)).toRgb());
    }

    @ParameterizedTest
    @ValueSource(ints = {
        BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_3BYTE_BGR, BufferedImage.TYPE_USHORT_565_RGB,
        BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_BYTE_INDEXED
    })
    void aPartOfAnImageIsThatPart(int type) {
        BufferedImage whole = Pictures.buffered(PICTURE, type);
        Image expected = Image.of(whole);
        Image part = Image.of(whole.getSubimage(2, 1, 4, 3));
        assertEquals(4, part.width());
        assertEquals(3, part.height());
        for (int y = 0; y < 3; y++) {
            for (int x = 0; x < 4; x++) {
                assertEquals(expected.pixel(x + 2, y + 1), part.pixel(x, y));
            }
        }
    }

    @Test
    void alphaIsDropped() {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, 0x00102030);
        image.setRGB(1, 0, 0x80405060);
        Image result = Image.of(image);
        assertEquals(0x102030, result.pixel(0, 0));
        assertEquals(0x405060, result.pixel(1, 0));
    }

    @Test
    void greyIsRepeatedAsItIs() {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster().setSample(0, 0, 0, 100);
        image.getRaster().setSample(1, 0, 0, 255);
        assertEquals(0x646464, Image.of(image).pixel(0, 0));
        assertEquals(0xFFFFFF, Image.of(image).pixel(1, 0));
    }

    @Test
    void ofSixteenBitsTheHighByteIsTaken() {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_USHORT_GRAY);
        image.getRaster().setSample(0, 0, 0, 0x12FF);
        image.getRaster().setSample(1, 0, 0, 0xFF00);
        assertEquals(0x121212, Image.of(image).pixel(0, 0));
        assertEquals(0xFFFFFF, Image.of(image).pixel(1, 0));
    }

    @Test
    void fewBitsAreStretched() {
        BufferedImage image = new BufferedImage(1, 1, BufferedImage.TYPE_USHORT_565_RGB);
        image.getRaster().setPixel(0, 0, new int[] {31, 32, 0});
        assertEquals(0xFF8100, Image.of(image).pixel(0, 0));
        BufferedImage binary = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY);
        binary.getRaster().setSample(1, 0, 0, 1);
        assertEquals(0x000000, Image.of(binary).pixel(0, 0));
        assertEquals(0xFFFFFF, Image.of(binary).pixel(1, 0));
    }

    @Test
    void aPaletteIsLookedUp() {
        byte[] levels = {0, (byte) 200, 30};
        IndexColorModel palette = new IndexColorModel(2, 3, levels, new byte[] {9, 8, 7}, new byte[] {1, 2, 3}, 1);
        BufferedImage image = new BufferedImage(3, 1, BufferedImage.TYPE_BYTE_BINARY, palette);
        WritableRaster raster = image.getRaster();
        raster.setSample(1, 0, 0, 1);
        raster.setSample(2, 0, 0, 2);
        Image result = Image.of(image);
        assertEquals(0x000901, result.pixel(0, 0));
        assertEquals(0xC80802, result.pixel(1, 0), "the transparent entry keeps its colour");
        assertEquals(0x1E0703, result.pixel(2, 0));
    }

    @Test
    void isImmutable() {
        byte[] bytes = {1, 2, 3};
        Image image = Image.ofRgb(1, 1, bytes);
        bytes[0] = 9;
        image.toRgb()[1] = 9;
        assertEquals(0x010203, image.pixel(0, 0));
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThrows(IllegalArgumentException.class, () -> Image.ofRgb(2, 2, new byte[11]));
        assertThrows(IllegalArgumentException.class, () -> Image.ofRgb(0, 2, new byte[0]));
        assertThrows(IllegalArgumentException.class, () -> Image.ofRgb(-1, -1, new byte[3]));
        assertThrows(IndexOutOfBoundsException.class, () -> PICTURE.pixel(7, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> PICTURE.pixel(0, -1));
    }
}
