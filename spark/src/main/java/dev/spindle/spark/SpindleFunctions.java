package dev.spindle.spark;

import java.util.Collections;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.api.java.UDF1;

/** Spindle in SQL. */
public final class SpindleFunctions {

    /** The function's name. */
    public static final String CLASSIFY = "spindle_classify";

    private SpindleFunctions() {}

    /**
     * Registers {@code spindle_classify(content)}, for this session: of a binary image, a struct with the columns that the
     * transformer would make. Images go through the network one by one; the transformer, which takes them in batches, is
     * faster.
     *
     * @param spark the session
     * @param transformer says with which model and columns; changes to it later are not seen
     * @throws dev.spindle.InvalidInputException where its model is none, or a damaged one
     * @throws IllegalArgumentException where it has no columns, or two of one name
     */
    public static void register(SparkSession spark, SpindleTransformer transformer) {
        Classifier classifier = transformer.classifier(spark);
        UDF1<byte[], Row> classify = content -> {
            Object[] values = new Object[classifier.columns()];
            classifier.write(classifier.run(Collections.singletonList(content)).getFirst(), values, 0);
            return RowFactory.create(values);
        };
        spark.udf().register(CLASSIFY, classify, transformer.outputSchema());
    }
}
