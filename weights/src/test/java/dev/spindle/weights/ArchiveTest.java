package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.network.Padding;
import dev.spindle.weights.schema.Onnx.TensorProto.DataLocation;
import io.airlift.compress.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ArchiveTest {

    private static final Path NAME = Path.of("some.archive");
    private static final Checkpoint NETWORK =
            SmallNetwork.normalised(Padding.SAME, SmallNetwork.HEIGHT, SmallNetwork.WIDTH);

    /** The kinds of archives. */
    private enum Kind {
        ZIP,
        TAR,
        TAR_GZ,
        TAR_ZST;

        byte[] of(Map<String, byte[]> entries) {
            return switch (this) {
                case ZIP -> zip(entries);
                case TAR -> tar(entries);
                case TAR_GZ -> gzip(tar(entries));
                case TAR_ZST -> zstandard(tar(entries));
            };
        }
    }

    private interface Wrapping {
        OutputStream around(OutputStream out) throws IOException;
    }

    private static byte[] compressed(byte[] bytes, Wrapping wrapping) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream stream = wrapping.around(out)) {
            stream.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    static byte[] gzip(byte[] bytes) {
        return compressed(bytes, GZIPOutputStream::new);
    }

    static byte[] zstandard(byte[] bytes) {
        return compressed(bytes, ZstdOutputStream::new);
    }

    static byte[] tar(Map<String, byte[]> entries) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                TarArchiveEntry header = new TarArchiveEntry(entry.getKey(), true);
                header.setSize(entry.getValue().length);
                tar.putArchiveEntry(header);
                tar.write(entry.getValue());
                tar.closeArchiveEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static byte[] zip(Map<String, byte[]> entries) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static byte[] onnx() {
        return OnnxFile.of(NETWORK).model.build().toByteArray();
    }

    private static byte[] frozen() {
        return FrozenFile.of(NETWORK).graph.build().toByteArray();
    }

    private static byte[] tflite() {
        return TfliteFile.classifier().bytes().array();
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Map<String, byte[]> entries(Object... namesAndContents) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        for (int i = 0; i < namesAndContents.length; i += 2) {
            entries.put((String) namesAndContents[i], (byte[]) namesAndContents[i + 1]);
        }
        return entries;
    }

    private static Checkpoint read(byte[] archive) {
        return PublishedFormats.read(NAME, ByteBuffer.wrap(archive));
    }

    private static String refusal(byte[] archive) {
        String message = assertThrows(InvalidInputException.class, () -> read(archive)).getMessage();
        assertTrue(message.startsWith(NAME.toString()), message);
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    @Test
    void slimsArchiveIsReadWithTheLogitsOfTensorFlow() {
        Checkpoint checkpoint = new PublishedFormats().read(Fixtures.path("tflite-float/weights.tgz"));
        assertEquals("TensorFlow Lite", checkpoint.source().format());
        assertEquals("read from ./mobilenet_v2.tflite in an archive", checkpoint.source().notes().getFirst());
        Fixtures.assertLogits("tflite-float", checkpoint, 1e-4);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void theOneModelIsFoundByItsContent(Kind kind) {
        byte[] archive = kind.of(entries(
                "folder/", new byte[0],
                "folder/readme.onnx", text("This is no model."),
                "../../model.dat", onnx(),
                "labels.txt", text("a\nb\nc\nd\ne\n"),
                "short.txt", text("a\nb\n")));
        Checkpoint checkpoint = read(archive);
        SmallNetwork.assertSame(NETWORK, checkpoint, 1e-6);
        assertEquals("ONNX", checkpoint.source().format());
        assertEquals(List.of("a", "b", "c", "d", "e"), checkpoint.labels());
    }

    @Test
    void oneCompressedFileIsAnArchiveToo() {
        for (byte[] archive : List.of(gzip(onnx()), zstandard(onnx()))) {
            SmallNetwork.assertSame(NETWORK, read(archive), 1e-6);
        }
        byte[] model = onnx();
        byte[] first = gzip(Arrays.copyOf(model, 1000));
        byte[] second = gzip(Arrays.copyOfRange(model, 1000, model.length));
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        SmallNetwork.assertSame(NETWORK, read(both), 1e-6);
    }

    /** What the program zstd makes at its highest usual level. */
    @Test
    void zstandardIsReadAsItsOwnProgramWritesIt() {
        Checkpoint checkpoint = new PublishedFormats().read(Fixtures.path("archives/small.tar.zst"));
        assertEquals("MobileNetV2, stem 4, 2 blocks", checkpoint.network().architecture());
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void ofSlimsTwoTheTensorFlowLiteFileIsTaken(Kind kind) {
        Checkpoint checkpoint = read(kind.of(entries(
                "net_frozen.pb", frozen(), "net.ckpt.data-00000-of-00001", new byte[999], "net.tflite", tflite(),
                "net.ckpt.index", new byte[99])));
        assertEquals("TensorFlow Lite", checkpoint.source().format());
        Checkpoint alone = read(kind.of(entries("net_frozen.pb", frozen(), "net.ckpt.index", new byte[99])));
        assertEquals("TensorFlow frozen graph", alone.source().format());
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void caffesTwoFilesAreRead(Kind kind) {
        byte[] structure = Fixtures.bytes("caffe/deploy.prototxt");
        byte[] weights = Fixtures.bytes("caffe/weights.caffemodel");
        Checkpoint checkpoint = read(kind.of(entries(
                "net/weights.caffemodel", weights, "net/weights.prototxt", structure, "other.prototxt", text("a"))));
        assertEquals("Caffe", checkpoint.source().format());
        Fixtures.assertLogits("caffe", checkpoint, 1e-4);
        assertEquals(
                NAME + "/net/weights.caffemodel: expected the network beside its weights, in deploy.prototxt or"
                        + " weights.prototxt, found neither",
                refusal(kind.of(entries("net/weights.caffemodel", weights, "deploy.prototxt", structure))));
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void archivesWithoutOneModelAreRefused(Kind kind) {
        assertEquals(
                NAME + ": archive: expected one model file, found a.onnx, b.onnx",
                refusal(kind.of(entries("a.onnx", onnx(), "readme", text("x"), "b.onnx", onnx()))));
        assertEquals(
                NAME + ": archive: expected one model file, found a.tflite, b.tflite",
                refusal(kind.of(entries("a.tflite", tflite(), "c.pb", frozen(), "b.tflite", tflite()))));
        assertEquals(
                NAME + ": archive: expected one model file, found a.tflite, b.onnx",
                refusal(kind.of(entries("a.tflite", tflite(), "b.onnx", onnx()))));
        assertEquals(
                NAME + ": archive: expected a model file in it (a TensorFlow checkpoint holds no graph that can be run),"
                        + " found net.ckpt.index, net.ckpt.meta",
                refusal(kind.of(entries("net.ckpt.index", new byte[50], "net.ckpt.meta", new byte[50]))));
        Map<String, byte[]> many = new LinkedHashMap<>();
        for (int i = 0; i < 12; i++) {
            many.put("file" + i, text("nothing"));
        }
        assertTrue(refusal(kind.of(many)).endsWith("found file0, file1, file2, file3, file4, file5, file6, file7, file8,"
                + " file9, ..."));
    }

    @Test
    void archivesInArchivesAreNotOpened() {
        assertTrue(refusal(zip(entries("inner.zip", zip(entries("a.onnx", onnx()))))).endsWith("found inner.zip"));
        assertTrue(refusal(gzip(gzip(onnx()))).endsWith("found " + NAME));
    }

    @Test
    void anEntryIsAnEntryWhereverItsNameLeads() {
        OnnxFile outside = OnnxFile.of(NETWORK);
        outside.constant("stem.weight")
                .clearRawData()
                .setDataLocation(DataLocation.EXTERNAL)
                .addExternalDataBuilder()
                .setKey("location")
                .setValue("passwd");
        for (String name : List.of("/etc/model.onnx", "../../etc/model.onnx", "a\u0000b\n.onnx", "..", "/")) {
            String message = refusal(tar(Map.of(name.equals("/") ? "//x" : name, outside.model.build().toByteArray())));
            assertTrue(message.endsWith("expected values in the file, found values beside it, in passwd"), message);
        }
    }

    @Test
    void linksAndFoldersOfATarAreNoFiles(@TempDir Path folder) throws IOException {
        Path model = Files.write(folder.resolve("model.onnx"), onnx());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
            TarArchiveEntry link = new TarArchiveEntry("link.onnx", TarConstants.LF_SYMLINK);
            link.setLinkName(model.toString());
            tar.putArchiveEntry(link);
            tar.closeArchiveEntry();
        }
        assertTrue(refusal(out.toByteArray()).endsWith("expected a model file in it, found nothing"));
    }

    @Test
    void bombsAreRefused() {
        byte[] zeros = new byte[64 << 20];
        String expected = NAME + ": archive: expected at most ";
        assertTrue(refusal(zstandard(zeros)).startsWith(expected));
        assertTrue(refusal(zstandard(tar(entries("zeros", zeros)))).startsWith(expected));
        Map<String, byte[]> many = new LinkedHashMap<>();
        for (int i = 0; i <= 10_000; i++) {
            many.put("file" + i, new byte[0]);
        }
        for (byte[] archive : List.of(zip(many), tar(many))) {
            assertEquals(NAME + ": archive: expected at most 10000 entries, found more", refusal(archive));
        }
    }

    /** Descriptors of frames that no program writes; fuzzing found one that the decoder did not expect. */
    @Test
    void everyHeaderOfZstandardIsRefused() {
        byte[] content = new byte[64];
        System.arraycopy(new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd}, 0, content, 0, 4);
        for (int descriptor = 0; descriptor < 256; descriptor++) {
            for (int next : new int[] {0, 0x50, 0xff}) {
                content[4] = (byte) descriptor;
                Arrays.fill(content, 5, content.length, (byte) next);
                refusal(content);
            }
        }
    }

    @Tag("fuzz")
    @ParameterizedTest
    @EnumSource(Kind.class)
    void damagedArchivesAreRefusedOrRead(Kind kind) {
        byte[] archive = kind.of(entries("a.tflite", tflite(), "b.txt", text("a\nb\nc\n")));
        MutationFuzz.run(archive, 23, content -> PublishedFormats.read(NAME, content));
    }

    @Test
    void whatIsNoArchiveIsLeftToOthers() {
        Stream.of(onnx(), frozen(), tflite(), new byte[0], new byte[3], text("PK and more"))
                .forEach(bytes -> assertFalse(Archive.recognises(NAME, ByteBuffer.wrap(bytes))));
    }
}
