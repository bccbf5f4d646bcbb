package dev.spindle.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Checkpoint;
import dev.spindle.Model;
import dev.spindle.weights.DefaultModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.ml.feature.SQLTransformer;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpindleTransformerTest {

    private static final StructType BINARY = new StructType().add("content", DataTypes.BinaryType);

    @TempDir
    private static Path shared;

    private static Path few;

    @TempDir
    private Path folder;

    @BeforeAll
    static void draw() throws IOException {
        few = TestImages.folder(shared.resolve("few"), 30);
    }

    /** Rows as text in the order of paths, without what has none, an array. Spark would compute them twice to sort them. */
    private static List<String> texts(Dataset<Row> rows) {
        return rows.drop("content", "picture").collectAsList().stream()
                .sorted(Comparator.comparing(row -> row.<String>getAs("path")))
                .map(Row::toString)
                .toList();
    }

    private static List<String> labels(Dataset<Row> rows) {
        return rows.select("label").as(Encoders.STRING()).collectAsList().stream().sorted().toList();
    }

    @Test
    void givesWhatTheLibraryGives() throws IOException {
        Path many = TestImages.folder(folder.resolve("many"), 1_000);
        SpindleTransformer transformer = LibraryResults.withAllColumns(new SpindleTransformer());
        List<Row> rows = transformer.transform(TestSpark.images(many)).collectAsList();
        assertEquals(1_000, rows.size());
        try (LibraryResults library = new LibraryResults(DefaultModel.load())) {
            for (Row row : rows) {
                library.assertRow(row, row.getAs("content"), row.getAs("path"));
            }
        }
        SpindleMetrics metrics = transformer.metrics();
        assertEquals(1_000, metrics.images());
        assertEquals(10, metrics.failures());
        assertTrue(metrics.models() <= 1, "loaded " + metrics.models() + " times");
        assertTrue(metrics.decodeNanos() > 0);
        assertTrue(metrics.inferNanos() > 0);
    }

    @Test
    void aQuantisedNetworkRunsInIntegersAsInTheLibrary() throws IOException {
        Path file = TestModels.fixture("tflite-int8/weights.tflite", folder.resolve("net.tflite"));
        SpindleTransformer transformer = LibraryResults.withAllColumns(new SpindleTransformer().setModel(file.toString()));
        List<Row> rows = transformer.transform(TestSpark.images(few)).collectAsList();
        Checkpoint checkpoint = Model.read(file);
        assertTrue(checkpoint.quantised().isPresent());
        try (LibraryResults library = new LibraryResults(checkpoint)) {
            for (Row row : rows) {
                library.assertRow(row, row.getAs("content"), row.getAs("path"));
            }
        }
    }

    @Test
    void givesTheSameWhateverTheBatch() {
        SpindleTransformer transformer = LibraryResults.withAllColumns(new SpindleTransformer());
        List<String> expected = texts(transformer.transform(TestSpark.images(few)));
        assertEquals(expected, texts(transformer.setBatchSize(1).transform(TestSpark.images(few))));
    }

    @Test
    void makesTheColumnsThatAreNamed() {
        SpindleTransformer transformer =
                new SpindleTransformer().setLabelCol("").setScoreCol("").setErrorCol("why").setEmbeddingCol("");
        Dataset<Row> checked = transformer.transform(TestSpark.images(few));
        assertEquals(
                List.of("path", "modificationTime", "length", "content", "why"), Arrays.asList(checked.columns()));
        assertEquals(0, checked.where("why is not null").count());
        Dataset<Row> labelled = new SpindleTransformer().setLabelCol("animal").setScoreCol("").setErrorCol("")
                .transform(TestSpark.images(few).select("content"));
        assertEquals(List.of("content", "animal"), Arrays.asList(labelled.columns()));
        List<String> known = DefaultModel.load().labels();
        assertTrue(known.containsAll(labelled.select("animal").as(Encoders.STRING()).collectAsList()));
    }

    @Test
    void nothingIsNoImage() {
        Dataset<Row> rows = TestSpark.session().createDataFrame(
                List.of(RowFactory.create((Object) null), RowFactory.create(new byte[0])), BINARY);
        List<Row> found = new SpindleTransformer().transform(rows).drop("content").collectAsList();
        assertEquals("[null,null,content: expected a picture, found null]", found.get(0).toString());
        assertTrue(found.get(1).toString().endsWith(", found an empty file]"), found.get(1).toString());
    }

    @Test
    void noRowsAreNoRows() {
        Dataset<Row> rows = TestSpark.session().createDataFrame(List.of(), BINARY);
        assertEquals(0, new SpindleTransformer().transform(rows).count());
    }

    @Test
    void refusesSchemasThatDoNotFit() {
        assertSchemaRefused(
                "inputCol: expected a column content, found image, label",
                new SpindleTransformer(),
                new StructType().add("image", DataTypes.BinaryType).add("label", DataTypes.StringType));
        assertSchemaRefused(
                "inputCol: column content: expected BINARY, found STRING",
                new SpindleTransformer(),
                new StructType().add("content", DataTypes.StringType));
        assertSchemaRefused(
                "t: expected a new column, found that label is in the input already",
                new SpindleTransformer("t"),
                BINARY.add("label", DataTypes.StringType));
        assertSchemaRefused(
                "t: expected columns of different names, found two named score",
                new SpindleTransformer("t").setErrorCol("score"),
                BINARY);
        assertSchemaRefused(
                "t: expected the name of a column to make, found all of them empty",
                new SpindleTransformer("t").setLabelCol("").setScoreCol("").setErrorCol(""),
                BINARY);
    }

    private static void assertSchemaRefused(String message, SpindleTransformer transformer, StructType schema) {
        Dataset<Row> rows = TestSpark.session().createDataFrame(List.of(), schema);
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> transformer.transformSchema(schema)).getMessage());
        assertEquals(
                message, assertThrows(IllegalArgumentException.class, () -> transformer.transform(rows)).getMessage());
    }

    @Test
    void announcesTheSchemaItMakes() {
        SpindleTransformer transformer = LibraryResults.withAllColumns(new SpindleTransformer());
        Dataset<Row> images = TestSpark.images(few);
        assertEquals(transformer.transformSchema(images.schema()), transformer.transform(images).schema());
    }

    @Test
    void parametersAreDocumentedAndChecked() {
        SpindleTransformer transformer = new SpindleTransformer();
        assertEquals(
                List.of(
                        "batchSize", "embeddingCol", "errorCol", "inputCol", "k", "labelCol", "maskCol", "model", "scoreCol",
                        "topKCol"),
                Arrays.stream(transformer.params()).map(param -> param.name()).toList());
        assertTrue(transformer.explainParams().contains("k: how many classes topKCol has, at least 1 (default: 5)"));
        assertThrows(IllegalArgumentException.class, () -> transformer.setK(0));
        assertThrows(IllegalArgumentException.class, () -> transformer.setBatchSize(0));
    }

    @Test
    void copiesShareTheModel() {
        SpindleTransformer transformer = new SpindleTransformer().setModel("").setK(2);
        transformer.transform(TestSpark.images(few)).collectAsList();
        SpindleTransformer copy = transformer.copy(new ParamMap().put(transformer.k(), 4));
        assertEquals(2, transformer.getK());
        assertEquals(4, copy.getK());
        assertEquals(transformer.uid(), copy.uid());
        copy.transform(TestSpark.images(few)).collectAsList();
        assertEquals(60, transformer.metrics().images());
    }

    @Test
    void aPipelineIsSavedAndRead() throws IOException {
        Pipeline pipeline = new Pipeline().setStages(new PipelineStage[] {
            new SQLTransformer().setStatement("select path, content as picture from __THIS__"),
            new SpindleTransformer().setInputCol("picture").setTopKCol("top").setK(2).setBatchSize(4)
        });
        Dataset<Row> images = TestSpark.images(few);
        PipelineModel fitted = pipeline.fit(images);
        String saved = folder.resolve("pipeline").toString();
        fitted.save(saved);
        PipelineModel read = PipelineModel.load(saved);
        SpindleTransformer stage = (SpindleTransformer) read.stages()[1];
        assertEquals("picture", stage.getInputCol());
        assertEquals(2, stage.getK());
        assertEquals(4, stage.getBatchSize());
        assertEquals(fitted.stages()[1].uid(), stage.uid());
        assertEquals(texts(fitted.transform(images)), texts(read.transform(images)));
        assertEquals(30, stage.metrics().images());

        String alone = folder.resolve("transformer").toString();
        stage.save(alone);
        assertEquals(stage.explainParams(), SpindleTransformer.load(alone).explainParams());
    }

    @Test
    void twoJobsAtOnceShareOneModel() throws Exception {
        SpindleTransformer first = new SpindleTransformer();
        SpindleTransformer second = new SpindleTransformer().setTopKCol("top");
        List<String> expected = texts(new SpindleTransformer().transform(TestSpark.images(few)));
        try (ExecutorService jobs = Executors.newFixedThreadPool(2)) {
            Future<List<String>> one =
                    jobs.submit(() -> texts(first.transform(TestSpark.images(few).repartition(4))));
            Future<List<String>> two =
                    jobs.submit(() -> texts(second.transform(TestSpark.images(few).repartition(4)).drop("top")));
            assertEquals(expected, one.get());
            assertEquals(expected, two.get());
        }
        assertEquals(30, first.metrics().images());
        assertEquals(30, second.metrics().images());
        assertTrue(first.metrics().models() + second.metrics().models() <= 1);
    }

    @Test
    void aFolderMayBeAStream() throws Exception {
        Path incoming = Files.createDirectory(folder.resolve("incoming"));
        Dataset<Row> stream = TestSpark.session().readStream()
                .format("binaryFile")
                .schema(TestSpark.images(few).schema())
                .load(incoming.toString());
        SpindleTransformer transformer = new SpindleTransformer();
        Dataset<Row> labelled = transformer.transform(stream).drop("content");
        assertTrue(labelled.isStreaming());
        String checkpoint = folder.resolve("checkpoint").toString();
        Path[] images;
        try (var files = Files.list(few)) {
            images = files.sorted().toArray(Path[]::new);
        }
        for (int round = 0; round < 2; round++) {
            for (int i = round * 15; i < (round + 1) * 15; i++) {
                Files.copy(images[i], incoming.resolve(images[i].getFileName()));
            }
            run(labelled, checkpoint);
            assertEquals((round + 1) * 15, transformer.metrics().images());
        }
        assertEquals(
                labels(new SpindleTransformer().transform(TestSpark.images(few))),
                labels(TestSpark.session().read().json(folder.resolve("labelled").toString())));
    }

    private void run(Dataset<Row> labelled, String checkpoint) throws Exception {
        StreamingQuery query = labelled.writeStream()
                .format("json")
                .option("path", folder.resolve("labelled").toString())
                .option("checkpointLocation", checkpoint)
                .trigger(Trigger.AvailableNow())
                .start();
        query.awaitTermination();
    }

    @Test
    void sqlGivesWhatTheTransformerMakes() {
        SpindleTransformer transformer = new SpindleTransformer().setTopKCol("top").setK(2);
        SpindleFunctions.register(TestSpark.session(), transformer);
        TestSpark.images(few).createOrReplaceTempView("images");
        Dataset<Row> queried = TestSpark.session().sql(
                "select path, found.* from (select path, spindle_classify(content) as found from images)");
        assertEquals(
                texts(transformer.transform(TestSpark.images(few)).drop("modificationTime", "length")), texts(queried));
        // Of constants, Spark asks on the driver, without a task.
        Row constant = TestSpark.session().sql("select spindle_classify(X'00').error").first();
        assertTrue(constant.getString(0).startsWith("content: expected a picture"), constant.toString());
        assertEquals(61, transformer.metrics().images());
    }
}
