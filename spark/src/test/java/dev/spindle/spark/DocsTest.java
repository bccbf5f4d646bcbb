package dev.spindle.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.ml.param.Param;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocsTest {

    private static final Path ROOT = Path.of(System.getProperty("spindle.root"));

    @TempDir
    private Path folder;

    @Test
    void itsProgramIsTheOneThatCompilesAndRuns() throws IOException {
        Matcher block = Pattern.compile("(?s)```java\n(.*?)```").matcher(page());
        assertTrue(block.find(), "no Java in docs/spark.md");
        String source = Files.readString(ROOT.resolve("spark/src/test/java/dev/spindle/spark/LabelFolder.java"));
        assertEquals(
                source.replace("package dev.spindle.spark;\n\n", ""),
                block.group(1).replace("import dev.spindle.spark.SpindleTransformer;\n", ""));

        SparkSession spark = TestSpark.session();
        Path images = TestImages.folder(folder.resolve("images"), 5);
        Path labels = folder.resolve("labels");
        LabelFolder.main(new String[] {"", images.toString(), labels.toString()});
        assertEquals(5, spark.read().json(labels.toString()).select("path", "label", "score", "top").count());
    }

    @Test
    void namesEveryParameter() throws IOException {
        String page = page();
        for (Param<?> param : Arrays.asList(new SpindleTransformer().params())) {
            assertTrue(page.contains("| `" + param.name() + "` |"), param.name());
        }
    }

    private static String page() throws IOException {
        return Files.readString(ROOT.resolve("docs/spark.md"));
    }
}
