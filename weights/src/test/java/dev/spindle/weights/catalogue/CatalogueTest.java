package dev.spindle.weights.catalogue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.image.Preprocessing;
import dev.spindle.weights.DefaultModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogueTest {

    private static final Catalogue PUBLISHED = Catalogue.published();

    @TempDir
    private Path folder;

    @Test
    void holdsThePublishedModels() {
        Map<String, Long> counts = PUBLISHED.entries().stream()
                .collect(Collectors.groupingBy(CatalogueEntry::source, Collectors.counting()));
        assertEquals(Map.of("torchvision", 2L, "d-li14", 11L, "timm", 5L, "Keras", 22L, "TensorFlow", 23L), counts);
        for (CatalogueEntry entry : PUBLISHED.entries()) {
            assertEquals("https", entry.address().getScheme(), entry.name());
            assertTrue(entry.inputSize().isPresent() && entry.preprocessing().isPresent(), entry.name());
            double top1 = entry.top1().orElseThrow();
            double top5 = entry.top5().orElseThrow();
            assertTrue(30 < top1 && top1 < top5 && top5 < 95, entry.name());
        }
    }

    @Test
    void hasTheHashesThatFileNamesCarry() {
        for (CatalogueEntry entry : PUBLISHED.entries()) {
            if (entry.file().endsWith(".pth")) {
                assertTrue(entry.file().endsWith("-" + entry.checksum().orElseThrow().sha256() + ".pth"), entry.file());
            }
        }
        assertEquals(15, PUBLISHED.entries().stream().filter(entry -> entry.checksum().isPresent()).count());
    }

    @Test
    void knowsWhatPublishersSay() {
        CatalogueEntry torchvision = PUBLISHED.find("torchvision-1.0-224-v2").orElseThrow();
        assertEquals("mobilenet_v2-7ebf99e0.pth", torchvision.file());
        assertEquals("BSD-3-Clause", torchvision.licence());
        assertEquals(OptionalDouble.of(72.154), torchvision.top1());
        assertEquals(232.0 / 224, torchvision.preprocessing().orElseThrow().resizeRatio());
        CatalogueEntry small = PUBLISHED.find("d-li14-1.0-96").orElseThrow();
        assertEquals(OptionalInt.of(96), small.inputSize());
        // int(96 / 0.875), as its data loader has it
        assertEquals(109.0 / 96, small.preprocessing().orElseThrow().resizeRatio());
        CatalogueEntry timm = PUBLISHED.find("timm-mobilenetv2_100").orElseThrow();
        assertTrue(timm.checksum().orElseThrow().isWhole());
        assertEquals(
                Preprocessing.Interpolation.BICUBIC, timm.preprocessing().orElseThrow().interpolation());
        CatalogueEntry slim = PUBLISHED.find("slim-0.35-96").orElseThrow();
        assertEquals(Optional.empty(), slim.checksum());
        assertEquals(Optional.of(LabelSet.IMAGENET_BACKGROUND), slim.labels());
        assertEquals(Optional.empty(), PUBLISHED.find("slim-0.35-97"));
    }

    @Test
    void knowsTheClassesOfImageNet() {
        List<String> ids = LabelSet.IMAGENET.wordNetIds();
        assertEquals(1000, new HashSet<>(ids).size());
        assertEquals(List.copyOf(new TreeSet<>(ids)), ids);
        List<String> labels = LabelSet.IMAGENET_BACKGROUND.labels();
        assertEquals(1001, labels.size());
        assertEquals("background", labels.getFirst());
        assertEquals("", LabelSet.IMAGENET_BACKGROUND.wordNetIds().getFirst());
        int tabby = LabelSet.IMAGENET_BACKGROUND.wordNetIds().indexOf("n02123045");
        assertEquals("tabby, tabby cat", labels.get(tabby));
        assertEquals(tabby - 1, LabelSet.IMAGENET.labels().indexOf("tabby, tabby cat"));
    }

    @Test
    void completesWhatAFileCannotSay() {
        Checkpoint embedded = DefaultModel.load();
        Checkpoint read = embedded.withSource(embedded.source().withWarnings(List.of("two facts disagree")));
        CatalogueEntry entry = PUBLISHED.find("d-li14-1.0-96").orElseThrow();
        Checkpoint completed = entry.complete(read);
        assertEquals(96, completed.network().height());
        assertEquals(96, completed.network().width());
        assertEquals(entry.preprocessing().orElseThrow(), completed.preprocessing());
        // Labels of the file stay, and those of other classes are no labels of its own.
        assertEquals(read.labels(), completed.labels());
        assertEquals(List.of(), entry.complete(read.withLabels(List.of())).labels());
        assertEquals(read.source().warnings(), completed.source().warnings());
        assertTrue(completed.source().notes().getLast().contains("d-li14-1.0-96"), completed.source().notes().toString());
    }

    @Test
    void readsAManifest() throws IOException {
        Catalogue mirror = Catalogue.read(manifest("""
                {"source": "mirror", "page": "http://mirror.test", "licence": "MIT", "models": [
                  {"name": "a", "address": "http://mirror.test/x/model%20a.bin", "file": "a.bin", "bytes": 17},
                  {"name": "b", "address": "http://mirror.test/x/b.pth?download=1"}]}
                """));
        assertEquals(2, mirror.entries().size());
        assertEquals(17, mirror.find("a").orElseThrow().bytes().orElseThrow());
        assertEquals("b.pth", mirror.find("b").orElseThrow().file());
        assertEquals(Optional.empty(), mirror.find("b").orElseThrow().preprocessing());
        assertEquals(Optional.empty(), mirror.find("b").orElseThrow().labels());
    }

    @Test
    void refusesWhatIsNoManifest() throws IOException {
        refused("", "expected a manifest");
        refused("[]", "expected a manifest");
        refused("{\"source\": \"x\"", "expected a manifest");
        refused("{\"source\": \"x\", \"page\": \"p\", \"licence\": \"l\"}", "models");
        refused("{\"source\": null, \"page\": \"p\", \"licence\": \"l\", \"models\": []}", "source");
        refused("{\"source\": \"x\", \"page\": \"p\", \"licence\": \"l\", \"models\": [null]}", "expected a manifest");
        refused("{\"source\": \"x\", \"page\": \"p\", \"licence\": \"l\", \"models\": []} more", "expected a manifest");
        refusedModel("\"name\": \"a\"", "address");
        refusedModel("\"name\": \"a\", \"address\": \"http://h/f\", \"colour\": \"red\"", "colour");
        refusedModel("\"name\": \"a b\", \"address\": \"http://h/f\"", "name a b, expected letters");
        refusedModel("\"name\": \"a\", \"address\": \"http://h/f\", \"file\": \"../f\"", "file ../f");
        refusedModel("\"name\": \"a\", \"address\": \"http://h/\"", "expected letters");
        refusedModel("\"name\": \"a\", \"address\": \"ftp://h/f\"", "address ftp://h/f, expected one of http or https");
        refusedModel("\"name\": \"a\", \"address\": \"::\"", "model a");
        refusedModel("\"name\": \"a\", \"address\": \"http://h/f\", \"sha256\": \"123\"", "sha256 123, expected 8 to 64");
        refusedModel("\"name\": \"a\", \"address\": \"http://h/f\", \"bytes\": 0", "bytes 0, expected 1 to");
        refusedModel("\"name\": \"a\", \"address\": \"http://h/f\", \"input_size\": 0", "input_size 0, expected 1 to");
        refusedModel("\"name\": \"a\", \"address\": \"http://h/f\", \"top1\": 101", "top1 101.0, expected 0 to 100");
        refusedModel(
                "\"name\": \"a\", \"address\": \"http://h/f\"}, {\"name\": \"a\", \"address\": \"http://h/g\"",
                "two models of the name a");
        refusedModel(
                "\"name\": \"a\", \"address\": \"http://h/f\"}, {\"name\": \"b\", \"address\": \"http://g/f\"",
                "two models of the file f");
        Path missing = folder.resolve("missing.json");
        InvalidInputException e = assertThrows(InvalidInputException.class, () -> Catalogue.read(missing));
        assertTrue(e.getMessage().contains("no such file"), e.getMessage());
    }

    private void refusedModel(String model, String words) throws IOException {
        refused(
                "{\"source\": \"x\", \"page\": \"p\", \"licence\": \"l\", \"models\": [{" + model + "}]}", words);
    }

    private void refused(String json, String words) throws IOException {
        Path manifest = manifest(json);
        InvalidInputException e = assertThrows(InvalidInputException.class, () -> Catalogue.read(manifest), json);
        assertTrue(e.getMessage().startsWith(manifest.toString()), e.getMessage());
        assertTrue(e.getMessage().contains(words), e.getMessage());
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
    }

    private Path manifest(String json) throws IOException {
        return Files.writeString(folder.resolve("manifest.json"), json);
    }
}
