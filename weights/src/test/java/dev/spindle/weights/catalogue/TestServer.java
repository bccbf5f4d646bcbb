package dev.spindle.weights.catalogue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** An HTTP server on raw sockets, so that it can break every rule. Each answer serves one request, the last all further. */
public final class TestServer implements AutoCloseable {

    /** One request; header names are in lower case. */
    public record Request(String target, Map<String, String> headers, CountDownLatch serverClosed) {

        /** A header's value, or null. */
        public String header(String name) {
            return headers.get(name.toLowerCase(Locale.ROOT));
        }
    }

    /** Writes a response; the connection is closed behind it. */
    @FunctionalInterface
    public interface Answer {
        void write(Request request, OutputStream out) throws IOException, InterruptedException;
    }

    private final ServerSocket socket;
    private final List<Answer> answers;
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<Socket> connections = new CopyOnWriteArrayList<>();
    private int answered;

    /** Starts to listen on a port of its own. */
    public TestServer(Answer... answers) throws IOException {
        this.answers = List.of(answers);
        this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::listen);
    }

    /** The address of a file. */
    public URI address(String file) {
        return URI.create("http://127.0.0.1:" + socket.getLocalPort() + "/" + file);
    }

    /** The port on the loopback address. */
    public int port() {
        return socket.getLocalPort();
    }

    /** What was asked, in order. */
    public List<Request> requests() {
        return requests;
    }

    /** A file as a good server has it, ranges included. */
    public static Answer file(byte[] content, String tag) {
        return part(content, tag, content.length);
    }

    /** The same, but the connection ends after some bytes of the body. */
    public static Answer part(byte[] content, String tag, int sent) {
        return (request, out) -> {
            String range = request.header("Range");
            boolean partial = range != null && tag.equals(request.header("If-Range"));
            int from = partial ? Integer.parseInt(range.substring("bytes=".length(), range.length() - 1)) : 0;
            if (from >= content.length) {
                head(out, "416 Range Not Satisfiable", "Content-Range: bytes */" + content.length, "Content-Length: 0");
                return;
            }
            List<String> headers = new ArrayList<>();
            headers.add("Content-Length: " + (content.length - from));
            if (!tag.isEmpty()) {
                headers.add("ETag: " + tag);
            }
            if (partial) {
                headers.add("Content-Range: bytes " + from + "-" + (content.length - 1) + "/" + content.length);
            }
            head(out, partial ? "206 Partial Content" : "200 OK", headers.toArray(String[]::new));
            out.write(content, from, Math.min(sent, content.length - from));
        };
    }

    /** Sends some bytes, and then nothing more while the server is there. */
    public static Answer stalled(byte[] content, String tag, int sent) {
        return (request, out) -> {
            part(content, tag, sent).write(request, out);
            out.flush();
            request.serverClosed().await();
        };
    }

    /** Any response without conditions. */
    public static Answer raw(String status, byte[] body, String... headers) {
        return (request, out) -> {
            head(out, status, headers);
            out.write(body);
        };
    }

    /** A response without a body. */
    public static Answer status(String status, String... headers) {
        String[] all = Arrays.copyOf(headers, headers.length + 1);
        all[headers.length] = "Content-Length: 0";
        return raw(status, new byte[0], all);
    }

    private static void head(OutputStream out, String status, String... headers) throws IOException {
        String head = "HTTP/1.1 " + status + "\r\nConnection: close\r\n"
                + String.join("", Arrays.stream(headers).map(header -> header + "\r\n").toList()) + "\r\n";
        out.write(head.getBytes(StandardCharsets.ISO_8859_1));
    }

    private void listen() {
        while (!socket.isClosed()) {
            try {
                Socket connection = socket.accept();
                connections.add(connection);
                Thread.ofVirtual().start(() -> serve(connection));
            } catch (IOException e) {
                // Closed: there is nobody left to tell.
                return;
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            BufferedReader in = new BufferedReader(
                    new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1));
            String first = in.readLine();
            if (first == null) {
                return;
            }
            Map<String, String> headers = new HashMap<>();
            for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
                int colon = line.indexOf(':');
                headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
            }
            Request request = new Request(first.split(" ")[1], headers, closed);
            OutputStream out = connection.getOutputStream();
            next(request).write(request, out);
            out.flush();
        } catch (IOException e) {
            // A client that gives up is what some tests are about.
            connections.remove(connection);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized Answer next(Request request) {
        requests.add(request);
        Answer answer = answers.get(Math.min(answered, answers.size() - 1));
        answered++;
        return answer;
    }

    @Override
    public void close() {
        closed.countDown();
        try {
            socket.close();
            for (Socket connection : connections) {
                connection.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
