package dev.spindle.image;

import dev.spindle.image.Preprocessing.Interpolation;

/** Resizes pictures as Pillow does: to the same grey levels, but for what rounding in its last bit may change. */
public final class Resize {

    private Resize() {}

    /**
     * Resizes a picture with an antialiased filter, as Pillow's {@code Image.resize((width, height), filter)}.
     *
     * @param image the picture
     * @param width new pixels a row, at least 1
     * @param height new rows, at least 1
     * @param interpolation the filter
     * @return a new picture
     */
    public static Image resize(Image image, int width, int height, Interpolation interpolation) {
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException("resize to " + width + "x" + height + ", expected at least 1x1");
        }
        byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(width, height), Image.CHANNELS)];
        new Resampler().resample(
                image, new Resampler.Window(width, height, 0, 0), width, height, interpolation, rgb);
        return Image.wrap(width, height, rgb);
    }
}
