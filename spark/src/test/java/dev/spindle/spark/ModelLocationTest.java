package dev.spindle.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.weights.DefaultModel;
import dev.spindle.weights.catalogue.Models;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelLocationTest {

    @TempDir
    private Path folder;

    @AfterEach
    void forgetTheCache() {
        System.clearProperty(Models.CACHE_PROPERTY);
    }

    private static ModelLocation find(String model) {
        return ModelLocation.of(model, TestSpark.session().sparkContext().hadoopConfiguration());
    }

    private static void assertSame(Checkpoint expected, Checkpoint found) {
        assertEquals(expected.network(), found.network());
        assertEquals(expected.preprocessing().toString(), found.preprocessing().toString());
        assertEquals(expected.labels(), found.labels());
    }

    @Test
    void withoutANameItIsTheEmbeddedNetwork() {
        assertSame(DefaultModel.load(), find("").read().read());
    }

    @Test
    void aPathOrAnAddressNamesAFile() throws IOException {
        Path file = TestModels.fixture("torchvision-safetensors/weights.safetensors", folder.resolve("net.safetensors"));
        assertSame(Model.read(file), find(file.toString()).read().read());
        assertSame(Model.read(file), find(file.toUri().toString()).read().read());
    }

    @Test
    void aFolderIsTheNetworkInIt() throws IOException {
        TestModels.fixture("caffe/deploy.prototxt", folder.resolve("caffe/deploy.prototxt"));
        TestModels.fixture("caffe/weights.caffemodel", folder.resolve("caffe/weights.caffemodel"));
        Files.createDirectory(folder.resolve("caffe/more"));
        assertSame(Model.read(folder.resolve("caffe")), find(folder.resolve("caffe").toString()).read().read());
    }

    @Test
    void aFileMayBeAddedToSparks() throws IOException {
        Path file = TestModels.fixture("tflite-float/weights.tflite", folder.resolve("added.tflite"));
        TestSpark.session().sparkContext().addFile(file.toString());
        Files.delete(file);
        assertEquals("TensorFlow Lite", find("added.tflite").read().read().source().format());
    }

    @Test
    void theCatalogueSaysWhatTheFileDoesNot() throws IOException {
        System.setProperty(Models.CACHE_PROPERTY, folder.toString());
        InvalidInputException absent = assertThrows(InvalidInputException.class, () -> find("torchvision-1.0-224-v2"));
        assertTrue(absent.getMessage().contains("in the catalogue, but not downloaded"), absent.getMessage());
        String file = Models.catalogue().find("torchvision-1.0-224-v2").orElseThrow().file();
        Path cached = TestModels.fixture("torchvision-safetensors/weights.safetensors", folder.resolve("models").resolve(file));
        Checkpoint found = find("torchvision-1.0-224-v2").read().read();
        assertSame(Models.read(Path.of("torchvision-1.0-224-v2")), found);
        assertNotEquals(Model.read(cached).preprocessing().toString(), found.preprocessing().toString());
    }

    @Test
    void anotherVersionHasAnotherStamp() throws IOException {
        Path file = TestModels.fixture("tflite-float/weights.tflite", folder.resolve("net"));
        String stamp = find(file.toString()).stamp();
        assertEquals(stamp, find(file.toString()).stamp());
        TestModels.fixture("tflite-int8/weights.tflite", file);
        assertNotEquals(stamp, find(file.toString()).stamp());
    }

    @Test
    void whatIsNoModelIsRefused() throws IOException {
        assertRefused(
                "no-such-model",
                "no-such-model: expected a model, found neither a file here, among Spark's files or at file:");
        Path text = Files.writeString(folder.resolve("text"), "text");
        assertRefused(text.toString(), text + ": ");
        assertRefused("a:b", "a:b: expected a path of a model");
        assertThrows(UncheckedIOException.class, () -> ModelLocation.of("nowhere://host/net", new Configuration()));
    }

    private static void assertRefused(String model, String message) {
        String found = assertThrows(InvalidInputException.class, () -> find(model).read()).getMessage();
        assertTrue(found.contains(message), found);
    }
}
