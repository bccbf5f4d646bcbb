package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spindle.weights.Safetensors;
import dev.spindle.weights.catalogue.TestServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code models}, {@code pull}, and {@code --model NAME}, with a server of the test's own. */
@Timeout(120)
class CatalogueCommandsTest {

    private static final String TAG = "\"tag\"";

    @TempDir
    private Path folder;

    private byte[] content;
    private String sha256;

    @BeforeEach
    void usesACacheOfItsOwn() throws IOException, NoSuchAlgorithmException {
        content = Files.readAllBytes(TestFiles.fixture(folder, "torchvision-safetensors/weights.safetensors"));
        sha256 = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        System.setProperty(Models.CACHE_PROPERTY, folder.resolve("cache").toString());
    }

    @AfterEach
    void leavesNoProperties() {
        System.clearProperty(Models.CACHE_PROPERTY);
        System.clearProperty(Models.MANIFEST_PROPERTY);
    }

    /** A catalogue of two: {@code small}, 48 pixels wide, with its hash, and {@code other}, of which little is known. */
    private Path manifest(TestServer server) throws IOException {
        Path manifest = TestFiles.text(
                folder,
                "manifest.json",
                "{\"source\": \"Test\", \"page\": \"https://example.org\", \"licence\": \"MIT\",",
                "\"preprocessing\": {\"preset\": \"tf\"}, \"models\": [",
                "{\"name\": \"small\", \"address\": \"" + server.address("small.safetensors") + "\", \"sha256\": \""
                        + sha256.substring(0, 8) + "\", \"input_size\": 48, \"top1\": 70.5, \"top5\": 90},",
                "{\"name\": \"other\", \"address\": \"" + server.address("other.safetensors") + "\"}]}");
        System.setProperty(Models.MANIFEST_PROPERTY, manifest.toString());
        return manifest;
    }

    @Test
    void listsThePublishedModels() {
        JsonNode models = Cli.json("models").get("models");
        assertEquals(63, models.size());
        JsonNode quantised = Cli.json("models", "QUANT", "tensorflow").get("models");
        assertEquals(1, quantised.size());
        assertEquals("tflite-1.0-224-quant", quantised.get(0).get("name").textValue());
        assertEquals("imagenet-background", quantised.get(0).get("labels").textValue());
        assertEquals(70.8, quantised.get(0).get("top1").doubleValue());
        assertTrue(quantised.get(0).get("sha256").isNull());
        List<String> lines = Cli.run("models", "torchvision").succeeded().out().lines().toList();
        assertEquals(3, lines.size());
        assertEquals(
                "  torchvision-1.0-224-v1     torchvision    224   71.88   90.29  BSD-3-Clause  b0353104", lines.get(1));
        assertTrue(Cli.run("models", "slim-1.4").succeeded().out().contains("unverified"));
        assertEquals(0, Cli.json("models", "no such model").get("models").size());
    }

    @Test
    void pullsAModelAndUsesItByName() throws IOException {
        Path picture = TestFiles.picture(folder, "sun.png");
        try (TestServer server = new TestServer(TestServer.file(content, TAG))) {
            manifest(server);
            Cli.run("classify", "--model", "small", picture)
                    .refused("small: in the catalogue, but not downloaded", "'spindle pull small'");
            assertTrue(Cli.json("models").get("models").get(0).get("file").isNull());
            assertEquals(0, server.requests().size());

            JsonNode pulled = Cli.json("pull", "small");
            assertEquals(sha256, pulled.get("sha256").textValue());
            assertTrue(pulled.get("verified").booleanValue());
            assertTrue(pulled.get("downloaded").booleanValue());
            assertEquals(content.length, pulled.get("bytes").intValue());
            assertArrayEquals(content, Files.readAllBytes(Path.of(pulled.get("file").textValue())));

            String text = Cli.run("pull", "small").succeeded().out();
            assertTrue(text.startsWith("small: was there already\n"), text);
            assertTrue(text.contains("  verified: "), text);
            assertEquals(1, server.requests().size());
            assertTrue(Cli.run("models").succeeded().out().contains("* small "));

            JsonNode inspected = Cli.json("inspect", "small");
            assertEquals(48, inspected.get("input").get("height").intValue());
            assertEquals("tf", inspected.get("preprocessing").get("name").textValue());
            assertEquals(sha256, inspected.get("sha256").textValue());
            Path converted = folder.resolve("converted.safetensors");
            assertEquals("small", Cli.json("convert", "small", converted).get("model").textValue());
            assertEquals(48, Cli.json("inspect", converted).get("input").get("height").intValue());
            assertEquals("small", Cli.json("classify", "--model", "small", picture).get("model").textValue());
        }
    }

