package dev.spindle.spark;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
            SpindleTransformer transformer = new SpindleTransformer().setModel(args[2]);
            Dataset<Row> images = spark.read().format("binaryFile").load(args[0]);
            List<String> lines = new ArrayList<>();
            label(transformer, images, lines);
            loseAnExecutor(spark.sparkContext());
            label(transformer, images, lines);
            Files.write(Path.of(args[1]), lines);
        }
    }

    private static void label(SpindleTransformer transformer, Dataset<Row> images, List<String> lines) {
        transformer.transform(images).select("path", "label", "score", "error").collectAsList().stream()
                .map(row -> line(Path.of(URI.create(row.getString(0))), row.getString(1), row.get(2), row.getString(3)))
                .sorted()
                .forEach(lines::add);
        SpindleMetrics metrics = transformer.metrics();
        lines.add(metrics.images() + " images, " + metrics.failures() + " failures, " + metrics.models() + " models");
    }

    /** One row as text. */
    static String line(Path image, String label, Object score, String error) {
        return image.getFileName() + " " + label + " " + score + " " + error;
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
