package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchCommandTest {

    @TempDir
    private Path folder;

    /** Of the embedded network. */
    private static final long MACS = 4_747_968;

    @Test
    void measuresWhatItWasAskedFor() {
        JsonNode result = Cli.json(
                "bench", "--backend", "scalar", "--threads", 2, "--batch", 3, "--seconds", 0.2, "--warmup", 0.1);
        assertEquals("embedded", result.get("model").textValue());
        assertEquals("scalar", result.get("backend").textValue());
        assertEquals(2, result.get("threads").intValue());
        assertEquals(3, result.get("batch").intValue());
        assertTrue(result.get("calls").intValue() >= 1, result.toString());
        assertTrue(result.get("warmup_seconds").doubleValue() >= 0.1, result.toString());
        double min = result.get("min_ms").doubleValue();
        double median = result.get("median_ms").doubleValue();
        double p99 = result.get("p99_ms").doubleValue();
        assertTrue(0 < min && min <= median && median <= p99, result.toString());
        assertEquals(3e3 / median, result.get("images_per_second").doubleValue(), 1e-6 / median);
        double gflops = 2 * MACS * 3 / (median / 1e3) / 1e9;
        assertEquals(gflops, result.get("gflops").doubleValue(), 1e-9 * gflops);
    }

    @Test
    void printsTheSameForPeople() {
        List<String> lines = Cli.run("bench", "--backend", "scalar", "--seconds", 0.05, "--warmup", 0)
                .succeeded().out().lines().toList();
        assertEquals(4, lines.size(), lines.toString());
        assertEquals("MobileNetV2 0.35 in fp32, 64x64, on scalar, 1 thread, batch 1", lines.get(0));
        assertTrue(lines.get(2).matches("  median +[\\d.]+ ms   [\\d.,]+ images/s, [\\d.,]+ GFLOP/s"), lines.get(2));
    }

    @Test
    void integersAreNoFlops() throws IOException {
        Path model = TestFiles.fixture(folder, "tflite-int8/weights.tflite");
        JsonNode result =
                Cli.json("bench", "--model", model, "--backend", "scalar", "--seconds", 0.05, "--warmup", 0);
        assertEquals("int8", result.get("precision").textValue());
        assertTrue(result.get("gflops").isNull());
        double gops = 2 * MACS / (result.get("median_ms").doubleValue() / 1e3) / 1e9;
        assertEquals(gops, result.get("gops").doubleValue(), 1e-9 * gops);
        String text = Cli.run(
                "bench", "--model", model, "--precision", "fp32", "--backend", "scalar", "--seconds", 0.05, "--warmup", 0)
                .succeeded().out();
        assertTrue(text.contains(" in fp32, ") && text.contains(" GFLOP/s"), text);
    }

    @Test
    void refusesAbsurdOptions() {
        Cli.run("bench", "--batch", 0).refused("--batch: expected at least 1, found 0");
        Cli.run("bench", "--seconds", 0).refused("--seconds: expected above 0");
        Cli.run("bench", "--seconds", "NaN").refused("--seconds: expected above 0");
        Cli.run("bench", "--warmup", -1).refused("--warmup: expected 0 to 3600, found -1");
        Cli.run("bench", "--batch", Integer.MAX_VALUE).refused("--batch 2147483647", "MB", "SPINDLE_JAVA_OPTS");
    }

    @Test
    void percentilesAreThoseOfTheNearestRank() {
        Latencies latencies = new Latencies();
        assertThrows(IllegalStateException.class, latencies::median);
        for (int i = 10_000; i >= 1; i--) {
            latencies.add(i * 1_000L);
        }
        assertEquals(10_000, latencies.count());
        assertEquals(0.001, latencies.min(), 1e-12);
        assertEquals(5.0, latencies.median(), 1e-12);
        assertEquals(9.9, latencies.percentile(99), 1e-12);
        assertEquals(10.0, latencies.percentile(100), 1e-12);
        latencies.clear();
        latencies.add(7_000_000);
        assertEquals(7, latencies.median(), 1e-12);
        assertEquals(7, latencies.percentile(99), 1e-12);
    }
}
