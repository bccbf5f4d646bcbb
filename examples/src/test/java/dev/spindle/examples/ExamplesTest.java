package dev.spindle.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Warmup;
import dev.spindle.weights.DefaultModel;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExamplesTest {

    @TempDir
    private Path folder;

    private static List<String> printed(Runnable program) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = System.out;
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            program.run();
        } finally {
            System.setOut(out);
        }
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void classifiesAPhoto() throws Exception {
        Path picture = Pictures.disc(folder, "sun.png", Color.BLUE, Color.YELLOW);
        List<String> lines = printed(() -> ClassifyPhoto.main(new String[] {picture.toString()}));
        assertEquals(5, lines.size(), lines.toString());
        List<String> labels = DefaultModel.load().labels();
        for (String line : lines) {
            assertTrue(line.matches(" *\\d+\\.\\d % [a-z]+"), line);
            assertTrue(labels.contains(line.substring(line.indexOf('%') + 2)), line);
        }
    }

    @Test
    void servesManyRequestsWithOneModel() throws Exception {
        byte[] sun = Files.readAllBytes(Pictures.disc(folder, "sun.png", Color.BLUE, Color.YELLOW));
        byte[] moon = Files.readAllBytes(Pictures.disc(folder, "moon.png", Color.BLACK, Color.WHITE));
        Options oneBackend = Options.DEFAULT.withWarmup(Warmup.NONE);
        try (ClassificationServer server = new ClassificationServer(Model.of(DefaultModel.load(), oneBackend), 0);
                HttpClient client = HttpClient.newHttpClient()) {
            String ofSun = client.send(request(server, sun), HttpResponse.BodyHandlers.ofString()).body();
            String ofMoon = client.send(request(server, moon), HttpResponse.BodyHandlers.ofString()).body();
            assertTrue(ofSun.matches("([01]\\.\\d{4} [a-z]+\\R){5}"), ofSun);
            assertTrue(!ofSun.equals(ofMoon), ofSun);
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                answers.add(client.sendAsync(
                        request(server, i % 2 == 0 ? sun : moon), HttpResponse.BodyHandlers.ofString()));
            }
            for (int i = 0; i < 50; i++) {
                assertEquals(i % 2 == 0 ? ofSun : ofMoon, answers.get(i).join().body());
            }
            HttpResponse<String> bad = client.send(
                    request(server, "no picture".getBytes(StandardCharsets.UTF_8)), HttpResponse.BodyHandlers.ofString());
            assertEquals(400, bad.statusCode());
            assertTrue(bad.body().startsWith("request: "), bad.body());
        }
    }

    private static HttpRequest request(ClassificationServer server, byte[] body) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/classify"))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
    }

    @Test
    void findsWhatIsMostAlike() throws Exception {
        Path query = Pictures.disc(folder, "query.png", Color.BLUE, Color.YELLOW);
        Path alike = Pictures.disc(folder, "alike.png", Color.BLUE, Color.ORANGE);
        Path other = Pictures.disc(folder, "other.png", Color.GREEN, Color.BLACK);
        List<String> lines = printed(() -> PictureSearch.main(
                new String[] {query.toString(), other.toString(), alike.toString(), query.toString()}));
        assertEquals(3, lines.size());
        assertEquals("1.0000 " + query, lines.get(0));
        assertTrue(lines.get(1).endsWith(" " + alike), lines.toString());
        assertTrue(lines.get(2).endsWith(" " + other), lines.toString());
    }
}
