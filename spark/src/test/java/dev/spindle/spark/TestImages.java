package dev.spindle.spark;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;

/** Pictures drawn from a seed. */
final class TestImages {

    /** One in so many of a folder's pictures is corrupt. */
    static final int CORRUPT_EVERY = 100;

    private TestImages() {}

    /** Rectangles of random colours, as a PNG or, for an odd seed, as a JPEG. */
    static byte[] picture(int seed) {
        return picture(seed, 40, 80);
    }

    /**
     * Rectangles of random colours, as a PNG or, for an odd seed, as a JPEG.
     *
     * @param shortest and {@code longest} side that it may have, in pixels
     */
    static byte[] picture(int seed, int shortest, int longest) {
        Random random = new Random(seed);
        int width = random.nextInt(shortest, longest);
        int height = random.nextInt(shortest, longest);
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        for (int i = 0; i < 20; i++) {
            graphics.setColor(new Color(random.nextInt(0x1000000)));
            graphics.fillRect(random.nextInt(width), random.nextInt(height), random.nextInt(width), random.nextInt(height));
        }
        graphics.dispose();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, seed % 2 == 0 ? "png" : "jpg", bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** What is no picture: a byte, noise, or half of one. Empty files Spark passes over. */
    static byte[] corrupt(int seed) {
        return switch (seed % 3) {
            case 0 -> new byte[1];
            case 1 -> {
                byte[] noise = new byte[200];
                new Random(seed).nextBytes(noise);
                yield noise;
            }
            default -> {
                byte[] picture = picture(seed);
                yield Arrays.copyOf(picture, picture.length / 2);
            }
        };
    }

    /** Fills a folder with pictures {@code 0}, {@code 1}, ..., of which one in {@link #CORRUPT_EVERY} is corrupt. */
    static Path folder(Path folder, int count) throws IOException {
        Files.createDirectories(folder);
        for (int i = 0; i < count; i++) {
            boolean corrupt = i % CORRUPT_EVERY == CORRUPT_EVERY - 1;
            Files.write(folder.resolve(Integer.toString(i)), corrupt ? corrupt(i / CORRUPT_EVERY) : picture(i));
        }
        return folder;
    }
}
