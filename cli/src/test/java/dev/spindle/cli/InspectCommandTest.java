package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spindle.weights.Safetensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {

    @TempDir
    private Path folder;

    @Test
    void saysWhatASafetensorsFileHolds() throws IOException {
        Path model = TestFiles.fixture(folder, "torchvision-safetensors/weights.safetensors");
        JsonNode result = Cli.json("inspect", model);
        assertEquals(model.toString(), result.get("model").textValue());
        assertEquals("safetensors", result.get("format").textValue());
        assertTrue(result.get("profile").textValue().startsWith("torchvision"), result.toString());
        assertEquals("MobileNetV2 0.35", result.get("architecture").textValue());
        assertEquals("MobileNetV2", result.get("family").textValue());
        assertEquals(0.35, result.get("width_multiplier").doubleValue());
        assertEquals(8, result.get("divisor").intValue());
        assertEquals("[\"F32\",\"I64\"]", result.get("dtypes").toString());
        assertEquals(64, result.get("sha256").textValue().length());
        assertTrue(result.get("provenance").isNull());
        assertTrue(result.get("labels").isEmpty());
        assertEquals("symmetric", result.get("padding").textValue());
        assertEquals("relu6", result.get("activation").textValue());
        assertEquals(1e-5, result.get("epsilon").doubleValue());
        assertEquals(17, result.get("blocks").intValue());
        assertEquals(1280, result.get("features").intValue());
        assertEquals(10, result.get("classes").intValue());
        assertEquals(408_938, result.get("parameters").longValue());
        assertTrue(result.get("macs").longValue() > 1_000_000, result.toString());
        assertEquals("torch", result.get("preprocessing").get("name").textValue());
        JsonNode tensor = result.get("tensors").get(0);
        assertTrue(tensor.get("name").isTextual() && tensor.get("type").isTextual() && tensor.get("shape").isArray());
    }

    @Test
    void listsTheNamesOfMaps() throws IOException {
        JsonNode maps = Cli.json("inspect").get("maps");
        assertEquals("stem", maps.get(0).get("name").textValue());
        assertEquals(2, maps.get(0).get("stride").intValue());
        assertEquals(32, maps.get(0).get("height").intValue());
        assertEquals(16, maps.get(0).get("channels").intValue());
        assertEquals("features.0", maps.get(0).get("others").get(0).textValue());
        String text = Cli.run("inspect", "--maps").succeeded().out();
        assertTrue(text.contains("\n\n  stem               32x32x16     features.0, Conv1, Conv1_relu\n"), text);
        assertTrue(text.contains("\n  block14.expand     4x4x"), text);
        assertTrue(text.contains("  stride16, features.14.conv.0, block_13_expand, block_13_expand_relu\n"), text);
        assertTrue(text.endsWith("\n  classifier         1x1x10\n"), text);
    }

    @Test
    void saysWhatATfliteFileHolds() throws IOException {
        Path model = TestFiles.fixture(folder, "tflite-int8/weights.tflite");
        JsonNode result = Cli.json("inspect", model);
        assertEquals("TensorFlow Lite", result.get("format").textValue());
        assertEquals(64, result.get("input").get("height").intValue());
        assertEquals(64, result.get("input").get("width").intValue());
        assertEquals("same", result.get("padding").textValue());
        assertTrue(result.get("epsilon").isNull());
        assertTrue(result.get("notes").toString().contains("INT8 per channel"), result.get("notes").toString());
        assertEquals("int8", result.get("precision").textValue());
        JsonNode quantised = result.get("quantised");
        assertEquals("int8", quantised.get("input").textValue());
        assertEquals(0, quantised.get("input_zero_point").intValue());
        assertEquals("int8", quantised.get("output").textValue());
        List<String> lines = Cli.run("inspect", model).succeeded().out().lines().toList();
        assertTrue(
                lines.stream().anyMatch(line ->
                        line.matches("  precision      int8, input int8 of scale 0\\.00784\\d+ and zero point 0, output int8")),
                lines.toString());
        JsonNode real = Cli.json("inspect", TestFiles.fixture(folder, "tflite-float/weights.tflite"));
        assertEquals("fp32", real.get("precision").textValue());
        assertTrue(real.get("quantised").isNull());
    }

    @Test
    void saysWhatAPyTorchFileHolds() throws IOException {
        JsonNode result = Cli.json("inspect", TestFiles.fixture(folder, "dli14-pth/weights.pth"));
        assertEquals("PyTorch", result.get("format").textValue());
        assertEquals("d-li14", result.get("profile").textValue());
        assertEquals("MobileNetV2 0.35", result.get("architecture").textValue());
        assertEquals("float32", result.get("tensors").get(0).get("type").textValue());
    }

    @Test
    void saysWhatAnOnnxFileHolds() throws IOException {
        JsonNode result = Cli.json("inspect", TestFiles.fixture(folder, "onnx/weights-batchnorm.onnx"));
        assertEquals("ONNX", result.get("format").textValue());
        assertEquals("MobileNetV2 0.35", result.get("architecture").textValue());
        assertTrue(result.get("notes").toString().contains("producer: pytorch 2.13.0"), result.get("notes").toString());
    }

    @Test
    void saysFromWhichEntryOfAnArchiveAModelIs() throws IOException {
        JsonNode result = Cli.json("inspect", TestFiles.fixture(folder, "tflite-float/weights.tgz"));
        assertEquals("TensorFlow Lite", result.get("format").textValue());
        assertTrue(result.get("notes").toString().contains("mobilenet_v2.tflite in an archive"), result.toString());
    }

    @Test
    void saysWhatAFolderOfCaffesHolds() throws IOException {
        Path model = TestFiles.fixture(folder, "caffe/weights.caffemodel");
        JsonNode result = Cli.json("inspect", folder);
        assertEquals("Caffe", result.get("format").textValue());
        assertEquals("MobileNetV2 0.35 (Caffe)", result.get("architecture").textValue());
        assertEquals("MobileNetV2", result.get("family").textValue());
        assertEquals("relu", result.get("activation").textValue());
        assertEquals("symmetric", result.get("padding").textValue());
        assertEquals(1e-5, result.get("epsilon").doubleValue());
        assertEquals(64, result.get("input").get("height").intValue());
        assertEquals("bgr", result.get("preprocessing").get("channel_order").textValue());
        assertEquals(Cli.json("inspect", model).get("sha256"), result.get("sha256"));
    }

    @Test
    void showsTheEmbeddedNetworkToPeople() {
        String text = Cli.run("inspect", "--tensors").succeeded().out();
        assertTrue(text.startsWith("embedded\n"), text);
        List<String> expected = List.of(
                "  format         safetensors of F32\n",
                "  architecture   MobileNetV2 0.35, 17 blocks\n",
                "  width          0.35, channels divisible by 8\n",
                "  input          64x64 pixels\n",
                "  padding        symmetric\n",
                "  batch norm     epsilon 1.0E-5\n",
                "  classes        10, with labels\n",
                "  labels         airplane; automobile; bird; cat; deer; dog; frog; horse; ship; truck\n",
                "  parameters     408,938\n",
                "  MACs           4,747,968 an image\n");
        for (String line : expected) {
            assertTrue(text.contains(line), text);
        }
        assertTrue(text.lines().anyMatch(line -> line.matches("  F32 +\\[10, 1280] +classifier\\.1\\.weight")), text);
        String brief = Cli.run("inspect").succeeded().out();
        assertTrue(text.startsWith(brief) && !brief.contains("classifier.1.weight"), brief);
    }

    @Test
    void saysWhereAFileWasConvertedFrom() throws IOException {
        Path model = TestFiles.fixture(folder, "tflite-float/weights.tflite");
        Path converted = folder.resolve("out.safetensors");
        Cli.run("convert", model, converted).succeeded();
        String sha256 = Cli.json("inspect", model).get("sha256").textValue();
        String text = Cli.run("inspect", converted).succeeded().out();
        assertTrue(text.contains("  converted from " + model.getFileName() + ", TensorFlow Lite, by spindle "), text);
        assertTrue(text.contains("of SHA-256 " + sha256 + "\n"), text);
    }

    @Test
    void warnsWhereFactsDisagree() throws IOException {
        Path model = TestFiles.embedded(folder);
        Safetensors file = Safetensors.open(model);
        Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
        file.names().forEach(name -> tensors.put(name, file.tensor(name)));
        Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
        metadata.put("classes", "1000");
        metadata.put("labels", "[\"cat\", \"dog\"]");
        metadata.put("width_multiplier", "1.0");
        Path other = folder.resolve("mobilenet_v2-b0353104.safetensors");
        Safetensors.write(other, tensors, metadata);
        JsonNode warnings = Cli.json("inspect", other).get("warnings");
        assertEquals(4, warnings.size(), warnings.toString());
        String text = Cli.run("inspect", other).succeeded().out();
        for (String words : List.of(
                "classes says 1000, but the classifier has 10", "2 labels for 10 classes",
                "width_multiplier says 1.0, but the channels are those of 0.35", "SHA-256 b0353104")) {
            assertTrue(text.lines().anyMatch(line -> line.startsWith("  WARNING") && line.contains(words)), text);
        }
        assertTrue(Cli.json("inspect", model).get("warnings").isEmpty());
        Path picture = TestFiles.picture(folder, "sun.png");
        String messages = Cli.run("classify", "--model", other, picture).err();
        assertEquals(3, messages.lines().filter(line -> line.startsWith("spindle: " + other)).count(), messages);
    }

    @Test
    void refusesWhatIsNoModel() throws IOException {
        Path text = TestFiles.text(folder, "text.tflite", "this is no flatbuffer, but quite a bit of text");
        Cli.run("inspect", text).refused(text, "expected");
        Path other = TestFiles.text(folder, "other.bin", "what is this?");
        Cli.run("inspect", other).refused(other, "safetensors", "TensorFlow Lite");
        Path empty = Files.createFile(folder.resolve("empty.safetensors"));
        Cli.run("inspect", empty).refused(empty, "expected");
        Path missing = folder.resolve("missing.tflite");
        Cli.run("inspect", missing).refused(missing, "no such file");
        Cli.run("inspect", folder).refused(folder, "expected one file named *.caffemodel");
    }

    @Test
    void refusesTruncatedModels() throws IOException {
        List<String> models = List.of(
                "tflite-float/weights.tflite", "tflite-int8/weights.tflite", "timm-safetensors/weights.safetensors",
                "torchvision-pth/weights.pth", "dli14-pth/weights.pth", "onnx/weights-folded.onnx", "tflite-float/weights.tgz",
                "keras-h5/weights.h5", "keras-h5/weights.keras", "keras-h5/weights.weights.h5");
        for (String name : models) {
            Path model = TestFiles.fixture(folder, name);
            byte[] whole = Files.readAllBytes(model);
            for (int length : new int[] {whole.length / 2, whole.length - 1000, 100, 9}) {
                Files.write(model, Arrays.copyOf(whole, length));
                Cli.run("inspect", model).refused(model, "expected");
            }
        }
    }

    @Test
    void refusesAHeaderThatIsLongerThanItsFile() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(1L << 30).put("{\"a\":".getBytes(StandardCharsets.UTF_8));
        Path model = Files.write(folder.resolve("long.safetensors"), bytes.array());
        Cli.run("inspect", model).refused(model, "1073741824");
        Cli.run("run", "--model", model, "--input", model, "--output", folder.resolve("out")).refused(model);
    }
}
