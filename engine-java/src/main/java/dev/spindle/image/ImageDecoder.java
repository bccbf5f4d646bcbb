package dev.spindle.image;

import dev.spindle.InvalidInputException;
import java.awt.image.Raster;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Iterator;
import javax.imageio.IIOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;

/**
 * Reads picture files: JPEG, PNG, BMP, GIF (the first frame, without the canvas around it) and whatever other format an
 * ImageIO plugin on the class or module path reads, such as WebP; but not TIFF with the JDK's own reader, whose memory has
 * no bound.
 *
 * <p>The result is upright: Exif's orientation is honoured in JPEG, PNG and WebP. Colours are what Pillow's
 * {@code convert("RGB")} gives; see {@link Image#of}. JPEG colours, CMYK and YCCK included, are computed here from the
 * decoder's raw components, so that they do not depend on embedded profiles.
 *
 * <p>Memory is bounded: a file of more than {@link #MAX_FILE_BYTES} bytes, or one whose header announces more than
 * {@link #MAX_PIXELS} pixels, is refused before its pixels are allocated.
 *
 * <p>All methods may be called from many threads at once.
 */
public final class ImageDecoder {

    /**
     * The largest picture, in pixels: 100 million, or less where the Java heap is smaller than 1.6 GB. Decoding takes at
     * most 14 bytes a pixel.
     */
    public static final long MAX_PIXELS = Math.min(100_000_000, Runtime.getRuntime().maxMemory() / 16);

    /** The largest file, in bytes: 512 MiB, or less where the Java heap is smaller than 2 GiB. */
    public static final long MAX_FILE_BYTES = Math.min(1L << 29, Runtime.getRuntime().maxMemory() / 4);

    private static final String EXPECTED = "a picture (JPEG, PNG, BMP, GIF, or a format of an ImageIO plugin)";
    private static final int SHOWN_BYTES = 8;

    private ImageDecoder() {}

