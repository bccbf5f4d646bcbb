package dev.spindle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.InvalidInputException;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SuiteTest {

    private static final NetworkCase TINY = new NetworkCase(0.35, 32, 1, 1);

    private final ByteArrayOutputStream log = new ByteArrayOutputStream();
    private final List<String> progress = new ArrayList<>();

    private Suite suite(NetworkCase network, int forks) {
        SuitePlan plan = new SuitePlan(true, TINY, List.of(network), forks, 0, 3, 0.01, 3, 12);
        Suite suite = new Suite(plan, List.of("scalar"), new PrintStream(log, true, StandardCharsets.UTF_8));
        suite.run(progress::add, suite::result);
        return suite;
    }

    @Test
    void everyForkOfEveryStepCounts() {
        Suite suite = suite(TINY, 2);
        SuiteResult result = suite.result();
        assertEquals(List.of(), result.failures(), log::toString);
        assertEquals(8, suite.runs().size());
        assertEquals(0, result.stepsLeft());
        Set<String> kinds = Set.of("stem", "1x1", "depthwise", "pool", "dense", "block");
        assertTrue(kinds.stream().allMatch(kind -> result.layers().stream().anyMatch(layer -> layer.kind().equals(kind))));
        for (SuiteResult.LayerResult layer : result.layers()) {
            Score score = layer.micros().get("scalar");
            assertTrue(score.low() <= score.mean() && score.mean() > 0 && score.mean() <= score.high(), layer::toString);
            assertEquals(6, score.count());
        }
        SuiteResult.FirstCallsResult calls = result.firstCalls().getFirst();
        assertEquals("onnxruntime", calls.label());
        assertEquals(List.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), calls.numbers());
        assertTrue(calls.millis().stream().allMatch(millis -> millis > 0), calls::toString);
        SuiteResult.NetworkResult network = result.networks().getFirst();
        assertEquals(List.of("onnxruntime", "scalar"), List.copyOf(network.peers().keySet()));
        assertEquals(1, network.peers().get("onnxruntime").ratio());
        SuiteResult.PeerResult scalar = network.peers().get("scalar");
        assertTrue(scalar.lowerQuartile() <= scalar.ratio() && scalar.ratio() <= scalar.upperQuartile(), scalar::toString);
        assertEquals(6, scalar.millis().count());
        assertTrue(
                progress.contains("2 of 8: blocks on scalar, fork 1 of 2; less than a minute left"), progress::toString);
        assertEquals(Kernels.all().size(), result.backends().size());
        assertTrue(result.backends().stream().filter(SuiteResult.Backend::measured).allMatch(b -> b.name().equals("scalar")));
    }

    @Test
    void aForkThatFailsCostsItselfAlone() {
        SuiteResult result = suite(new NetworkCase(0.35, 32, 1, -1), 1).result();
        assertEquals(1, result.failures().size());
        SuiteResult.Failure failure = result.failures().getFirst();
        assertEquals("0.35 at 32, -1 threads", failure.step());
        assertTrue(failure.reason().contains("expected at least 1 of each"), failure::reason);
        assertTrue(progress.stream().anyMatch(line -> line.startsWith("0.35 at 32, -1 threads failed: ")), progress::toString);
        assertEquals(List.of(), result.networks());
        assertTrue(result.layers().stream().allMatch(layer -> layer.micros().containsKey("scalar")));
    }

    @Test
    void resultsAreReadAsTheyWereWritten(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("result.json");
        SuiteResult result = TestResults.make(1);
        ResultFile.write(file, result);
        assertEquals(result, ResultFile.read(file));

        String text = Files.readString(file);
        String renamed = text.replace("\"peers\"", "\"pears\"");
        String half = text.substring(0, text.length() / 2);
        for (String broken : List.of("", "[]", "{}", "null", renamed, half, text + "x")) {
            Files.writeString(file, broken);
            InvalidInputException thrown = assertThrows(InvalidInputException.class, () -> ResultFile.read(file));
            assertTrue(thrown.getMessage().startsWith(file + ": expected a result.json of "), thrown::getMessage);
            assertEquals(1, thrown.getMessage().lines().count(), thrown::getMessage);
        }
        Files.delete(file);
        assertEquals(
                file + ": no such file",
                assertThrows(InvalidInputException.class, () -> ResultFile.read(file)).getMessage());
    }

    @Test
    void plansKnowTheMachineAndThePeers() {
        SuitePlan quick = SuitePlan.quick(1);
        assertTrue(quick.networks().stream().allMatch(network -> network.threads() == 1));
        assertTrue(SuitePlan.full(8).networks().contains(new NetworkCase(1.0, 224, 1, 8)));
        List<String> backends = List.of("native-avx512", "native-avx2", "vector-512", "vector-256", "scalar");
        NetworkCase single = new NetworkCase(1.0, 224, 1, 1);
        assertEquals(List.of("onnxruntime", "native-avx512", "vector-512", "scalar"), quick.peers(single, backends));
        assertEquals(6, SuitePlan.full(1).peers(single, backends).size());
        assertEquals(
                List.of("onnxruntime", "native-avx512", "vector-512"),
                quick.peers(new NetworkCase(1.0, 224, 8, 1), backends));
        assertEquals(
                List.of("native-avx512", "native-avx2", "vector-512", "vector-256", "scalar", "native-avx512:int8",
                        "vector-512:int8"),
                quick.runners(backends));
        assertEquals(9, SuitePlan.full(1).runners(backends).size());
        List<String> here = Kernels.all().stream().map(KernelCandidate::name).toList();
        assertTrue(here.indexOf("vector-512") < here.indexOf("vector-256"), "the preferred of a family come first");
    }

    @Test
    void timeLeftIsToldInWords() {
        assertEquals("less than a minute left", TimeLeft.text(59));
        assertEquals("about 1 min left", TimeLeft.text(61));
        assertEquals("about 99 min left", TimeLeft.text(99 * 60));
        assertEquals("about 2 h left", TimeLeft.text(2 * 3600));
    }

    @Test
    void firstCallsOfTheVectorApiAreTimedInEachWayToWarmUp() {
        List<FirstCalls> all = FirstCalls.of(List.of("native-avx2", "vector-256", "vector-128", "scalar"));
        assertEquals(
                List.of("onnxruntime", "native-avx2", "vector-256, warm-up none", "vector-256, warm-up background",
                        "vector-256, warm-up blocking"),
                all.stream().map(FirstCalls::label).toList());
        FirstCalls background = all.get(3);
        assertEquals("auto", background.asked());
        assertEquals(List.of("-Dspindle.native.library=none", "-Dspindle.isa.max=256"), background.options());
        assertEquals("vector-256", all.get(4).asked());
    }
}
