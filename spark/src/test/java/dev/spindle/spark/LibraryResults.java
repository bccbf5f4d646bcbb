package dev.spindle.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.spindle.Checkpoint;
import dev.spindle.Classification;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Warmup;
import dev.spindle.image.Image;
import dev.spindle.image.ImageDecoder;
import java.util.List;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Row;

/** What the library itself says, for comparison. */
final class LibraryResults implements AutoCloseable {

    private final Model model;

    LibraryResults(Checkpoint checkpoint) {
        model = Model.of(checkpoint, Options.DEFAULT.withWarmup(Warmup.NONE));
    }

    /** Sets the names of all columns, so that {@link #assertRow} can look at them. */
    static SpindleTransformer withAllColumns(SpindleTransformer transformer) {
        return transformer.setTopKCol("top").setEmbeddingCol("features").setK(3);
    }

    /** Checks the columns of {@link #withAllColumns}, bit for bit. */
    void assertRow(Row row, byte[] content, String name) {
        Image image;
        try {
            image = ImageDecoder.decode(content, "content");
        } catch (InvalidInputException e) {
            assertEquals(e.getMessage(), row.getAs("error"), name);
            for (String column : List.of("label", "score", "top", "features")) {
                assertNull(row.getAs(column), name + " " + column);
            }
            return;
        }
        assertNull(row.getAs("error"), name);
        List<Classification> expected = model.classify(image, 3);
        assertEquals(expected.getFirst().label(), row.getAs("label"), name);
        assertEquals(expected.getFirst().probability(), row.<Float>getAs("score"), name);
        List<Classification> top = row.<Row>getList(row.fieldIndex("top")).stream()
                .map(found -> new Classification(found.getAs("index"), found.getAs("label"), found.<Float>getAs("score")))
                .toList();
        assertEquals(expected, top, name);
        double[] features = row.<Vector>getAs("features").toArray();
        float[] floats = new float[features.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) features[i];
        }
        assertArrayEquals(model.embed(image), floats, name);
    }

    @Override
    public void close() {
        model.close();
    }
}