    @Test
    void saysWhatIsUnverified() throws IOException {
        try (TestServer server = new TestServer(TestServer.file(content, TAG))) {
            manifest(server);
            String text = Cli.run("pull", "other").succeeded().out();
            assertTrue(text.contains("  unverified: the publisher gives no hash"), text);
            assertTrue(text.contains(sha256), text);
            assertFalse(Cli.json("pull", "other").get("verified").booleanValue());
        }
    }

    /** As Keras publishes its models: weights alone, without a hash; the catalogue knows their input. */
    @Test
    void kerasWeightsAreUsedByName() throws IOException {
        byte[] weights = Files.readAllBytes(TestFiles.fixture(folder, "keras-h5/weights.weights.h5"));
        Path reference = TestFiles.fixture(folder, "keras-h5/reference.safetensors");
        try (TestServer server = new TestServer(TestServer.file(weights, TAG))) {
            Path manifest = TestFiles.text(
                    folder,
                    "keras.json",
                    "{\"source\": \"Test\", \"page\": \"https://example.org\", \"licence\": \"MIT\",",
                    "\"preprocessing\": {\"preset\": \"tf\"}, \"models\": [{\"name\": \"keras\", \"input_size\": 64,",
                    "\"address\": \"" + server.address("keras.h5") + "\"}]}");
            System.setProperty(Models.MANIFEST_PROPERTY, manifest.toString());
            Cli.run("pull", "keras").succeeded();
            assertEquals(64, Cli.json("inspect", "keras").get("input").get("width").intValue());
            Path output = folder.resolve("output.safetensors");
            Cli.run("run", "--model", "keras", "--input", reference, "--output", output).succeeded();
            float[] expected = Safetensors.open(reference).floats("logits");
            float largest = 0;
            for (float logit : expected) {
                largest = Math.max(largest, Math.abs(logit));
            }
            assertArrayEquals(expected, Safetensors.open(output).floats("logits"), 1e-4f * largest);
        }
    }

    @Test
    void saysWhyAModelCannotBeHad() throws IOException {
        Cli.run("pull", "nonsense").refused("nonsense: no model of this name", "'spindle models'");
        try (TestServer server = new TestServer(TestServer.status("404 Not Found"))) {
            manifest(server);
            Cli failed = Cli.run("pull", "small");
            assertEquals(ExitCode.FAILURE, failed.exitCode());
            failed.assertMessage(server.address("small.safetensors"), "HTTP status 404");
        }
        try (TestServer server = new TestServer(TestServer.file(new byte[1000], TAG))) {
            manifest(server);
            Cli.run("pull", "small").refused(server.address("small.safetensors"), "expected SHA-256");
            Cli.run("inspect", "small").refused("'spindle pull small'");
        }
    }

    @Test
    void aFileGoesBeforeANameAndAMissingFileIsNoName() throws IOException {
        try (TestServer server = new TestServer(TestServer.file(content, TAG))) {
            manifest(server);
            Path missing = folder.resolve("missing");
            Cli.run("inspect", missing).refused(missing, "no such file");
            assertEquals(0, server.requests().size());
        }
    }

