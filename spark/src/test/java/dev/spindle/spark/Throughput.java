package dev.spindle.spark;

import com.sun.management.OperatingSystemMXBean;
import dev.spindle.Classification;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Session;
import dev.spindle.image.ImageDecoder;
import dev.spindle.image.Preprocessor;
import dev.spindle.weights.catalogue.Models;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
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
    private static final OperatingSystemMXBean OS = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private final Model model;
    private final List<Path> files;

    private Throughput(Model model, List<Path> files) {
        this.model = model;
        this.files = files;
    }

    /** What one side took in each round. */
    private record Readings(double[] perSecond, double[] cpuMillis) {

        Readings(int rounds) {
            this(new double[rounds], new double[rounds]);
        }

        /** Runs once for warmth where the round is none, and measures the others. */
        void measure(int round, int images, Callable<?> run) throws Exception {
            long cpu = OS.getProcessCpuTime();
            long start = System.nanoTime();
            run.call();
            long end = System.nanoTime();
            if (round >= 0) {
                perSecond[round] = images * 1e9 / (end - start);
                cpuMillis[round] = (OS.getProcessCpuTime() - cpu) / 1e6 / images;
            }
        }

        @Override
        public String toString() {
            return String.format("%.1f images/s, %.2f ms of CPU an image", median(perSecond), median(cpuMillis));
        }
    }

    /**
     * Measures and prints medians.
     *
     * @param args a folder of images, how many rounds, and perhaps a model
     */
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        int rounds = Integer.parseInt(args[1]);
        String name = args.length > 2 ? args[2] : "";
        Readings library = new Readings(rounds);
        Readings spark = new Readings(rounds);
        try (Model model = Model.of(Models.read(name.isEmpty() ? null : Path.of(name)), Options.DEFAULT);
                SparkSession session = TestSpark.session()) {
            Throughput throughput = new Throughput(model, files(folder));
            int count = throughput.files.size();
            // Tasks of four batches, as Spark cuts a large folder of small files.
            session.conf().set("spark.sql.files.minPartitionNum", Math.ceilDiv(count, 4 * BATCH));
            SpindleTransformer transformer = new SpindleTransformer().setModel(name).setTopKCol("top").setK(K);
            Dataset<Row> images = session.read().format("binaryFile").load(folder.toString());
            Dataset<Row> labelled = transformer.transform(images).drop("content");
            for (int round = -1; round < rounds; round++) {
                library.measure(round, count, throughput::runLibrary);
                spark.measure(round, count, () -> {
                    labelled.write().format("noop").mode("overwrite").save();
                    return count;
                });
            }
            System.out.printf("%s on %s, %d images%n", model.network().architecture(), model.backend(), count);
            System.out.printf("library  %s%nSpark    %s%n", library, spark);
            System.out.printf("ratio    %.3f%n", median(spark.perSecond) / median(library.perSecond));
            SpindleMetrics metrics = transformer.metrics();
            System.out.printf(
                    "in Spark's tasks, an image took %.2f ms for decoding and %.2f ms in the network; %d images failed%n",
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
    private int runLibrary() throws Exception {
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
            return classified;
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
