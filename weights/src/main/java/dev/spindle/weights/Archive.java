package dev.spindle.weights;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import io.airlift.compress.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * Finds the model in an archive: a {@code .zip}, or a {@code .tar} that may be compressed, or one file that is, with gzip
 * or Zstandard. All of it happens in memory: nothing is extracted, and names of entries are for messages only. Archives
 * within archives are not opened.
 */
final class Archive {

    private static final int MAX_ENTRIES = 10_000;
    /** Ten of the largest published archives. */
    private static final long MAX_BYTES = 1L << 30;
    /** Ten of the largest published files: what one entry, and all models found, may take in memory. */
    private static final int MAX_HELD = 256 << 20;
    /** Weights hardly compress. */
    private static final long MAX_RATIO = 100;
    private static final long SMALL = 1 << 20;
    private static final int MAX_LABEL_BYTES = 1 << 20;
    private static final int MAX_LISTED = 10;

    private static final int GZIP = 0x8b1f;
    private static final int ZSTANDARD = 0xfd2fb528;
    private static final int TAR_HEADER = 512;
    private static final int SKIPPED_AT_ONCE = 1 << 13;

    /** A model in the archive. */
    private record Entry(String name, Format format, ByteBuffer content) {}

    private final Path file;
    private final List<Entry> models = new ArrayList<>();
    private final List<byte[]> texts = new ArrayList<>();
    /** Networks of Caffe's, without their weights. */
    private final Map<Path, ByteBuffer> structures = new LinkedHashMap<>();
    private final List<String> others = new ArrayList<>();
    private long held;

    private Archive(Path file) {
        this.file = file;
    }

    /** Whether a content begins as an archive, or as something compressed. */
    static boolean recognises(Path file, ByteBuffer content) {
        return ZipContent.isZip(content) || isCompressed(content) || isTar(head(content));
    }

    /**
     * Reads the one model of an archive. Where a TensorFlow Lite file and a frozen graph are there, as in TensorFlow
     * Slim's archives, it is the former.
     *
     * @throws InvalidInputException where there is none or one too many, or the archive is damaged or absurdly large
     */
    static Checkpoint read(Path file, ByteBuffer content) {
        Archive archive = new Archive(file);
        if (ZipContent.isZip(content)) {
            archive.openZip(content);
        } else {
            archive.openStream(content);
        }
        return archive.checkpoint();
    }

    private static boolean isCompressed(ByteBuffer content) {
        ByteBuffer bytes = content.slice().order(ByteOrder.LITTLE_ENDIAN);
        return bytes.remaining() >= Integer.BYTES
                && (Short.toUnsignedInt(bytes.getShort(0)) == GZIP || bytes.getInt(0) == ZSTANDARD);
    }

    private static byte[] head(ByteBuffer content) {
        byte[] head = new byte[Math.min(content.remaining(), TAR_HEADER)];
        content.duplicate().get(head);
        return head;
    }

    private static boolean isTar(byte[] head) {
        return head.length == TAR_HEADER && TarArchiveInputStream.matches(head, head.length);
    }

    private void openZip(ByteBuffer content) {
        ZipContent zip = ZipContent.open(file, content);
        requireFew(zip.names().size());
        for (String name : zip.names()) {
            if (!name.endsWith("/")) {
                add(name, zip.read(name));
            }
        }
    }

    private void openStream(ByteBuffer content) {
        try (InputStream in = new BufferedInputStream(new Bounded(file, content.remaining(), decompressed(content)))) {
            in.mark(TAR_HEADER);
            boolean tar = isTar(in.readNBytes(TAR_HEADER));
            in.reset();
            if (tar) {
                openTar(new TarArchiveInputStream(in));
            } else {
                add(String.valueOf(file.getFileName()), read(in));
            }
        } catch (IOException e) {
            throw new InvalidInputException(
                    file + ": expected a whole archive, found " + ModelFile.printable(String.valueOf(e.getMessage())), e);
        }
    }

    private static InputStream decompressed(ByteBuffer content) throws IOException {
        InputStream in = new BufferedInputStream(Channels.newInputStream(new BufferChannel(content)));
        if (!isCompressed(content)) {
            return in;
        }
        boolean gzip = Short.toUnsignedInt(content.slice().order(ByteOrder.LITTLE_ENDIAN).getShort(0)) == GZIP;
        return gzip
                ? GzipCompressorInputStream.builder().setInputStream(in).setDecompressConcatenated(true).get()
                : new Zstandard(in);
    }