    /**
     * Reads a file.
     *
     * @param file a regular file
     * @return the picture
     * @throws InvalidInputException where there is no such file, or it is not a whole picture, or too large
     * @throws UncheckedIOException where it cannot be read
     */
    public static Image decode(Path file) {
        if (Files.isDirectory(file)) {
            throw invalid(file.toString(), EXPECTED, "a folder", null);
        }
        try (InputStream in = Files.newInputStream(file)) {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw tooLong(file.toString());
            }
            return decode(in, file.toString());
        } catch (NoSuchFileException e) {
            throw invalid(file.toString(), EXPECTED, "no such file", e);
        } catch (IOException e) {
            throw unreadable(file.toString(), e);
        }
    }

    /**
     * Reads a stream to its end.
     *
     * @param in the bytes of a picture file; left open
     * @param name what messages call it
     * @return the picture
     * @throws InvalidInputException where it is not a whole picture, or too large
     * @throws UncheckedIOException where it cannot be read
     */
    public static Image decode(InputStream in, String name) {
        byte[] bytes;
        try {
            bytes = in.readNBytes((int) MAX_FILE_BYTES + 1);
        } catch (IOException e) {
            throw unreadable(name, e);
        }
        return decode(bytes, name);
    }

    /**
     * Reads bytes.
     *
     * @param file all bytes of a picture file; not changed, not kept
     * @param name what messages call it
     * @return the picture
     * @throws InvalidInputException where it is not a whole picture, or too large
     */
    public static Image decode(byte[] file, String name) {
        if (file.length == 0) {
            throw invalid(name, EXPECTED, "an empty file", null);
        }
        if (file.length > MAX_FILE_BYTES) {
            throw tooLong(name);
        }
        MemoryImageInputStream stream = new MemoryImageInputStream(file);
        try {
            return read(stream, file, name);
        } catch (InvalidInputException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // ImageIO's readers meet corrupt data with whatever their indexing happens to throw.
            throw stream.overrun() ? truncated(name, file, e) : invalid(name, EXPECTED, "corrupt data: " + reason(e), e);
        }
    }

    private static Image read(MemoryImageInputStream stream, byte[] file, String name) throws IOException {
        ImageReader reader = readerFor(file, name);
        try {
            reader.setInput(stream, true, true);
            checkSize(reader, name);
            return JpegHeader.startsAt(file) ? readJpeg(reader, stream, file, name) : readOther(reader, file, name);
        } finally {
            reader.dispose();
        }
    }

    private static ImageReader readerFor(byte[] file, String name) {
        // A stream of its own: a plugin that looks for its signature may well look past the end.
        Iterator<ImageReader> readers = ImageIO.getImageReaders(new MemoryImageInputStream(file));
        while (readers.hasNext()) {
            ImageReader reader = readers.next();
            if (!isUnbounded(reader)) {
                return reader;
            }
            reader.dispose();
        }
        throw invalid(name, EXPECTED, start(file), null);
    }

    /** The JDK's TIFF reader allocates whatever strip length a file claims, up to 2 GB for a few bytes. */
    private static boolean isUnbounded(ImageReader reader) {
        return reader.getClass().getName().equals("com.sun.imageio.plugins.tiff.TIFFImageReader");
    }

    private static void checkSize(ImageReader reader, String name) throws IOException {
        int width = reader.getWidth(0);
        int height = reader.getHeight(0);
        if ((long) width * height > MAX_PIXELS) {
            throw invalid(name, "at most " + MAX_PIXELS + " pixels", width + "x" + height, null);
        }
    }

    private static Image readJpeg(ImageReader reader, MemoryImageInputStream stream, byte[] file, String name)
            throws IOException {
        JpegHeader header = JpegHeader.of(file);
        Raster raster = reader.readRaster(0, null);
        if (stream.overrun()) {
            // The decoder only warns, and fills what is missing with grey.
            throw truncated(name, file, null);
        }
        byte[] rgb = switch (header.colours()) {
            case GREY -> Samples.interleave(raster, 0, 0, 0);
            case RGB -> Samples.interleave(raster, 0, 1, 2);
            case YCC -> {
                byte[] pixels = Samples.interleave(raster, 0, 1, 2);
                Samples.yccToRgb(pixels, 3);
                yield pixels;
            }
            case CMYK -> {
                byte[] pixels = Samples.interleave(raster, 0, 1, 2, 3);
                // Adobe stores paper, not ink; Pillow takes every CMYK JPEG for Adobe's.
                Samples.invert(pixels, 0, 4);
                yield Samples.cmykToRgb(pixels);
            }
            case YCCK -> {
                byte[] pixels = Samples.interleave(raster, 0, 1, 2, 3);
                // The "RGB" of an inverted CMYK is ink already; only black remains to be inverted.
                Samples.yccToRgb(pixels, 4);
                Samples.invert(pixels, 3, 4);
                yield Samples.cmykToRgb(pixels);
            }
            case UNKNOWN -> throw invalid(
                    name, "a JPEG of 1, 3 or 4 components", raster.getNumBands() + " components", null);
        };
        return header.orientation().upright(Image.wrap(raster.getWidth(), raster.getHeight(), rgb));
    }

    private static Image readOther(ImageReader reader, byte[] file, String name) throws IOException {
        if (Chunks.isCutWebp(file)) {
            throw truncated(name, file, null);
        }
        return Chunks.orientation(file).upright(Image.of(reader.read(0)));
    }

    private static String start(byte[] file) {
        String hex = HexFormat.ofDelimiter(" ").formatHex(file, 0, Math.min(SHOWN_BYTES, file.length));
        return "a file of " + file.length + " bytes that starts with " + hex;
    }

    /** The innermost message that says something, on one line. */
    private static String reason(Exception e) {
        Throwable told = e;
        while (told instanceof IIOException && told.getCause() != null) {
            told = told.getCause();
        }
        String message = told.getMessage();
        return message == null ? told.getClass().getSimpleName() : message.strip().replaceAll("\\s+", " ");
    }

    private static InvalidInputException tooLong(String name) {
        return invalid(name, "at most " + MAX_FILE_BYTES + " bytes", "more", null);
    }

    private static InvalidInputException truncated(String name, byte[] file, Exception cause) {
        return invalid(name, "a whole picture", "its end after " + file.length + " bytes", cause);
    }

    private static InvalidInputException invalid(String name, String expected, String found, Exception cause) {
        return new InvalidInputException(name + ": expected " + expected + ", found " + found, cause);
    }

    private static UncheckedIOException unreadable(String name, IOException cause) {
        return new UncheckedIOException(name + ": cannot be read: " + cause, cause);
    }
}
