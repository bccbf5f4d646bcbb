package dev.spindle.examples;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.spindle.Classification;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.image.Image;
import dev.spindle.image.ImageDecoder;
import dev.spindle.weights.DefaultModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * A server that names what is on pictures, with one model for all requests and a virtual thread for each:
 *
 * <pre>
 *   curl --data-binary @cat.jpg http://localhost:8080/classify
 * </pre>
 */
public final class ClassificationServer implements AutoCloseable {

    private static final int MOST_BYTES = 20_000_000;

    private final Model model;
    private final HttpServer server;
    private final ExecutorService requests = Executors.newVirtualThreadPerTaskExecutor();
    /** Inference is computation: more of it at once than there are processors takes memory and is no faster. */
    private final Semaphore processors = new Semaphore(Runtime.getRuntime().availableProcessors());

    /**
     * Starts it on the loopback address.
     *
     * @param model what classifies; closed with the server
     * @param port where it listens; 0 for any that is free
     * @throws IOException where it cannot listen there
     */
    public ClassificationServer(Model model, int port) throws IOException {
        this.model = model;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(requests);
        server.createContext("/classify", this::classify);
        server.start();
    }

    /** Where it listens. */
    public int port() {
        return server.getAddress().getPort();
    }

    private void classify(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] file = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
            if (file.length > MOST_BYTES) {
                answer(exchange, 413, "expected at most " + MOST_BYTES + " bytes\n");
                return;
            }
            try {
                answer(exchange, 200, classify(file));
            } catch (InvalidInputException e) {
                answer(exchange, 400, e.getMessage() + "\n");
            }
        }
    }

    private String classify(byte[] file) {
        processors.acquireUninterruptibly();
        try {
            Image picture = ImageDecoder.decode(file, "request");
            StringBuilder lines = new StringBuilder();
            for (Classification found : model.classify(picture, 5)) {
                lines.append(String.format(Locale.ROOT, "%.4f %s%n", found.probability(), found.label()));
            }
            return lines.toString();
        } finally {
            processors.release();
        }
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    /** Lets requests that are under way end. */
    @Override
    public void close() {
        server.stop(1);
        requests.close();
        model.close();
    }

    /**
     * Serves the embedded model on port 8080 until the process ends.
     *
     * @param args not used
     * @throws IOException where the port is taken
     */
    public static void main(String[] args) throws IOException {
        ClassificationServer server = new ClassificationServer(Model.of(DefaultModel.load(), Options.DEFAULT), 8080);
        System.out.println("listening on port " + server.port());
    }
}