    private void openTar(TarArchiveInputStream tar) throws IOException {
        int entries = 0;
        for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            requireFew(++entries);
            if (entry.isFile() && !entry.isLink() && !entry.isSymbolicLink() && !entry.isSparse()) {
                add(entry.getName(), read(tar));
            }
        }
    }

    private ByteBuffer read(InputStream in) throws IOException {
        byte[] bytes = in.readNBytes(MAX_HELD + 1);
        requireSmall(bytes.length);
        return ByteBuffer.wrap(bytes);
    }

    private void requireSmall(long bytes) {
        if (bytes > MAX_HELD) {
            throw InvalidInputException.of(file, "archive", "models of at most " + MAX_HELD + " bytes", "more");
        }
    }

    private void requireFew(int entries) {
        if (entries > MAX_ENTRIES) {
            throw InvalidInputException.of(file, "archive", "at most " + MAX_ENTRIES + " entries", "more");
        }
    }

    private void add(String name, ByteBuffer content) {
        Optional<Format> format = PublishedFormats.model(path(name), content);
        if (format.isPresent()) {
            hold(content);
            models.add(new Entry(name, format.get(), content.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN)));
        } else {
            others.add(name);
            if (CaffeReader.isStructure(name)) {
                hold(content);
                structures.put(path(name), content);
            }
            if (name.toLowerCase(Locale.ROOT).endsWith(".txt") && content.remaining() <= MAX_LABEL_BYTES) {
                byte[] text = new byte[content.remaining()];
                content.duplicate().get(text);
                texts.add(text);
            }
        }
    }

    private void hold(ByteBuffer content) {
        held += content.remaining();
        requireSmall(held);
    }

    /** An entry's name behind the archive's, for messages: it leads nowhere. */
    private Path path(String entry) {
        return file.resolve(ModelFile.printable(entry).replaceAll("[^A-Za-z0-9._/ -]|^/+|\\.\\.+", "_"));
    }

    private Checkpoint checkpoint() {
        Entry chosen = choose();
        Checkpoint found = read(chosen);
        List<String> labels = found.labels();
        for (byte[] text : texts) {
            labels = labels.isEmpty() ? TfliteLabels.lines(text, found.network().classes()) : labels;
        }
        Checkpoint.Source source = found.source();
        List<String> notes = new ArrayList<>(source.notes());
        notes.addFirst("read from " + ModelFile.printable(chosen.name) + " in an archive");
        return found.withLabels(labels)
                .withSource(new Checkpoint.Source(
                        source.format(),
                        source.profile(),
                        source.epsilon(),
                        notes,
                        source.tensors(),
                        source.provenance(),
                        source.warnings()));
    }

    private Checkpoint read(Entry entry) {
        Path path = path(entry.name);
        if (entry.format != PublishedFormats.CAFFE) {
            return entry.format.reader().apply(path, entry.content);
        }
        List<Path> beside = structures.keySet().stream()
                .filter(structure -> Objects.equals(structure.getParent(), path.getParent()))
                .toList();
        return CaffeReader.read(path, entry.content, beside, structures::get);
    }

    private Entry choose() {
        if (models.isEmpty()) {
            boolean checkpoint = others.stream().anyMatch(name -> name.contains(".ckpt"));
            throw InvalidInputException.of(
                    file,
                    "archive",
                    "a model file in it" + (checkpoint ? " (a TensorFlow checkpoint holds no graph that can be run)" : ""),
                    list(others));
        }
        List<Entry> best = models;
        if (models.stream().allMatch(entry -> PublishedFormats.TENSORFLOW.contains(entry.format))) {
            best = PublishedFormats.TENSORFLOW.stream()
                    .map(format -> models.stream().filter(entry -> entry.format == format).toList())
                    .filter(entries -> !entries.isEmpty())
                    .findFirst()
                    .orElseThrow();
        }
        if (best.size() > 1) {
            throw InvalidInputException.of(
                    file, "archive", "one model file", list(best.stream().map(Entry::name).toList()));
        }
        return best.getFirst();
    }

    private static String list(List<String> names) {
        String listed = names.stream().limit(MAX_LISTED).map(ModelFile::printable).collect(Collectors.joining(", "));
        return names.isEmpty() ? "nothing" : listed + (names.size() > MAX_LISTED ? ", ..." : "");
    }

    /** The decoder tells damage by exceptions of many kinds, not all of them meant; here it is one. */
    private static final class Zstandard extends FilterInputStream {

        Zstandard(InputStream in) {
            super(new ZstdInputStream(in));
        }

        @Override
        public int read() throws IOException {
            byte[] single = new byte[1];
            return read(single, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(single[0]);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                return super.read(bytes, offset, length);
            } catch (RuntimeException e) {
                throw new IOException("damaged Zstandard data: " + e.getMessage(), e);
            }
        }

        @Override
        public long skip(long length) throws IOException {
            return Math.max(0, read(new byte[Math.clamp(length, 0, SKIPPED_AT_ONCE)]));
        }
    }

    /** A stream that ends in an exception where it gets longer than an archive of models can be. */
    private static final class Bounded extends FilterInputStream {
        private final Path file;
        private final long most;
        private long count;

        Bounded(Path file, long compressed, InputStream in) {
            super(in);
            this.file = file;
            this.most = Math.min(MAX_BYTES, Math.max(SMALL, compressed * MAX_RATIO));
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            add(value < 0 ? 0 : 1);
            return value;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = super.read(bytes, offset, length);
            add(Math.max(read, 0));
            return read;
        }

        @Override
        public long skip(long length) throws IOException {
            long skipped = super.skip(length);
            add(skipped);
            return skipped;
        }

        private void add(long read) {
            count += read;
            if (count > most) {
                throw InvalidInputException.of(file, "archive", "at most " + most + " bytes in it", "more");
            }
        }
    }
}
