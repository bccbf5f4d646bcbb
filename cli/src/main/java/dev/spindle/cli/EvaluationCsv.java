package dev.spindle.cli;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** One line a picture, as RFC 4180 has it but with line feeds alone: what it is, what it was taken for, and how far off. */
final class EvaluationCsv implements AutoCloseable {

    private final Writer out;
    private final ClassNames names;

    private EvaluationCsv(Writer out, ClassNames names) throws IOException {
        this.out = out;
        this.names = names;
        write("file", "class", "label", "predicted", "predicted_label", "rank", "error");
    }

    /**
     * Begins a table.
     *
     * @param file where it goes; null where it is not wanted
     * @param names the classes
     */
    static EvaluationCsv open(Path file, ClassNames names) throws IOException {
        return new EvaluationCsv(file == null ? Writer.nullWriter() : Files.newBufferedWriter(file), names);
    }

    /** A picture that was classified; rank 1 is right. */
    void ranked(Samples.Sample sample, Accuracy.Ranking ranking) throws IOException {
        write(
                sample.file(),
                sample.truth(),
                names.label(sample.truth()),
                ranking.predicted(),
                names.label(ranking.predicted()),
                ranking.rank(),
                "");
    }

    /** A picture that could not be used. */
    void failed(Samples.Sample sample, String error) throws IOException {
        write(sample.file(), sample.truth(), names.label(sample.truth()), "", "", "", error);
    }

    private void write(Object... fields) throws IOException {
        out.write(Arrays.stream(fields).map(Object::toString).map(EvaluationCsv::quoted).collect(Collectors.joining(",")));
        out.write('\n');
    }

    private static String quoted(String field) {
        return field.matches("[^,\"\\r\\n]*") ? field : '"' + field.replace("\"", "\"\"") + '"';
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
