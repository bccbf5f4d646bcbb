package dev.spindle.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** What {@link ClusterIT} submits: labels a folder, loses an executor, and labels the folder again. */
public final class ClusterApp {

    private static final int EXECUTORS = 2;

    private ClusterApp() {}

    /**
     * Runs.
     *
     * @param args a folder of images, a file that receives the rows and metrics of both rounds, and a model
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        try (SparkSession spark = SparkSession.builder().getOrCreate()) {
            SpindleTransformer transformer = new SpindleTransformer().setModel(args[2]).setTopKCol("top").setK(2);
            Dataset<Row> images = spark.read().format("binaryFile").load(args[0]).repartition(8);
            List<String> lines = new ArrayList<>();
            label(transformer, images, lines);
            loseAnExecutor(spark.sparkContext());
            label(transformer, images, lines);
            Files.write(Path.of(args[1]), lines);
        }
    }

    private static void label(SpindleTransformer transformer, Dataset<Row> images, List<String> lines) {
        lines.addAll(texts(transformer.transform(images)));
        SpindleMetrics metrics = transformer.metrics();
        lines.add(metrics.images() + " images, " + metrics.failures() + " failures, " + metrics.models() + " models");
    }

    /** Rows as text, by path, without what differs or has none. */
    static List<String> texts(Dataset<Row> labelled) {
        return labelled.drop("content", "modificationTime").collectAsList().stream()
                .sorted(Comparator.comparing(row -> row.<String>getAs("path")))
                .map(Row::toString)
                .toList();
    }

    private static void loseAnExecutor(SparkContext context) throws InterruptedException {
        JavaSparkContext.fromSparkContext(context).parallelize(List.of(1), 1).foreach(one -> {
            if (TaskContext.get().attemptNumber() == 0) {
                Runtime.getRuntime().halt(1);
            }
        });
        // The driver counts itself.
        while (context.statusTracker().getExecutorInfos().length < 1 + EXECUTORS) {
            Thread.sleep(100);
        }
    }
}
