package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file's SHA-256, and what the file's name says of it: publishers of PyTorch models put the first eight digits there, as
 * in {@code mobilenet_v2-b0353104.pth}.
 *
 * @param sha256 of the content, 64 hexadecimal digits
 * @param declared the first digits, as the name has them; empty where it has none
 */
public record FileHash(String sha256, Optional<String> declared) {

    /** A date has eight digits, too. */
    private static final Pattern DECLARED = Pattern.compile("-(?!(?:19|20)\\d{6}\\.)([0-9a-f]{8,64})\\.");

    private static final int BUFFER_BYTES = 1 << 16;

    /**
     * Reads a whole file; of a folder that stands for a model, the one that holds the weights.
     *
     * @throws InvalidInputException where there is none
     * @throws UncheckedIOException where it cannot be read
     */
    public static FileHash of(Path model) {
        Path file = PublishedFormats.model(model);
        MessageDigest digest = digest();
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
            }
        } catch (NoSuchFileException e) {
            throw new InvalidInputException(file + ": no such file", e);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read: " + e.getMessage(), e);
        }
        Matcher name = DECLARED.matcher(file.getFileName().toString());
        return new FileHash(
                HexFormat.of().formatHex(digest.digest()), name.find() ? Optional.of(name.group(1)) : Optional.empty());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Where name and content disagree, one line. */
    public Optional<String> disagreement() {
        return declared.filter(prefix -> !sha256.startsWith(prefix))
                .map(prefix -> "the file's name says SHA-256 " + prefix + ", but the content has "
                        + sha256.substring(0, prefix.length()) + ": it is damaged, or another file");
    }
}
