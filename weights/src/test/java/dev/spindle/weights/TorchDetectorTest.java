package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.detection.BoxCode;
import dev.spindle.detection.PostProcessing;
import dev.spindle.detection.ScoreFunction;
import dev.spindle.detection.Suppression;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.network.SsdLite;
import dev.spindle.plan.LayerWeights;
import dev.spindle.weights.TorchTensors.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TorchDetectorTest {

    private static final Path NAME = Path.of("some.pth");

    @TempDir
    private Path folder;

    private static Map<String, Safetensors.Tensor> tensors() {
        return TorchTensors.detector(Shape.small(TorchTensors.PAPER));
    }

    private static SsdLite ssd(Checkpoint checkpoint) {
        return (SsdLite) checkpoint.network().top();
    }

    @Test
    void theNetworkIsThePublishedPrograms() {
        Network network = TorchTensors.read(NAME, tensors()).network();
        SsdLite ssd = (SsdLite) network.top();
        assertEquals(300, network.height());
        assertEquals(300, network.width());
        assertEquals(Padding.SYMMETRIC, network.padding());
        assertEquals("block14.expand", ssd.tap());
        assertEquals(2, network.classes());
        assertEquals(4, ssd.extras().size());
        for (int i = 0; i < 4; i++) {
            assertEquals(2, ssd.extras().get(i).stride());
            assertEquals(Activation.LINEAR, ssd.extras().get(i).project().activation());
        }
        assertEquals(5, ssd.predictors().stream().filter(one -> one.boxes().depthwise().isPresent()).count());
        assertTrue(ssd.predictors().getLast().classes().depthwise().isEmpty());
        PostProcessing processing = ssd.postProcessing();
        assertEquals(3000, processing.anchors().count());
        assertEquals(8 / 300f, processing.anchors().x(0), 1e-6);
        assertEquals(0.2, processing.anchors().width(0), 1e-6);
        assertEquals(1, processing.anchors().width(2998));
        assertEquals(BoxCode.PUBLISHED, processing.code());
        assertEquals(ScoreFunction.SOFTMAX, processing.scores());
        assertTrue(processing.background());
        assertEquals(Suppression.classWise(0.01, 0.45), processing.suppression());
    }

    @Test
    void predictionsAreThoseOfTheLayers() {
        Checkpoint found = TorchTensors.read(NAME, tensors());
        Backends.assertPredictions(found, found);
    }

    /** The file has x, y, width, height, the engine y, x, height, width. */
    @Test
    void boxesArePredictedRowFirst() {
        Map<String, Safetensors.Tensor> tensors = tensors();
        LayerWeights found = TorchTensors.read(NAME, tensors).weights().layer("boxes2.project");
        float[] kernel = tensors.get("regression_headers.1.3.weight").floats();
        float[] bias = tensors.get("regression_headers.1.3.bias").floats();
        int inputs = kernel.length / bias.length;
        int[] order = {1, 0, 3, 2};
        for (int output = 0; output < bias.length; output++) {
            int from = output / 4 * 4 + order[output % 4];
            assertEquals(bias[from], found.bias().orElseThrow()[output]);
            for (int input = 0; input < inputs; input++) {
                assertEquals(kernel[from * inputs + input], found.kernel()[output * inputs + input]);
            }
        }
        assertArrayEquals(
                tensors.get("classification_headers.1.3.weight").floats(),
                TorchTensors.read(NAME, tensors).weights().layer("classes2.project").kernel());
    }

    @Test
    void depthwisePredictorsHaveBiasAndNormalisation() {
        Map<String, Safetensors.Tensor> tensors = tensors();
        LayerWeights found = TorchTensors.read(NAME, tensors).weights().layer("classes1.depthwise");
        assertArrayEquals(tensors.get("classification_headers.0.0.bias").floats(), found.bias().orElseThrow());
        assertArrayEquals(
                tensors.get("classification_headers.0.1.running_var").floats(), found.batchNorm().orElseThrow().variance());
    }

    @Test
    void bothFormatsAreRead() throws IOException {
        Path pth = Files.write(folder.resolve("mb2-ssd-lite.pth"), TorchFile.of(tensors()));
        Path safetensors = folder.resolve("mb2-ssd-lite.safetensors");
        Safetensors.write(safetensors, tensors(), Map.of());
        Checkpoint expected = TorchTensors.read(NAME, tensors());
        for (Path file : new Path[] {pth, safetensors}) {
            Checkpoint found = new PublishedFormats().read(file);
            assertEquals(expected.network(), found.network());
            for (Conv conv : expected.network().weighted()) {
                assertArrayEquals(
                        expected.weights().layer(conv.name()).kernel(), found.weights().layer(conv.name()).kernel());
            }
            assertEquals("qfgaohao", found.source().profile());
        }
        assertEquals(ssd(expected), ssd(new PublishedFormats().read(pth)));
    }

    private static void assertRefused(String expected, Map<String, Safetensors.Tensor> tensors) {
        String message =
                assertThrows(InvalidInputException.class, () -> TorchTensors.read(NAME, tensors)).getMessage();
        assertTrue(message.startsWith("some.pth: ") && message.contains(expected), message);
    }

    @Test
    void whatDoesNotFitIsRefused() {
        Map<String, Safetensors.Tensor> missing = tensors();
        missing.remove("regression_headers.2.3.bias");
        assertRefused("tensor regression_headers.2.3.bias: expected a tensor of this name", missing);

        Map<String, Safetensors.Tensor> more = tensors();
        more.put("extras.9.weight", Safetensors.Tensor.of(new float[1], 1));
        assertRefused("tensor extras.9.weight: expected only the layers of MobileNetV2", more);

        Map<String, Safetensors.Tensor> odd = tensors();
        odd.put("regression_headers.1.3.weight", Safetensors.Tensor.of(new float[22 * 6], 22, 6, 1, 1));
        odd.put("regression_headers.1.3.bias", Safetensors.Tensor.of(new float[22], 22));
        assertRefused("tensor regression_headers.1.3.weight: expected shape [4 an anchor", odd);

        Map<String, Safetensors.Tensor> fewer = tensors();
        fewer.keySet().removeIf(name -> name.startsWith("regression_headers.5"));
        assertRefused("modules regression_headers: expected 6, found 5", fewer);

        Map<String, Safetensors.Tensor> shorter = tensors();
        shorter.keySet().removeIf(name -> name.startsWith("extras.3"));
        assertRefused("6 predictors for 5 maps", shorter);
    }
}