    @Test
    void refusesACatalogueThatIsNone() throws IOException {
        Path manifest = TestFiles.text(folder, "manifest.json", "no JSON");
        System.setProperty(Models.MANIFEST_PROPERTY, manifest.toString());
        Cli.run("models").refused(manifest, "expected a manifest");
        Cli.run("pull", "small").refused(manifest, "expected a manifest");
    }

    @Test
    void aProcessThatIsKilledLeavesNoModelAndTheNextGoesOn() throws IOException, InterruptedException {
        int sent = content.length / 2;
        try (TestServer server =
                new TestServer(TestServer.stalled(content, TAG, sent), TestServer.file(content, TAG))) {
            Path cache = folder.resolve("xdg/spindle");
            Path part = cache.resolve("partial/small.safetensors");
            Process first = spindle(manifest(server), "pull", "small");
            while (!Files.exists(part) || Files.size(part) < sent) {
                assertTrue(first.isAlive(), "ended before it was killed");
                Thread.sleep(10);
            }
            assertFalse(Files.exists(cache.resolve("models/small.safetensors")));
            first.destroyForcibly().waitFor();
            Process second = spindle(folder.resolve("manifest.json"), "pull", "small");
            assertTrue(second.waitFor(100, TimeUnit.SECONDS));
            assertEquals(ExitCode.SUCCESS, second.exitValue(), () -> errors(second));
            assertArrayEquals(content, Files.readAllBytes(cache.resolve("models/small.safetensors")));
            assertEquals(2, server.requests().size());
            assertEquals("bytes=" + sent + "-", server.requests().get(1).header("Range"));
        }
    }

    /** A full disk's stand-in is a limit on the length of files. */
    @Test
    void aFullDiskLeavesNoModelAndTheNextPullGoesOn() throws IOException, InterruptedException {
        try (TestServer server = new TestServer(TestServer.file(content, TAG))) {
            manifest(server);
            Process full = TestFiles.withFilesUpTo(500, "pull", "small");
            String message = new String(full.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(ExitCode.FAILURE, full.waitFor(), message);
            assertTrue(message.contains("small.safetensors: cannot be written: File too large"), message);
            Cli.run("inspect", "small").refused("'spindle pull small'");
            assertTrue(Cli.json("pull", "small").get("verified").booleanValue());
        }
    }

    /** Nobody but root can mount such a folder. */
    @Test
    void aReadOnlyCacheServesItsModelsAndTakesNoOthers() throws IOException, InterruptedException {
        Path cache = Files.createDirectory(folder.resolve("cache"));
        Assumptions.assumeTrue(
                ran("mount", "-t", "tmpfs", "tmpfs", cache.toString()), "this process may not mount a file system");
        try (TestServer server = new TestServer(TestServer.file(content, TAG))) {
            manifest(server);
            Cli.run("pull", "small").succeeded();
            assertTrue(ran("mount", "-o", "remount,ro", cache.toString()));
            assertEquals(sha256, Cli.json("inspect", "small").get("sha256").textValue());
            Cli failed = Cli.run("pull", "other");
            assertEquals(ExitCode.FAILURE, failed.exitCode());
            failed.assertMessage(cache, "cannot be written", "Read-only file system");
        } finally {
            // Lazily: the file of a model that was read stays mapped until the collector comes by.
            assertTrue(ran("umount", "--lazy", cache.toString()));
        }
    }

    private static boolean ran(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }

    private Process spindle(Path manifest, String... arguments) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-D" + Models.MANIFEST_PROPERTY + "=" + manifest,
                Spindle.class.getName());
        builder.command().addAll(List.of(arguments));
        builder.environment().put("XDG_CACHE_HOME", folder.resolve("xdg").toString());
        builder.environment().keySet().removeIf(name -> name.toLowerCase(Locale.ROOT).endsWith("_proxy"));
        return builder.start();
    }

    private static String errors(Process process) {
        try {
            return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
