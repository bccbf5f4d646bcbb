package dev.spindle.weights.catalogue;

import java.util.Objects;

/**
 * What a publisher says of a file's SHA-256.
 *
 * @param sha256 the hash, or as much of its start as the publisher puts into the file's name; 8 to 64 lower-case
 *     hexadecimal digits
 */
public record Checksum(String sha256) {

    private static final int WHOLE = 64;

    /** Checks the digits. */
    public Checksum {
        Objects.requireNonNull(sha256, "sha256");
        if (!sha256.matches("[0-9a-f]{8," + WHOLE + "}")) {
            throw new IllegalArgumentException(
                    "sha256 " + sha256 + ", expected 8 to " + WHOLE + " lower-case hexadecimal digits");
        }
    }

    /** Whether this is the whole hash, not just its start. */
    public boolean isWhole() {
        return sha256.length() == WHOLE;
    }

    /** Whether a hash is this one, or starts so. */
    boolean matches(String hash) {
        return hash.startsWith(sha256);
    }
}
