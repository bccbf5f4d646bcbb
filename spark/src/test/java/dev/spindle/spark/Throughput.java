package dev.spindle.spark;

import dev.spindle.Classification;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Session;
import dev.spindle.image.ImageDecoder;
import dev.spindle.image.Preprocessor;
import dev.spindle.weights.catalogue.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Spark on two local cores beside the library on two threads: the same files, read and decoded in each round, in turn. A
 * program, not a test; CONTRIBUTING.md says how to run it.
 */
public final class Throughput {

    private static final int THREADS = 2;
    private static final int BATCH = 8;
    private static final int K = 5;

    private final Model model;
    private final List<Path> files;

    private Throughput(Model model, List<Path> files) {
        this.model = model;
        this.files = files;
    }

    /**
     * Measures and prints images per second, medians of rounds after the first, which warms up.
     *
     * @param args a folder of images, how many rounds, and perhaps a model
     */
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        int rounds = Integer.parseInt(args[1]);
        String name = args.length > 2 ? args[2] : "";
        double[] library = new double[rounds];
        double[] spark = new double[rounds];
        try (Model model = Model.of(Models.read(name.isEmpty() ? null : Path.of(name)), Options.DEFAULT);
                SparkSession session = TestSpark.session()) {
            Throughput throughput = new Throughput(model, files(folder));
            // Tasks of four batches, as Spark cuts a large folder of small files.
            session.conf().set("spark.sql.files.minPartitionNum", Math.ceilDiv(throughput.files.size(), 4 * BATCH));
            SpindleTransformer transformer = new SpindleTransformer().setModel(name).setTopKCol("top").setK(K);
            Dataset<Row> images = session.read().format("binaryFile").load(folder.toString());
            Dataset<Row> labelled = transformer.transform(images).drop("content");
            for (int round = -1; round < rounds; round++) {
                long start = System.nanoTime();
                throughput.runLibrary();
                long between = System.nanoTime();
                labelled.write().format("noop").mode("overwrite").save();
                long end = System.nanoTime();
                if (round >= 0) {
                    library[round] = throughput.files.size() * 1e9 / (between - start);
                    spark[round] = throughput.files.size() * 1e9 / (end - between);
                }
            }
            SpindleMetrics metrics = transformer.metrics();
            System.out.printf(
                    "%s on %s, %d images: library %.1f images/s, Spark %.1f images/s, ratio %.3f%n",
                    model.network().architecture(), model.backend(), throughput.files.size(),
                    median(library), median(spark), median(spark) / median(library));
            System.out.printf(
                    "an image on Spark: %.2f ms decoding, %.2f ms network; %d failures%n",
                    metrics.decodeNanos() / 1e6 / metrics.images(), metrics.inferNanos() / 1e6 / metrics.images(),
                    metrics.failures());
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    /** Reads, decodes and classifies all files, each thread with a session of its own, batch by batch. */
    private void runLibrary() throws Exception {
        AtomicInteger next = new AtomicInteger();
        try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
            List<Future<Integer>> parts = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                parts.add(threads.submit(() -> runBatches(next)));
            }
            int classified = 0;
            for (Future<Integer> part : parts) {
                classified += part.get();
            }
            if (classified != files.size()) {
                throw new IllegalStateException(classified + " of " + files.size() + " images classified");
            }
        }
    }

    private int runBatches(AtomicInteger next) throws IOException {
        int classified = 0;
        try (Session session = model.newSession()) {
            Preprocessor preprocessor =
                    new Preprocessor(model.preprocessing(), model.network().height(), model.network().width());
            float[] input = new float[BATCH * session.inputLength()];
            float[] logits = new float[BATCH * session.logitsLength()];
            for (int first = next.getAndAdd(BATCH); first < files.size(); first = next.getAndAdd(BATCH)) {
                int count = Math.min(BATCH, files.size() - first);
                for (int i = 0; i < count; i++) {
                    Path file = files.get(first + i);
                    preprocessor.apply(
                            ImageDecoder.decode(Files.readAllBytes(file), file.toString()), input, i * session.inputLength());
                }
                session.run(input, count, logits, null);
                for (int i = 0; i < count; i++) {
                    int from = i * session.logitsLength();
                    float[] one = Arrays.copyOfRange(logits, from, from + session.logitsLength());
                    classified += Classification.top(one, K, model.labels()).isEmpty() ? 0 : 1;
                }
            }
        }
        return classified;
    }
}
