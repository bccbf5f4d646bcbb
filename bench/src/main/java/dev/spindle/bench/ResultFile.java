package dev.spindle.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.spindle.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Writes results as JSON, and reads them again. */
final class ResultFile {

    /** Nothing may be missing from a file, and nothing unknown be in it: other JSON is no result. */
    static final ObjectMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private ResultFile() {}

    /** Writes a result. */
    static void write(Path file, SuiteResult result) {
        try {
            JSON.writeValue(file.toFile(), result);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Reads a result.
     *
     * @throws InvalidInputException where the file is not there or is none
     */
    static SuiteResult read(Path file) {
        try {
            SuiteResult result = JSON.readValue(Files.readAllBytes(file), SuiteResult.class);
            if (result == null) {
                throw notAResult(file, "null", null);
            }
            return result;
        } catch (NoSuchFileException e) {
            throw new InvalidInputException(file + ": no such file", e);
        } catch (JsonProcessingException e) {
            throw notAResult(file, e.getOriginalMessage().lines().findFirst().orElse("nothing"), e);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": " + e.getMessage(), e);
        }
    }

    private static InvalidInputException notAResult(Path file, String found, JsonProcessingException cause) {
        return new InvalidInputException(
                file + ": expected a result.json of this version's bench suite, found " + found, cause);
    }
}
