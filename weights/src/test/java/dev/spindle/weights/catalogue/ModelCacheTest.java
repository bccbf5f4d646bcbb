package dev.spindle.weights.catalogue;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.InvalidInputException;
import dev.spindle.weights.catalogue.TestServer.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Downloads from servers that behave, and from those that do not. */
@Timeout(60)
class ModelCacheTest {

    private static final byte[] CONTENT = content(1, 300_000);
    private static final byte[] OTHER = content(2, 300_000);
    private static final String TAG = "\"first\"";
    private static final int CUT = 120_000;
    private static final Patience HASTY = patience(Duration.ofSeconds(20));

    @TempDir
    private Path folder;

    private final List<String> notes = new ArrayList<>();
    private long received;
    private long total;

    private final PullListener listener = new PullListener() {
        @Override
        public void received(long bytes, long all) {
            received = bytes;
            total = all;
        }

        @Override
        public void note(String what) {
            notes.add(what);
        }
    };

    private static Patience patience(Duration stall) {
        return new Patience(Duration.ofSeconds(20), stall, 3, Duration.ofMillis(10), Duration.ofSeconds(2));
    }

    private static byte[] content(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private ModelCache cache() {
        return new ModelCache(folder, HASTY, ProxySelector.of(null));
    }

    private static CatalogueEntry entry(URI address, byte[] expected) {
        return entry(address, Optional.of(new Checksum(sha256(expected).substring(0, 8))), OptionalLong.empty());
    }

    private static CatalogueEntry entry(URI address, Optional<Checksum> checksum, OptionalLong bytes) {
        return new CatalogueEntry(
                "model",
                "test",
                URI.create("https://example.org"),
                "Apache-2.0",
                address,
                "model.bin",
                checksum,
                bytes,
                OptionalInt.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalDouble.empty(),
                OptionalDouble.empty());
    }

    private ModelCache.Pulled pull(TestServer server) {
        return pull(server, cache());
    }

    private ModelCache.Pulled pull(TestServer server, ModelCache cache) {
        return cache.pull(entry(server.address("model.bin"), CONTENT), listener);
    }

    /** Checks that the model is there, whole, and nothing else that could be taken for one. */
    private void assertThere() throws IOException {
        Path file = cache().find(entry(URI.create("http://localhost/x"), CONTENT)).orElseThrow();
        assertArrayEquals(CONTENT, Files.readAllBytes(file));
        assertFalse(Files.exists(folder.resolve("partial/model.bin")));
    }

    private void assertNotThere() throws IOException {
        assertEquals(Optional.empty(), cache().find(entry(URI.create("http://localhost/x"), CONTENT)));
        if (Files.exists(folder.resolve("models"))) {
            try (Stream<Path> models = Files.list(folder.resolve("models"))) {
                assertEquals(List.of(), models.toList());
            }
        }
    }

    private void assertBad(TestServer server, String... words) throws IOException {
        InvalidInputException e = assertThrows(InvalidInputException.class, () -> pull(server));
        assertSays(e, server, words);
        assertNotThere();
    }

    private void assertUnavailable(TestServer server, String... words) throws IOException {
        UncheckedIOException e = assertThrows(UncheckedIOException.class, () -> pull(server));
        assertSays(e, server, words);
        assertNotThere();
    }

    private static void assertSays(RuntimeException e, TestServer server, String... words) {
        assertTrue(e.getMessage().startsWith(server.address("model.bin").toString()), e.getMessage());
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
        for (String word : words) {
            assertTrue(e.getMessage().contains(word), () -> "expected '" + word + "' in: " + e.getMessage());
        }
    }

    @Test
    void downloadsOnceAndVerifies() throws IOException {
        try (TestServer server = new TestServer(TestServer.file(CONTENT, TAG))) {
            assertNotThere();
            ModelCache.Pulled pulled = pull(server);
            assertEquals(
                    new ModelCache.Pulled(
                            folder.toAbsolutePath().resolve("models/model.bin"), CONTENT.length, sha256(CONTENT), true, true),
                    pulled);
            assertThere();
            assertEquals(CONTENT.length, received);
            assertEquals(CONTENT.length, total);
            assertFalse(pull(server).downloaded());
            assertEquals(1, server.requests().size());
            assertEquals(List.of(), notes);
        }
    }

    @Test
    void goesOnWhereAConnectionBroke() throws IOException {
        try (TestServer server =
                new TestServer(TestServer.part(CONTENT, TAG, CUT), TestServer.file(CONTENT, TAG))) {
            pull(server);
            assertThere();
            assertEquals(2, server.requests().size());
            assertNull(server.requests().get(0).header("Range"));
            assertEquals("bytes=" + CUT + "-", server.requests().get(1).header("Range"));
            assertEquals(TAG, server.requests().get(1).header("If-Range"));
            assertEquals(1, notes.size());
            assertTrue(notes.getFirst().contains("trying again"), notes.toString());
        }
    }

    @Test
    void goesOnWhereAnEarlierProcessEnded() throws IOException {
        try (TestServer server = new TestServer(
                TestServer.part(CONTENT, TAG, 50_000),
                TestServer.part(CONTENT, TAG, 50_000),
                TestServer.part(CONTENT, TAG, 50_000),
                TestServer.file(CONTENT, TAG))) {
            assertUnavailable(server, "gave up after 3 attempts");
            pull(server);
            assertThere();
            assertEquals("bytes=150000-", server.requests().get(3).header("Range"));
        }
    }

    @Test
    void startsAgainWhereTheFileHasChanged() throws IOException {
        try (TestServer server =
                new TestServer(TestServer.part(OTHER, "\"old\"", CUT), TestServer.file(CONTENT, TAG))) {
            pull(server);
            assertThere();
            assertEquals("\"old\"", server.requests().get(1).header("If-Range"));
        }
    }

    @Test
    void startsAgainWhereTheServerIgnoresRanges() throws IOException {
        Answer whole = TestServer.raw("200 OK", CONTENT, "Content-Length: " + CONTENT.length, "ETag: " + TAG);
        try (TestServer server = new TestServer(TestServer.part(CONTENT, TAG, CUT), whole)) {
            pull(server);
            assertThere();
            assertEquals("bytes=" + CUT + "-", server.requests().get(1).header("Range"));
        }
    }

    @Test
    void resumesNothingThatNoStrongTagVouchesFor() throws IOException {
        for (String tag : List.of("", "W/\"weak\"", "\"un\"quoted\"")) {
            Path other = folder.resolve("tag" + tag.length());
            try (TestServer server =
                    new TestServer(TestServer.part(CONTENT, tag, CUT), TestServer.file(CONTENT, tag))) {
                new ModelCache(other, HASTY, ProxySelector.of(null))
                        .pull(entry(server.address("model.bin"), CONTENT), listener);
                assertArrayEquals(CONTENT, Files.readAllBytes(other.resolve("models/model.bin")));
                assertNull(server.requests().get(1).header("Range"), tag);
            }
        }
    }

    @Test
    void startsAgainAfterAnotherPartThanTheOneAskedFor() throws IOException {
        List<String> ranges = List.of(
                "bytes 0-299999/300000", "bytes 120000-200000/300000", "bytes 120000-299999/*", "garbage");
        for (String range : ranges) {
            notes.clear();
            Answer wrong = TestServer.raw(
                    "206 Partial Content", Arrays.copyOfRange(CONTENT, CUT, CONTENT.length), "Content-Range: " + range);
            try (TestServer server =
                    new TestServer(TestServer.part(CONTENT, TAG, CUT), wrong, TestServer.file(CONTENT, TAG))) {
                Files.deleteIfExists(folder.resolve("models/model.bin"));
                pull(server);
                assertThere();
                assertNull(server.requests().get(2).header("Range"), range);
                assertTrue(notes.get(1).contains("another part"), notes.toString());
            }
        }
    }

    @Test
    void needsNoMoreWhereAnEarlierProcessHadItAll() throws IOException {
        Files.createDirectories(folder.resolve("partial"));
        Files.write(folder.resolve("partial/model.bin"), CONTENT);
        Files.writeString(folder.resolve("partial/model.bin.etag"), TAG);
        try (TestServer server = new TestServer(TestServer.file(CONTENT, TAG))) {
            pull(server);
            assertThere();
            assertEquals(1, server.requests().size());
            assertEquals("bytes=" + CONTENT.length + "-", server.requests().getFirst().header("Range"));
        }
    }

    @Test
    void startsAgainWhereTheServerHasNoSuchPart() throws IOException {
        try (TestServer server = new TestServer(
                TestServer.part(CONTENT, TAG, CUT),
                TestServer.status("416 Range Not Satisfiable"),
                TestServer.file(CONTENT, TAG))) {
            pull(server);
            assertThere();
            assertNull(server.requests().get(2).header("Range"));
        }
    }

    @Test
    void startsAgainWhereWhatWasLeftIsDamaged() throws IOException {
        Files.createDirectories(folder.resolve("partial"));
        Files.write(folder.resolve("partial/model.bin"), new byte[CUT]);
        Files.writeString(folder.resolve("partial/model.bin.etag"), TAG);
        try (TestServer server = new TestServer(TestServer.file(CONTENT, TAG))) {
            pull(server);
            assertThere();
            assertEquals("bytes=" + CUT + "-", server.requests().get(0).header("Range"));
            assertNull(server.requests().get(1).header("Range"));
            assertTrue(notes.toString().contains("starting again"), notes.toString());
        }
    }

    @Test
    void sendsNoTagThatIsNone() throws IOException {
        Files.createDirectories(folder.resolve("partial"));
        Files.write(folder.resolve("partial/model.bin"), new byte[CUT]);
        Files.writeString(folder.resolve("partial/model.bin.etag"), "\"a\"\r\nX-Injected: 1");
        try (TestServer server = new TestServer(TestServer.file(CONTENT, TAG))) {
            pull(server);
            assertThere();
            assertNull(server.requests().getFirst().header("Range"));
        }
    }

    @Test
    void givesUpOnAServerThatAlwaysTruncates() throws IOException {
        Answer truncated = TestServer.raw(
                "200 OK", Arrays.copyOf(CONTENT, 1000), "Content-Length: " + CONTENT.length);
        try (TestServer server = new TestServer(truncated)) {
            assertUnavailable(server, "gave up after 3 attempts");
            assertEquals(3, server.requests().size());
        }
    }

    @Test
    void refusesWhatIsShorterThanItShouldBeThoughTheServerSaysItIsWhole() throws IOException {
        byte[] half = Arrays.copyOf(CONTENT, CUT);
        Answer announcedShort = TestServer.raw("200 OK", CONTENT, "Content-Length: " + CUT, "ETag: " + TAG);
        Answer unannounced = TestServer.raw("200 OK", half, "ETag: " + TAG);
        for (Answer answer : List.of(announcedShort, unannounced)) {
            try (TestServer server = new TestServer(answer)) {
                assertBad(server, "SHA-256 " + sha256(CONTENT).substring(0, 8) + "...", "found " + sha256(half));
            }
        }
    }

    @Test
    void refusesAWrongHashAndKeepsNothingOfIt() throws IOException {
        try (TestServer server = new TestServer(TestServer.file(OTHER, TAG), TestServer.file(CONTENT, TAG))) {
            assertBad(server, "expected SHA-256 ", "found " + sha256(OTHER));
            assertEquals(1, server.requests().size());
            pull(server);
            assertThere();
            assertNull(server.requests().get(1).header("Range"));
        }
    }

    @Test
    void refusesAWrongLengthBeforeItIsDownloaded() throws IOException {
        try (TestServer server = new TestServer(TestServer.file(OTHER, TAG))) {
            CatalogueEntry entry = entry(server.address("model.bin"), Optional.empty(), OptionalLong.of(17));
            InvalidInputException e = assertThrows(InvalidInputException.class, () -> cache().pull(entry, listener));
            assertSays(e, server, "expected 17 bytes, found 300000");
        }
        Answer endless = (request, out) -> {
            TestServer.raw("200 OK", new byte[0], "Content-Length: 9000000000").write(request, out);
            while (true) {
                out.write(CONTENT);
            }
        };
        try (TestServer server = new TestServer(endless)) {
            assertBad(server, "expected at most 1073741824 bytes, found 9000000000");
        }
    }

    @Test
    void refusesAWebPage() throws IOException {
        byte[] page = "<html>Please log in</html>".getBytes(StandardCharsets.UTF_8);
        Answer answer = TestServer.raw("200 OK", page, "Content-Type: text/html; charset=utf-8");
        try (TestServer server = new TestServer(answer)) {
            assertBad(server, "expected a model file, found a web page");
            assertEquals(1, server.requests().size());
        }
    }

    @Test
    void followsRedirects() throws IOException {
        try (TestServer server = new TestServer(
                TestServer.status("302 Found", "Location: /there/model.bin"),
                TestServer.status("308 Permanent Redirect", "Location: further"),
                TestServer.part(CONTENT, TAG, CUT),
                TestServer.status("307 Temporary Redirect", "Location: /again"),
                TestServer.file(CONTENT, TAG))) {
            pull(server);
            assertThere();
            assertEquals(
                    List.of("/model.bin", "/there/model.bin", "/there/further", "/model.bin", "/again"),
                    server.requests().stream().map(TestServer.Request::target).toList());
            assertEquals("bytes=" + CUT + "-", server.requests().get(4).header("Range"));
        }
    }

    @Test
    void doesNotFollowRedirectsInCirclesOrToNowhere() throws IOException {
        try (TestServer server = new TestServer(TestServer.status("302 Found", "Location: /model.bin"))) {
            assertUnavailable(server, "more than 10 redirects");
            assertEquals(11, server.requests().size());
        }
        for (String location : List.of("ftp://example.org/x", "file:///etc/passwd", "http:///x", "", "%zz")) {
            try (TestServer server = new TestServer(TestServer.status("302 Found", "Location: " + location))) {
                assertUnavailable(server, "a redirect to what is no address: " + location);
                assertEquals(1, server.requests().size());
            }
        }
    }

    @Test
    void takesNoForAnAnswer() throws IOException {
        try (TestServer server = new TestServer(TestServer.status("404 Not Found"))) {
            assertUnavailable(server, "HTTP status 404");
            assertEquals(1, server.requests().size());
        }
    }

    @Test
    void triesAgainWhereAServerIsDownForNow() throws IOException {
        String past = ZonedDateTime.now(ZoneOffset.UTC).minusHours(1).format(DateTimeFormatter.RFC_1123_DATE_TIME);
        try (TestServer server = new TestServer(
                TestServer.status("500 Internal Server Error", "Retry-After: " + past),
                TestServer.status("429 Too Many Requests", "Retry-After: 1"),
                TestServer.file(CONTENT, TAG))) {
            pull(server);
            assertThere();
            assertEquals(
                    List.of("HTTP status 500; trying again in 0.01 s", "HTTP status 429; trying again in 1 s"), notes);
        }
        Files.delete(folder.resolve("models/model.bin"));
        try (TestServer server = new TestServer(TestServer.status("503 Unavailable", "Retry-After: soon"))) {
            assertUnavailable(server, "HTTP status 503", "gave up after 3 attempts");
            assertEquals(3, server.requests().size());
        }
    }

    @Test
    void waitsNoLongerThanItIsWilling() throws IOException {
        try (TestServer server = new TestServer(TestServer.status("429 Too Many Requests", "Retry-After: 3600"))) {
            assertUnavailable(server, "HTTP status 429, and the server asks to wait 3600 s");
            assertEquals(1, server.requests().size());
        }
    }

    @Test
    void goesOnWhereAServerFallsSilent() throws IOException {
        ModelCache impatient = new ModelCache(folder, patience(Duration.ofSeconds(3)), ProxySelector.of(null));
        try (TestServer server =
                new TestServer(TestServer.stalled(CONTENT, TAG, CUT), TestServer.file(CONTENT, TAG))) {
            pull(server, impatient);
            assertThere();
            assertEquals("bytes=" + CUT + "-", server.requests().get(1).header("Range"));
            assertEquals(List.of("nothing arrived for 3 s; trying again in 0.01 s"), notes);
        }
    }

    @Test
    void givesUpOnAServerThatNeverAnswers() throws IOException {
        ModelCache impatient = new ModelCache(folder, patience(Duration.ofMillis(300)), ProxySelector.of(null));
        try (TestServer server = new TestServer((request, out) -> request.serverClosed().await())) {
            UncheckedIOException e = assertThrows(UncheckedIOException.class, () -> pull(server, impatient));
            assertSays(e, server, "nothing arrived for 0.3 s", "gave up after 3 attempts");
            assertNotThere();
        }
    }

    @Test
    void givesUpWhereNobodyListens() throws IOException {
        TestServer server = new TestServer(TestServer.file(CONTENT, TAG));
        server.close();
        assertUnavailable(server, "cannot connect", "gave up after 3 attempts");
    }

    @Test
    void goesThroughAProxy() throws IOException {
        try (TestServer proxy = new TestServer(TestServer.file(CONTENT, TAG))) {
            URI address = URI.create("http://models.invalid/model.bin");
            ProxySelector selector = new EnvironmentProxies(
                    Map.of("http_proxy", "http://127.0.0.1:" + proxy.port()), ProxySelector.of(null));
            new ModelCache(folder, HASTY, selector).pull(entry(address, CONTENT), listener);
            assertThere();
            assertEquals(address.toString(), proxy.requests().getFirst().target());
        }
    }

    @Test
    void goesThroughTheProxyThatTheJvmIsGiven() throws IOException {
        try (TestServer proxy = new TestServer(TestServer.file(CONTENT, TAG))) {
            ProxySelector property = ProxySelector.of(new InetSocketAddress("127.0.0.1", proxy.port()));
            ProxySelector selector = new EnvironmentProxies(Map.of("http_proxy", "http://127.0.0.1:1"), property);
            new ModelCache(folder, HASTY, selector)
                    .pull(entry(URI.create("http://models.invalid/model.bin"), CONTENT), listener);
            assertThere();
        }
    }

    @Test
    void refusesAProxyThatIsNone() {
        ProxySelector selector = new EnvironmentProxies(Map.of("http_proxy", "nonsense://x"), ProxySelector.of(null));
        CatalogueEntry entry = entry(URI.create("http://models.invalid/model.bin"), CONTENT);
        ModelCache cache = new ModelCache(folder, HASTY, selector);
        InvalidInputException e = assertThrows(InvalidInputException.class, () -> cache.pull(entry, listener));
        assertTrue(e.getMessage().startsWith("http_proxy: expected http://host:port"), e.getMessage());
    }

    @Test
    void saysPlainlyWhatNoChecksumVouchesFor() throws IOException {
        byte[] model;
        try (InputStream in = getClass().getResourceAsStream("/fixtures/tflite-int8/weights.tflite")) {
            model = in.readAllBytes();
        }
        try (TestServer server = new TestServer(TestServer.file(model, TAG))) {
            ModelCache.Pulled pulled =
                    cache().pull(entry(server.address("model.bin"), Optional.empty(), OptionalLong.empty()), listener);
            assertFalse(pulled.verified());
            assertEquals(sha256(model), pulled.sha256());
            assertArrayEquals(model, Files.readAllBytes(pulled.file()));
        }
    }

    @Test
    void refusesWhatDoesNotLoadWhereNoChecksumVouchesForIt() throws IOException {
        try (TestServer server = new TestServer(TestServer.file(CONTENT, TAG))) {
            CatalogueEntry entry = entry(server.address("model.bin"), Optional.empty(), OptionalLong.empty());
            InvalidInputException e = assertThrows(InvalidInputException.class, () -> cache().pull(entry, listener));
            assertSays(e, server, "expected a model, found what does not load");
            assertNotThere();
        }
    }

    @Test
    void replacesAModelThatWasDamaged() throws IOException {
        Files.createDirectories(folder.resolve("models"));
        Files.write(folder.resolve("models/model.bin"), OTHER);
        try (TestServer server = new TestServer(TestServer.file(CONTENT, TAG))) {
            assertTrue(pull(server).downloaded());
            assertThere();
            assertTrue(notes.getFirst().contains("damaged"), notes.toString());
        }
    }

    @Test
    void downloadsOnceForManyThreads() throws IOException {
        try (TestServer server = new TestServer(TestServer.file(CONTENT, TAG));
                ExecutorService threads = Executors.newFixedThreadPool(4)) {
            CatalogueEntry entry = entry(server.address("model.bin"), CONTENT);
            PullListener silent = new PullListener() {
                @Override
                public void received(long bytes, long all) {}

                @Override
                public void note(String what) {}
            };
            List<CompletableFuture<ModelCache.Pulled>> pulls = IntStream.range(0, 4)
                    .mapToObj(thread -> CompletableFuture.supplyAsync(() -> cache().pull(entry, silent), threads))
                    .toList();
            assertEquals(1, pulls.stream().filter(pull -> pull.join().downloaded()).count());
            assertThere();
            assertEquals(1, server.requests().size());
        }
    }

    @Test
    void endsWhereTheThreadIsInterrupted() throws IOException {
        try (TestServer server = new TestServer(TestServer.stalled(CONTENT, TAG, CUT))) {
            Thread.currentThread().interrupt();
            UncheckedIOException e = assertThrows(UncheckedIOException.class, () -> pull(server));
            assertTrue(Thread.interrupted());
            assertTrue(e.getMessage().contains("interrupted"), e.getMessage());
        }
    }

    @Test
    void saysWhereItCannotWrite() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        CatalogueEntry entry = entry(URI.create("http://127.0.0.1:1/model.bin"), CONTENT);
        ModelCache cache = new ModelCache(file, HASTY, ProxySelector.of(null));
        UncheckedIOException e = assertThrows(UncheckedIOException.class, () -> cache.pull(entry, listener));
        assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
    }

    @Test
    void keepsModelsWhereTheUserKeepsCaches() {
        Path home = Path.of(System.getProperty("user.home"));
        assertEquals(Path.of("/some/where/spindle"), ModelCache.userFolder(Map.of("XDG_CACHE_HOME", "/some/where")));
        assertEquals(home.resolve(".cache/spindle"), ModelCache.userFolder(Map.of()));
        assertEquals(home.resolve(".cache/spindle"), ModelCache.userFolder(Map.of("XDG_CACHE_HOME", "")));
        assertEquals(home.resolve(".cache/spindle"), ModelCache.userFolder(Map.of("XDG_CACHE_HOME", "relative")));
    }
}
