package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spindle.weights.DefaultModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluateCommandTest {

    private static final List<String> LABELS = DefaultModel.load().labels();

    @TempDir
    private Path folder;

    /** What the embedded network makes of the test's picture, most probable first. */
    private List<String> ranking(Path picture) {
        JsonNode classes = Cli.json("classify", "--top", 10, picture).get("images").get(0).get("classes");
        return IntStream.range(0, 10).mapToObj(rank -> classes.get(rank).get("label").textValue()).toList();
    }

    private Path pictures(String... classes) throws IOException {
        Path pictures = Files.createDirectory(folder.resolve("pictures"));
        for (String name : classes) {
            TestFiles.picture(Files.createDirectories(pictures.resolve(name)), "sun.png");
        }
        return pictures;
    }

    @Test
    void countsWhatIsRightAndWhatIsAmongFive() throws IOException {
        List<String> ranking = ranking(TestFiles.picture(folder, "sun.png"));
        Path pictures = pictures(ranking.get(0), ranking.get(4), ranking.get(5), ranking.get(9));
        Path csv = folder.resolve("out.csv");
        JsonNode result = Cli.json("evaluate", "--csv", csv, pictures);
        assertEquals(4, result.get("images").intValue());
        assertEquals(25, result.get("top1").doubleValue());
        assertEquals(50, result.get("top5").doubleValue());
        assertEquals(0, result.get("failed").size());
        assertTrue(result.get("images_per_second").doubleValue() > 0);
        assertEquals(3, result.get("confusions").size());
        for (JsonNode confusion : result.get("confusions")) {
            assertEquals(1, confusion.get("count").intValue());
            assertEquals(ranking.getFirst(), confusion.get("predicted_label").textValue());
        }
        List<String> lines = Files.readAllLines(csv);
        assertEquals("file,class,label,predicted,predicted_label,rank,error", lines.getFirst());
        assertEquals(5, lines.size());
        for (int rank : new int[] {0, 4, 5, 9}) {
            String label = ranking.get(rank);
            Path file = pictures.resolve(label).resolve("sun.png");
            String expected = String.join(
                    ",", file.toString(), "" + LABELS.indexOf(label), label, "" + LABELS.indexOf(ranking.getFirst()),
                    ranking.getFirst(), "" + (rank + 1), "");
            assertTrue(lines.contains(expected), lines + " without " + expected);
        }
    }

    @Test
    void everyBackendGivesTheSame() throws IOException {
        Path pictures = pictures("cat", "dog", "frog");
        JsonNode first = null;
        for (String backend : Backends.supported()) {
            JsonNode result = Cli.json("evaluate", "--backend", backend, "--threads", 2, pictures);
            assertEquals(backend, result.get("backend").textValue());
            first = first == null ? result : first;
            assertEquals(first.get("confusions"), result.get("confusions"));
        }
    }

    @Test
    void namesCorruptPicturesAndGoesOn() throws IOException {
        Path pictures = pictures("cat", "dog");
        Path bad = TestFiles.text(pictures.resolve("cat"), "bad, \"really\".jpg", "no picture");
        Path csv = folder.resolve("out.csv");
        Cli run = Cli.run("evaluate", "--json", "--csv", csv, pictures);
        assertEquals(ExitCode.SUCCESS, run.exitCode());
        run.assertMessage(bad, "expected a picture");
        assertEquals(2, run.json().get("images").intValue());
        assertEquals(bad.toString(), run.json().get("failed").get(0).get("file").textValue());
        assertTrue(Files.readString(csv).contains("\"" + bad.toString().replace("\"", "\"\"") + "\",3,cat,,,,"));
        Files.delete(pictures.resolve("cat/sun.png"));
        Files.delete(pictures.resolve("dog/sun.png"));
        Cli none = Cli.run("evaluate", pictures);
        assertEquals(ExitCode.BAD_INPUT, none.exitCode());
        assertTrue(none.out().contains("0 images"), none.out());
    }

    @Test
    void saysItForPeople() throws IOException {
        Path pictures = pictures("cat", "dog", "ship");
        List<String> lines = Cli.run("evaluate", pictures).succeeded().out().lines().toList();
        assertTrue(lines.get(0).startsWith("MobileNetV2 0.35, on "), lines.toString());
        assertTrue(lines.get(1).matches("  3 images in .* images/s with decoding, 0 failed"), lines.toString());
        assertTrue(lines.get(2).matches("  top-1 +\\d+\\.\\d\\d %"), lines.toString());
        assertTrue(lines.get(3).matches("  top-5 +\\d+\\.\\d\\d %"), lines.toString());
        assertEquals("most frequent confusions", lines.get(4));
        assertTrue(lines.get(5).contains(", taken for "), lines.toString());
    }

    @Test
    void findsClassesInFoldersNamesAndLists() throws IOException {
        Path byIndex = pictures("3", "05");
        TestFiles.picture(Files.createDirectories(byIndex.resolve("05/deeper")), "sun.jpg");
        assertTruths(List.of(5, 5, 3), "evaluate", byIndex);

        Path byName = Files.createDirectory(folder.resolve("names"));
        TestFiles.picture(byName, "3_sun.png");
        TestFiles.picture(byName, "7-sun.png");
        Files.createFile(byName.resolve(".hidden.png"));
        Files.createFile(byName.resolve("notes.txt"));
        Files.createDirectory(byName.resolve("empty"));
        assertTruths(List.of(3, 7), "evaluate", byName);

        Path labels = TestFiles.text(
                folder, "labels.txt", "n00000000 zero", "n00000001 one", "two", "3", "4", "5", "6", "7", "8", "9");
        Path byIdentifier = Files.createDirectory(folder.resolve("identifiers"));
        TestFiles.picture(byIdentifier, "val_00000293_n00000001.png");
        TestFiles.picture(byIdentifier, "n00000000_9.png");
        assertTruths(List.of(0, 1), "evaluate", "--labels", labels, byIdentifier);

        Path list = TestFiles.text(folder, "list.txt", "3_sun.png 1", "", "7-sun.png,two", "3_sun.png\tn00000000");
        assertTruths(List.of(1, 2, 0), "evaluate", "--labels", labels, "--truth", list, byName);
    }

    private void assertTruths(List<Integer> expected, Object... arguments) throws IOException {
        Path csv = folder.resolve("truths.csv");
        Object[] all = Arrays.copyOf(arguments, arguments.length + 2);
        all[arguments.length] = "--csv";
        all[arguments.length + 1] = csv;
        Cli.run(all).succeeded();
        assertEquals(
                expected,
                Files.readAllLines(csv).stream().skip(1).map(line -> Integer.valueOf(line.split(",")[1])).toList());
    }

    @Test
    void refusesWhatIsAmbiguousOrUnknown() throws IOException {
        Path pictures = pictures("unicorn");
        Cli.run("evaluate", pictures).refused(pictures.resolve("unicorn"), "expected a class", "found unicorn");
        TestFiles.picture(pictures, "3_sun.png");
        Files.move(pictures.resolve("unicorn"), pictures.resolve("cat"));
        Cli.run("evaluate", pictures).refused(pictures, "found both");

        Path names = Files.createDirectory(folder.resolve("names"));
        Cli.run("evaluate", names).refused(names, "expected pictures", "found none");
        Path picture = TestFiles.picture(names, "sun.png");
        Cli.run("evaluate", names).refused(picture, "WordNet identifier", "found neither");
        Files.move(picture, names.resolve("n00000001_n00000002.png"));
        Cli.run("evaluate", names).refused("n00000001 and n00000002");
        Cli.run("evaluate", folder.resolve("missing")).refused("missing", "no such folder");

        Path list = TestFiles.text(folder, "list.txt", "n00000001_n00000002.png cat", "sun.png");
        Cli.run("evaluate", "--truth", list, names).refused(list + ": line 2", "expected a file and a class");
        Path empty = Files.createFile(folder.resolve("empty.txt"));
        Cli.run("evaluate", "--truth", empty, names).refused(empty, "found none");
    }

    @Test
    void ranksByLogitAndThenByIndex() {
        Accuracy accuracy = new Accuracy(new ClassNames(List.of(), 7));
        float[] logits = {1, 3, 3, 2, 0, 0, -1};
        assertEquals(new Accuracy.Ranking(1, 1), accuracy.add(1, logits));
        assertEquals(new Accuracy.Ranking(1, 2), accuracy.add(2, logits));
        assertEquals(new Accuracy.Ranking(1, 5), accuracy.add(4, logits));
        assertEquals(new Accuracy.Ranking(1, 6), accuracy.add(5, logits));
        accuracy.add(2, logits);
        assertEquals(20, accuracy.top1());
        assertEquals(80, accuracy.top5());
        assertEquals(new Accuracy.Confusion(2, "2", 1, "1", 2), accuracy.confusions().getFirst());
        assertEquals(3, accuracy.confusions().size());
    }
}
