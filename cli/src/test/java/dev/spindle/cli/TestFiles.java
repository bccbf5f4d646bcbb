package dev.spindle.cli;

import dev.spindle.weights.DefaultModel;
import dev.spindle.weights.catalogue.Models;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;

/** Files that tests need. */
final class TestFiles {

    private TestFiles() {}

    /**
     * Copies one of the readers' fixtures, such as {@code tflite-float/weights.tflite}; it may be inside a jar. Caffe's
     * network is put beside its weights.
     */
    static Path fixture(Path folder, String name) throws IOException {
        if (name.endsWith(".caffemodel")) {
            copy(name.substring(0, name.indexOf('/')) + "/deploy.prototxt", folder.resolve("deploy.prototxt"));
        }
        return copy(name, folder.resolve(name.replace('/', '-')));
    }

    private static Path copy(String name, Path copy) throws IOException {
        try (InputStream in = TestFiles.class.getResourceAsStream("/fixtures/" + name)) {
            return Files.write(copy, in.readAllBytes());
        }
    }

    /** Copies the embedded network to a file. */
    static Path embedded(Path folder) throws IOException {
        Path copy = folder.resolve("embedded.safetensors");
        try (InputStream in = DefaultModel.class.getResourceAsStream("mobilenet_v2_0.35_64_cifar10.safetensors")) {
            Files.write(copy, in.readAllBytes());
        }
        return copy;
    }

    /** Draws a red sun over a sea. */
    static Path picture(Path folder, String name) throws IOException {
        BufferedImage image = new BufferedImage(120, 90, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(new Color(120, 180, 240));
        graphics.fillRect(0, 0, 120, 50);
        graphics.setColor(new Color(20, 60, 140));
        graphics.fillRect(0, 50, 120, 40);
        graphics.setColor(Color.RED);
        graphics.fillOval(40, 15, 30, 30);
        graphics.dispose();
        Path file = folder.resolve(name);
        if (!ImageIO.write(image, name.substring(name.lastIndexOf('.') + 1), file.toFile())) {
            throw new IOException("no writer for " + name);
        }
        return file;
    }

    /**
     * Draws pictures of all kinds, {@code 0.png} and so on: a sky and a ground, things in front of them, and grain.
     *
     * @param folder new or empty
     * @param count how many
     * @param seed the same seed gives the same pictures
     */
    static Path scenes(Path folder, int count, long seed) throws IOException {
        Files.createDirectories(folder);
        Random random = new Random(seed);
        for (int i = 0; i < count; i++) {
            int size = 64 + random.nextInt(64);
            BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
            Graphics2D graphics = image.createGraphics();
            graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            graphics.setPaint(new GradientPaint(0, 0, colour(random), random.nextInt(size), size, colour(random)));
            graphics.fillRect(0, 0, size, size);
            int horizon = size / 3 + random.nextInt(size / 2);
            graphics.setPaint(new GradientPaint(0, horizon, colour(random), size, size, colour(random)));
            graphics.fillRect(0, horizon, size, size);
            for (int things = 1 + random.nextInt(7); things > 0; things--) {
                thing(graphics, random, size);
            }
            graphics.dispose();
            int grain = 1 + random.nextInt(24);
            for (int pixel = 0; pixel < size * size; pixel++) {
                Color colour = new Color(image.getRGB(pixel % size, pixel / size));
                int more = random.nextInt(grain) - grain / 2;
                image.setRGB(pixel % size, pixel / size, new Color(
                        Math.clamp(colour.getRed() + more, 0, 255), Math.clamp(colour.getGreen() + more, 0, 255),
                        Math.clamp(colour.getBlue() + more, 0, 255)).getRGB());
            }
            ImageIO.write(image, "png", folder.resolve(i + ".png").toFile());
        }
        return folder;
    }

    private static void thing(Graphics2D graphics, Random random, int size) {
        graphics.setPaint(new GradientPaint(
                random.nextInt(size), random.nextInt(size), colour(random), random.nextInt(size), size, colour(random)));
        graphics.rotate(random.nextDouble(-1, 1), size / 2.0, size / 2.0);
        int x = random.nextInt(size);
        int y = random.nextInt(size);
        int width = 4 + random.nextInt(size);
        int height = 4 + random.nextInt(size);
        switch (random.nextInt(4)) {
            case 0 -> graphics.fillOval(x - width / 2, y - height / 2, width, height);
            case 1 -> graphics.fillRect(x - width / 2, y - height / 4, width, height / 2);
            case 2 -> graphics.fillPolygon(new int[] {x, x + width / 2, x - width / 2}, new int[] {y - height, y, y}, 3);
            default -> graphics.fillRoundRect(x - width / 2, y - height / 4, width, height / 2, width / 2, height / 3);
        }
    }

    private static Color colour(Random random) {
        return new Color(random.nextInt(256), random.nextInt(256), random.nextInt(256));
    }

    /** A PNG that ends behind a header, which announces these sides. */
    static Path pngHeader(Path folder, int width, int height) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeLong(0x89504e470d0a1a0aL);
        ByteArrayOutputStream chunk = new ByteArrayOutputStream();
        DataOutputStream header = new DataOutputStream(chunk);
        header.writeBytes("IHDR");
        header.writeInt(width);
        header.writeInt(height);
        header.write(new byte[] {8, 2, 0, 0, 0});
        CRC32 crc = new CRC32();
        crc.update(chunk.toByteArray());
        out.writeInt(chunk.size() - 4);
        out.write(chunk.toByteArray());
        out.writeInt((int) crc.getValue());
        return Files.write(folder.resolve("huge.png"), bytes.toByteArray());
    }

    /** Lines of UTF-8 text. */
    static Path text(Path folder, String name, String... lines) throws IOException {
        return Files.writeString(folder.resolve(name), String.join("\n", lines) + "\n", StandardCharsets.UTF_8);
    }

    /**
     * Starts the program where no file may grow beyond some kilobytes, as on a full disk; standard error goes where standard
     * output goes.
     */
    static Process withFilesUpTo(int kilobytes, Object... arguments) throws IOException {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "no bash, which limits what a process may write");
        List<String> command = new ArrayList<>(List.of(
                "/bin/bash", "-c", "ulimit -f " + kilobytes + " && exec \"$@\"", "bash",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:-UsePerfData",
                "-D" + Models.CACHE_PROPERTY + "=" + System.getProperty(Models.CACHE_PROPERTY, ""),
                "-D" + Models.MANIFEST_PROPERTY + "=" + System.getProperty(Models.MANIFEST_PROPERTY, ""),
                "-cp", System.getProperty("java.class.path"),
                Spindle.class.getName()));
        Arrays.stream(arguments).map(Object::toString).forEach(command::add);
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }
}
