package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every line of docs/FAULTS.md names a test that there is. */
class FaultTableTest {

    private static final Path ROOT = Path.of(System.getProperty("spindle.root"));
    private static final Pattern LAST_CELL = Pattern.compile("\\| `(\\w+Test)\\.(\\w+)` \\|$");

    @Test
    void everyLineNamesItsTest() throws IOException {
        List<String> lines = Files.readAllLines(ROOT.resolve("docs/FAULTS.md")).stream()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| What happens "))
                .toList();
        assertTrue(lines.size() > 10, lines.toString());
        for (String line : lines) {
            Matcher test = LAST_CELL.matcher(line);
            assertTrue(test.find(), line);
            String source = source(test.group(1));
            assertTrue(source.contains(" " + test.group(2) + "("), line);
        }
    }

    private static String source(String test) throws IOException {
        for (String module : List.of("engine-java", "engine-native", "weights", "cli")) {
            Path tests = ROOT.resolve(module).resolve("src/test/java");
            try (Stream<Path> files = Files.find(tests, 20, (file, is) -> file.endsWith(test + ".java"))) {
                for (Path file : files.toList()) {
                    return Files.readString(file);
                }
            }
        }
        throw new AssertionError("there is no " + test);
    }
}
