package dev.spindle.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.cfg.EnumFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where results go: standard output, as text or, with {@code --json}, as one JSON document and nothing else. */
final class Output {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    /** Loaded where JSON is asked for. */
    private static final class Json {
        /** ASCII only: right in every locale. */
        private static final ObjectWriter WRITER = JsonMapper.builder()
                .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
                .enable(EnumFeature.WRITE_ENUMS_TO_LOWERCASE)
                .build()
                .writerWithDefaultPrettyPrinter();
    }

    /** Prints a command's whole result. */
    void print(Report report) {
        text(report);
        json(report);
    }

    /** Prints a part of the result, where people read it: they see it as soon as it is there. */
    void text(Report part) {
        if (!json) {
            write(Text.lines(part.text()));
        }
    }

    /** Prints the whole result, where a program reads it. */
    void json(Report report) {
        if (json) {
            try {
                write(Json.WRITER.writeValueAsString(report) + "\n");
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("a report that is no JSON: " + report.getClass(), e);
            }
        }
    }

    /** Standard error, for what concerns a part of the result and does not end the command. */
    PrintWriter err() {
        return command.commandLine().getErr();
    }

    private void write(String text) {
        PrintWriter out = command.commandLine().getOut();
        out.print(text);
        out.flush();
        if (out.checkError()) {
            throw new UncheckedIOException("standard output: cannot be written", new IOException("write error"));
        }
    }
}
