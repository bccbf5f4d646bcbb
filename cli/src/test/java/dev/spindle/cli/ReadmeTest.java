package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.weights.DefaultModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadmeTest {

    private static final Path ROOT = Path.of(System.getProperty("spindle.root"));

    @TempDir
    private Path folder;

    @Test
    void itsJavaIsTheExampleThatCompiles() throws IOException {
        Matcher block = Pattern.compile("(?s)```java\n(.*?)```").matcher(readme());
        assertTrue(block.find(), "no Java in README.md");
        String source = Files.readString(ROOT.resolve("cli/src/test/java/dev/spindle/cli/Example.java"));
        assertEquals(source.replace("package dev.spindle.cli;\n\n", ""), block.group(1));
    }

    @Test
    void itsExampleRuns() throws IOException {
        Path model = TestFiles.fixture(folder, "tflite-float/weights.tflite");
        Path picture = TestFiles.picture(folder, "sun.png");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = System.out;
        System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            Example.main(new String[] {model.toString(), picture.toString()});
        } finally {
            System.setOut(out);
        }
        List<String> lines = bytes.toString(StandardCharsets.UTF_8).lines().toList();
        assertEquals(8, lines.size(), lines.toString());
        assertTrue(lines.getFirst().matches(" *\\d+\\.\\d % class \\d"), lines.getFirst());
        assertEquals("1280 features", lines.get(5));
        assertEquals("8 x 10 logits", lines.get(6));
        assertEquals("3072 and 5120 values", lines.get(7));
    }

    @Test
    void namesEveryCommandAndTheEmbeddedClasses() throws IOException {
        Set<String> commands = Spindle.commandLine().getSubcommands().keySet();
        for (String command : commands) {
            assertTrue(readme().contains("| `" + command), command);
        }
        assertTrue(readme().contains(String.join(", ", DefaultModel.load().labels())));
    }

    private static String readme() throws IOException {
        return Files.readString(ROOT.resolve("README.md"));
    }
}
