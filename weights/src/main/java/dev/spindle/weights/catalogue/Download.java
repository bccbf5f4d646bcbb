package dev.spindle.weights.catalogue;

import dev.spindle.InvalidInputException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLHandshakeException;

/**
 * Fetches a file over HTTP (RFC 9110) into a partial file, and goes on where an earlier attempt ended, even that of another
 * process: a second file beside it keeps the strong entity tag of what is there, and the server is asked for the rest only
 * on the condition ({@code If-Range}) that the tag is still the same.
 */
final class Download {

    private static final int MOST_REDIRECTS = 10;
    private static final long TICK_MILLIS = 100;

    private static final int OK = 200;
    private static final int PARTIAL_CONTENT = 206;
    private static final int RANGE_NOT_SATISFIABLE = 416;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    /** Too slow, too many requests, and what gateways say of servers that are down for now. */
    private static final Set<Integer> PASSING = Set.of(408, 429, 500, 502, 503, 504);

    /** RFC 9110, section 8.8.3, without tags that are weak or too long to be one. */
    private static final Pattern STRONG_TAG = Pattern.compile("\"[\\x21\\x23-\\x7e]{1,1000}\"");
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18})");

    /** A failure that may pass. It never leaves this class. */
    private static final class Passing extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final transient Duration wait;

        Passing(String message, Throwable cause) {
            super(message, cause);
            this.wait = Duration.ZERO;
        }

        /** The server says how long to wait. */
        Passing(String message, Duration wait) {
            super(message);
            this.wait = wait;
        }
    }

    private final URI address;
    private final OptionalLong bytes;
    private final Path part;
    private final Path tag;
    private final Patience patience;
    private final ProxySelector proxies;
    private final PullListener listener;

    /**
     * Prepares a download.
     *
     * @param entry which file, and what is known of it
     * @param part where it goes; what is there already is gone on with
     */
    Download(CatalogueEntry entry, Path part, Patience patience, ProxySelector proxies, PullListener listener) {
        this.address = entry.address();
        this.bytes = entry.bytes();
        this.part = part;
        this.tag = part.resolveSibling(part.getFileName() + ".etag");
        this.patience = patience;
        this.proxies = proxies;
        this.listener = listener;
    }

    /**
     * Fetches what is missing.
     *
     * @throws InvalidInputException where the server sends what cannot be the file
     * @throws UncheckedIOException where it cannot be had, or not be written
     */
    void fetch() {
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(patience.connect())
                .proxy(proxies)
                .build();
        try {
            fetch(client);
        } finally {
            client.shutdownNow();
        }
    }

    private void fetch(HttpClient client) {
        for (int failed = 1;; failed++) {
            try {
                attempt(client);
                return;
            } catch (Passing e) {
                if (failed == patience.attempts()) {
                    throw unavailable(e.getMessage() + "; gave up after " + failed + " attempts", e);
                }
                Duration pause = e.wait.compareTo(patience.pause(failed)) > 0 ? e.wait : patience.pause(failed);
                if (pause.compareTo(patience.longestPause()) > 0) {
                    throw unavailable(
                            e.getMessage() + ", and the server asks to wait " + pause.toSeconds() + " s", e);
                }
                listener.note(e.getMessage() + "; trying again in " + seconds(pause) + " s");
                sleep(pause);
            }
        }
    }

    private static String seconds(Duration pause) {
        return pause.toMillis() % 1000 == 0 ? Long.toString(pause.toSeconds()) : Double.toString(pause.toMillis() / 1e3);
    }

    private void sleep(Duration pause) {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** One request for the file, and as many as redirects lead to. */
    private void attempt(HttpClient client) {
        String known = knownTag();
        long kept = known.isEmpty() ? 0 : size(part);
        URI target = address;
        for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
            HttpResponse<Void> response = send(client, target, kept, known);
            int status = response.statusCode();
            if (status == OK || status == PARTIAL_CONTENT || isComplete(response, kept)) {
                return;
            }
            if (!REDIRECTS.contains(status)) {
                throw refused(target, response);
            }
            target = redirected(target, response.headers());
        }
        throw unavailable("more than " + MOST_REDIRECTS + " redirects", null);
    }

    /** Whether there is no rest to send: an earlier attempt ended between the last byte and the check. */
    private static boolean isComplete(HttpResponse<Void> response, long kept) {
        return kept > 0
                && response.statusCode() == RANGE_NOT_SATISFIABLE
                && response.headers().firstValue("Content-Range").orElse("").equals("bytes */" + kept);
    }

    private HttpResponse<Void> send(HttpClient client, URI target, long kept, String known) {
        HttpRequest.Builder request = HttpRequest.newBuilder(target).header("User-Agent", "spindle");
        if (kept > 0) {
            request.header("Range", "bytes=" + kept + "-").header("If-Range", known);
        }
        try (Reception reception = new Reception(kept, known)) {
            HttpResponse<Void> response = await(client.sendAsync(request.build(), reception), reception);
            reception.requireWhole();
            return response;
        }
    }

    /** Waits for the whole response, and reports how far it is. */
    private HttpResponse<Void> await(CompletableFuture<HttpResponse<Void>> call, Reception reception) {
        long seen = reception.length();
        long since = System.nanoTime();
        while (true) {
            try {
                return call.get(TICK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (reception.length() != seen) {
                    seen = reception.length();
                    since = System.nanoTime();
                    listener.received(seen, reception.total());
                } else if (System.nanoTime() - since > patience.stall().toNanos()) {
                    call.cancel(true);
                    throw new Passing("nothing arrived for " + seconds(patience.stall()) + " s", e);
                }
            } catch (ExecutionException e) {
                throw failure(e);
            } catch (InterruptedException e) {
                call.cancel(true);
                throw interrupted(e);
            }
        }
    }

    /**
     * Receives one response. The HTTP client calls it on its own threads; once it is closed, an answer that comes too late
     * does not touch the file any more.
     */
    private final class Reception implements HttpResponse.BodyHandler<Void>, AutoCloseable {

        private final long kept;
        private final String known;
        private Transfer transfer;
        private long total = -1;
        private boolean closed;

        Reception(long kept, String known) {
            this.kept = kept;
            this.known = known;
        }

        @Override
        public synchronized HttpResponse.BodySubscriber<Void> apply(HttpResponse.ResponseInfo info) {
            boolean whole = info.statusCode() == OK;
            if (closed || !whole && info.statusCode() != PARTIAL_CONTENT) {
                return HttpResponse.BodySubscribers.discarding();
            }
            requireModel(info.headers());
            total = whole ? info.headers().firstValueAsLong("Content-Length").orElse(-1) : rest(info.headers());
            requireLength(total);
            transfer = new Transfer(part, whole ? 0 : kept);
            if (whole) {
                // Only now, when the file is empty: the old tag must not vouch for new bytes, nor the new one for old.
                storeTag(info.headers().firstValue("ETag").orElse(""));
            }
            return transfer;
        }

        /** The whole file's length, where this is the rest of it from the byte that was asked for. */
        private long rest(HttpHeaders headers) {
            Matcher range = CONTENT_RANGE.matcher(headers.firstValue("Content-Range").orElse(""));
            boolean fits = kept > 0
                    && range.matches()
                    && Long.parseLong(range.group(1)) == kept
                    && Long.parseLong(range.group(2)) + 1 == Long.parseLong(range.group(3))
                    && headers.firstValue("ETag").filter(sent -> !sent.equals(known)).isEmpty();
            if (!fits) {
                storeTag("");
                throw new Passing("the server sent another part than the one asked for", (Throwable) null);
            }
            return Long.parseLong(range.group(3));
        }

        synchronized long length() {
            return transfer == null ? kept : transfer.length();
        }

        synchronized long total() {
            return total;
        }

        /** Checks that all has arrived that was announced. */
        synchronized void requireWhole() {
            if (transfer != null) {
                listener.received(transfer.length(), total);
                if (total >= 0 && transfer.length() != total) {
                    throw new Passing(
                            "the connection ended after " + transfer.length() + " of " + total + " bytes", (Throwable) null);
                }
            }
        }

        @Override
        public synchronized void close() {
            closed = true;
            if (transfer != null) {
                transfer.close();
            }
        }
    }

    private void requireModel(HttpHeaders headers) {
        String type = headers.firstValue("Content-Type").orElse("");
        if (type.toLowerCase(Locale.ROOT).startsWith("text/html")) {
            throw new InvalidInputException(address + ": expected a model file, found a web page");
        }
    }

    private void requireLength(long length) {
        if (length >= 0 && bytes.isPresent() && length != bytes.getAsLong()) {
            throw new InvalidInputException(
                    address + ": expected " + bytes.getAsLong() + " bytes, found " + length);
        }
        if (length > ModelCache.MOST_BYTES) {
            throw new InvalidInputException(
                    address + ": expected at most " + ModelCache.MOST_BYTES + " bytes, found " + length);
        }
    }

    private RuntimeException failure(ExecutionException e) {
        String reason = e.getCause().getMessage() == null
                ? e.getCause().getClass().getSimpleName()
                : e.getCause().getMessage();
        return switch (e.getCause()) {
            case SSLHandshakeException untrusted -> unavailable("no secure connection: " + reason, untrusted);
            case ConnectException unreachable -> new Passing("cannot connect (" + reason + ")", unreachable);
            case IOException lost -> new Passing("the connection failed (" + reason + ")", lost);
            case RuntimeException refused -> refused;
            default -> new IllegalStateException("a request failed in a way that is not documented", e);
        };
    }

    private RuntimeException refused(URI target, HttpResponse<Void> response) {
        int status = response.statusCode();
        if (status == RANGE_NOT_SATISFIABLE) {
            storeTag("");
            return new Passing("the server has no such part of the file", (Throwable) null);
        }
        if (PASSING.contains(status)) {
            return new Passing("HTTP status " + status, retryAfter(response.headers()));
        }
        return unavailable("HTTP status " + status + (target.equals(address) ? "" : " from " + target), null);
    }

    /** Seconds, or a date (RFC 9110, section 10.2.3); none where it is neither. */
    private static Duration retryAfter(HttpHeaders headers) {
        String value = headers.firstValue("Retry-After").orElse("");
        try {
            if (value.matches("\\d{1,9}")) {
                return Duration.ofSeconds(Long.parseLong(value));
            }
            Instant date = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            Duration wait = Duration.between(Instant.now(), date);
            return wait.isNegative() ? Duration.ZERO : wait;
        } catch (DateTimeException e) {
            return Duration.ZERO;
        }
    }

    private URI redirected(URI from, HttpHeaders headers) {
        String location = headers.firstValue("Location").orElse("");
        URI to;
        try {
            to = from.resolve(location);
        } catch (IllegalArgumentException e) {
            throw unavailable("a redirect to what is no address: " + location, e);
        }
        boolean http = "http".equalsIgnoreCase(to.getScheme());
        boolean https = "https".equalsIgnoreCase(to.getScheme());
        if (location.isEmpty() || to.getHost() == null || !http && !https) {
            throw unavailable("a redirect to what is no address: " + location, null);
        }
        if (http && "https".equalsIgnoreCase(from.getScheme())) {
            throw unavailable("a redirect from https to " + to, null);
        }
        return to;
    }

    /** The strong entity tag of what is there; empty where nothing vouches for it. */
    private String knownTag() {
        try {
            String text = Files.exists(tag) ? Files.readString(tag, StandardCharsets.ISO_8859_1) : "";
            return STRONG_TAG.matcher(text).matches() ? text : "";
        } catch (IOException e) {
            throw new UncheckedIOException(tag + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private void storeTag(String value) {
        try {
            Files.writeString(tag, STRONG_TAG.matcher(value).matches() ? value : "", StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(tag + ": cannot be written: " + e.getMessage(), e);
        }
    }

    private static long size(Path file) {
        try {
            return Files.exists(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private UncheckedIOException unavailable(String reason, Throwable cause) {
        return new UncheckedIOException(address + ": cannot be downloaded: " + reason, new IOException(reason, cause));
    }

    private UncheckedIOException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        InterruptedIOException reason = new InterruptedIOException("interrupted");
        reason.initCause(cause);
        return new UncheckedIOException(address + ": cannot be downloaded: interrupted", reason);
    }
}
