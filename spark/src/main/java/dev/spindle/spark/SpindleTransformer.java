package dev.spindle.spark;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.ml.Transformer;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Tells what is on images: a stage of Spark ML that adds columns to a table with a binary column of picture files, such as
 * {@code content} of the data source {@code binaryFile}. It works on streams, too.
 *
 * <p>A column is made where its name is set: by default {@code label}, {@code score} and {@code error}. Of a segmentation
 * network, {@code maskCol} is the column to set, and the first two are then made by default no more. An image that cannot be
 * used has nulls and the reason in {@code error}; it never fails a job. Results are those of {@link dev.spindle.Model} and
 * {@link dev.spindle.Segmenter}, bit for bit.
 *
 * <p>The driver reads the model when {@link #transform} is called, and broadcasts it; each executor loads it once, and all of
 * its tasks share it. Each task decodes and runs images on as many threads as {@code spark.task.cpus} says. Saved, a transformer
 * is its parameters: of the model only the name.
 */
public final class SpindleTransformer extends Transformer implements DefaultParamsWritable {

    private static final long serialVersionUID = 1L;

    private final String uid;

    private final Param<String> model;
    private final Param<String> inputCol;
    private final Param<String> labelCol;
    private final Param<String> scoreCol;
    private final Param<String> topKCol;
    private final Param<String> embeddingCol;
    private final Param<String> maskCol;
    private final Param<String> errorCol;
    private final IntParam k;
    private final IntParam batchSize;

    /** What the driver has made for the executors, as long as the model does not change. Guarded by this. */
    private transient Shipment shipment;

    private record Shipment(SparkContext context, String stamp, Broadcast<ModelFiles> model, Counters counters) {}

    /** With default parameters. */
    public SpindleTransformer() {
        this(Identifiable$.MODULE$.randomUID("spindle"));
    }

    /**
     * With default parameters.
     *
     * @param uid the stage's identifier, unique within a pipeline
     */
    public SpindleTransformer(String uid) {
        this.uid = uid;
        model = param(
                "model",
                "the model: a file that was added to Spark's, or one of the driver's, a path that Hadoop knows, or a name in"
                        + " Spindle's catalogue that was pulled on the driver; empty for the embedded network, of ten classes",
                "");
        inputCol = param("inputCol", "the binary column of picture files", "content");
        labelCol = param(
                "labelCol", "the column for the most probable class's name, string; empty for none", "label");
        scoreCol = param(
                "scoreCol", "the column for the most probable class's probability, float; empty for none", "score");
        topKCol = param(
                "topKCol",
                "the column for the k most probable classes, best first, array of struct (index, label, score); empty for none",
                "");
        embeddingCol = param(
                "embeddingCol",
                "the column for the pooled output of the last convolution, vector; empty for none",
                "");
        maskCol = param(
                "maskCol",
                "the column for the class of each pixel by a segmentation network, struct (width, height, classes), where classes"
                        + " is binary, a byte a pixel, row by row; empty for none",
                "");
        errorCol = param("errorCol", "the column for why an image could not be used, string; empty for none", "error");
        k = count("k", "how many classes topKCol has, at least 1", 5);
        batchSize = count("batchSize", "how many images go through the network together, at least 1", 8);
    }

    private Param<String> param(String name, String doc, String usual) {
        Param<String> param = new Param<>(this, name, doc);
        setDefault(param, usual);
        return param;
    }

    private IntParam count(String name, String doc, int usual) {
        IntParam param = new IntParam(this, name, doc, ParamValidators.gtEq(1));
        setDefault(param, usual);
        return param;
    }

    /** A reader of what {@link #write} has written; Spark's pipelines look for it by this name. */
    public static MLReader<SpindleTransformer> read() {
        return new DefaultParamsReader<>();
    }

    /**
     * Reads a transformer from where {@link #save} has written it.
     *
     * @param path the folder
     */
    public static SpindleTransformer load(String path) {
        return read().load(path);
    }

    @Override
    public String uid() {
        return uid;
    }

    public Param<String> model() {
        return model;
    }

    public String getModel() {
        return getOrDefault(model);
    }

    public SpindleTransformer setModel(String value) {
        set(model, value);
        return this;
    }

    public Param<String> inputCol() {
        return inputCol;
    }

    public String getInputCol() {
        return getOrDefault(inputCol);
    }

    public SpindleTransformer setInputCol(String value) {
        set(inputCol, value);
        return this;
    }

    public Param<String> labelCol() {
        return labelCol;
    }

    public String getLabelCol() {
        return getOrDefault(labelCol);
    }

    public SpindleTransformer setLabelCol(String value) {
        set(labelCol, value);
        return this;
    }

    public Param<String> scoreCol() {
        return scoreCol;
    }

    public String getScoreCol() {
        return getOrDefault(scoreCol);
    }

    public SpindleTransformer setScoreCol(String value) {
        set(scoreCol, value);
        return this;
    }

    public Param<String> topKCol() {
        return topKCol;
    }

    public String getTopKCol() {
        return getOrDefault(topKCol);
    }

    public SpindleTransformer setTopKCol(String value) {
        set(topKCol, value);
        return this;
    }

    public Param<String> embeddingCol() {
        return embeddingCol;
    }

    public String getEmbeddingCol() {
        return getOrDefault(embeddingCol);
    }

    public SpindleTransformer setEmbeddingCol(String value) {
        set(embeddingCol, value);
        return this;
    }

    public Param<String> maskCol() {
        return maskCol;
    }

    public String getMaskCol() {
        return getOrDefault(maskCol);
    }

    public SpindleTransformer setMaskCol(String value) {
        set(maskCol, value);
        return this;
    }

    public Param<String> errorCol() {
        return errorCol;
    }

    public String getErrorCol() {
        return getOrDefault(errorCol);
    }

    public SpindleTransformer setErrorCol(String value) {
        set(errorCol, value);
        return this;
    }

    public IntParam k() {
        return k;
    }

    public int getK() {
        return (int) getOrDefault(k);
    }

    public SpindleTransformer setK(int value) {
        set(k, value);
        return this;
    }

    public IntParam batchSize() {
        return batchSize;
    }

    public int getBatchSize() {
        return (int) getOrDefault(batchSize);
    }

    public SpindleTransformer setBatchSize(int value) {
        set(batchSize, value);
        return this;
    }

    /**
     * The schema with the new columns behind.
     *
     * @throws IllegalArgumentException where the input column is missing or not binary, a new column is there already or
     *     named twice, or there are none
     */
    @Override
    public StructType transformSchema(StructType schema) {
        StructType result = schema;
        DataType input = schema.fields()[inputIndex(schema)].dataType();
        if (!input.equals(DataTypes.BinaryType)) {
            throw new IllegalArgumentException("inputCol: column " + getInputCol() + ": expected " + DataTypes.BinaryType.sql()
                    + ", found " + input.sql());
        }
        for (StructField field : outputSchema().fields()) {
            if (schema.getFieldIndex(field.name()).isDefined()) {
                throw new IllegalArgumentException(
                        uid + ": expected a new column, found that " + field.name() + " is in the input already");
            }
            result = result.add(field);
        }
        return result;
    }

    private int inputIndex(StructType schema) {
        if (schema.getFieldIndex(getInputCol()).isEmpty()) {
            throw new IllegalArgumentException("inputCol: expected a column " + getInputCol() + ", found "
                    + String.join(", ", schema.fieldNames()));
        }
        return schema.fieldIndex(getInputCol());
    }

    /**
     * Adds the columns.
     *
     * @param dataset a table or a stream
     * @return all its columns and the new ones
     * @throws IllegalArgumentException as {@link #transformSchema}
     * @throws dev.spindle.InvalidInputException where the model is none, or a damaged one
     * @throws java.io.UncheckedIOException where the model cannot be read
     */
    @Override
    public Dataset<Row> transform(Dataset<?> dataset) {
        StructType schema = transformSchema(dataset.schema(), true);
        PartitionFunction function = new PartitionFunction(
                classifier(dataset.sparkSession()), inputIndex(dataset.schema()), getBatchSize());
        return dataset.toDF().mapPartitions(function, Encoders.row(schema));
    }

    /** What this transformer, its copies and its SQL functions have done so far; zeros before there is something. */
    public synchronized SpindleMetrics metrics() {
        return shipment == null ? new SpindleMetrics(0, 0, 0, 0, 0) : shipment.counters.sums();
    }

    @Override
    public SpindleTransformer copy(ParamMap extra) {
        SpindleTransformer copy = defaultCopy(extra);
        synchronized (this) {
            copy.shipment = shipment;
        }
        return copy;
    }

    /** The columns to be made, in order. */
    StructType outputSchema() {
        StructType schema = new StructType();
        for (Map.Entry<Output, String> column : columns().entrySet()) {
            if (schema.getFieldIndex(column.getValue()).isDefined()) {
                throw new IllegalArgumentException(
                        uid + ": expected columns of different names, found two named " + column.getValue());
            }
            schema = schema.add(column.getValue(), column.getKey().type());
        }
        if (schema.isEmpty()) {
            throw new IllegalArgumentException(uid + ": expected the name of a column to make, found all of them empty");
        }
        if (!getMaskCol().isEmpty() && !EnumSet.of(Output.MASK, Output.ERROR).containsAll(columns().keySet())) {
            throw new IllegalArgumentException(uid + ": expected, with maskCol set, no other column but that of errors, found "
                    + String.join(", ", schema.fieldNames()));
        }
        return schema;
    }

    private Map<Output, String> columns() {
        Map<Output, String> columns = new EnumMap<>(Map.of(
                Output.LABEL, getLabelCol(),
                Output.SCORE, getScoreCol(),
                Output.TOP_K, getTopKCol(),
                Output.EMBEDDING, getEmbeddingCol(),
                Output.MASK, getMaskCol(),
                Output.ERROR, getErrorCol()));
        columns.values().removeIf(String::isEmpty);
        if (columns.containsKey(Output.MASK)) {
            columns.keySet().removeIf(output ->
                    output == Output.LABEL && !isSet(labelCol) || output == Output.SCORE && !isSet(scoreCol));
        }
        return columns;
    }

    /** What goes to the executors; throws {@link IllegalArgumentException} where the model has not what the columns want. */
    Classifier classifier(SparkSession spark) {
        Map<Output, String> columns = columns();
        boolean mask = columns.containsKey(Output.MASK);
        int classes = columns.containsKey(Output.TOP_K)
                ? getK()
                : columns.containsKey(Output.LABEL) || columns.containsKey(Output.SCORE) ? 1 : 0;
        Shipment current = ship(spark);
        ModelFiles files = current.model.value();
        if (mask != files.segments() && (mask || classes > 0 || columns.containsKey(Output.EMBEDDING))) {
            String expected = mask ? "maskCol: expected a segmentation network" : "model: expected a classifier, or maskCol set";
            throw new IllegalArgumentException(expected + ", found " + files.architecture());
        }
        return new Classifier(
                current.model,
                current.counters,
                new Request(getInputCol(), classes, columns.containsKey(Output.EMBEDDING), mask),
                columns.keySet().toArray(Output[]::new));
    }

    private synchronized Shipment ship(SparkSession spark) {
        SparkContext context = spark.sparkContext();
        ModelLocation location = ModelLocation.of(getModel(), context.hadoopConfiguration());
        String stamp = location.stamp();
        boolean sameContext = shipment != null && shipment.context == context;
        if (!sameContext || !shipment.stamp.equals(stamp)) {
            shipment = new Shipment(
                    context,
                    stamp,
                    JavaSparkContext.fromSparkContext(context).broadcast(location.read()),
                    sameContext ? shipment.counters : new Counters(context));
        }
        return shipment;
    }
}
