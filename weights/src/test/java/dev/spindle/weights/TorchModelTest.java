package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.plan.LayerWeights;
import dev.spindle.weights.TorchTensors.Naming;
import dev.spindle.weights.TorchTensors.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TorchModelTest {

    private static final Path NAME = Path.of("some.file");
    private static final List<Integer> STAGE_STRIDES = List.of(1, 2, 2, 2, 1, 2, 1);

    private static Checkpoint read(Map<String, Safetensors.Tensor> tensors) {
        return TorchTensors.read(NAME, tensors);
    }

    private static String refusal(Map<String, Safetensors.Tensor> tensors) {
        return assertThrows(InvalidInputException.class, () -> read(tensors)).getMessage();
    }

    private static List<Integer> repeats(String text) {
        return List.of(text.split(" ")).stream().map(Integer::valueOf).toList();
    }

    private static List<Integer> expectedStrides(List<Integer> repeats) {
        List<Integer> strides = new ArrayList<>();
        for (int stage = 0; stage < repeats.size(); stage++) {
            for (int repeat = 0; repeat < repeats.get(stage); repeat++) {
                strides.add(repeat == 0 ? STAGE_STRIDES.get(stage) : 1);
            }
        }
        return strides;
    }

    @ParameterizedTest
    @CsvSource({
        "TORCHVISION, 1 2 3 4 3 3 1", "TORCHVISION, 1 3 4 5 4 4 1", "TORCHVISION, 1 1 1 1 1 1 1", "TORCHVISION, 1 2 2 5 3 3 1",
        "D_LI14, 1 2 3 4 3 3 1", "D_LI14, 1 3 5 6 5 5 1", "TIMM, 1 3 4 5 4 4 1", "TIMM, 2 2 3 4 3 3 2"
    })
    void stridesFollowTheStages(Naming naming, String repeats) {
        Network network = read(TorchTensors.of(naming, Shape.small(repeats(repeats)))).network();
        List<Integer> strides = network.blocks().stream().map(InvertedResidual::stride).toList();
        assertEquals(expectedStrides(repeats(repeats)), strides);
        assertEquals(32, network.outputStride());
        long skips = network.blocks().stream().filter(InvertedResidual::residual).count();
        assertEquals(repeats(repeats).stream().mapToInt(repeat -> repeat - 1).sum(), skips);
    }

    @ParameterizedTest
    @CsvSource({"0.1, 4", "0.25, 8", "0.35, 8", "0.5, 8", "0.75, 8", "1.0, 8", "1.4, 8"})
    void publishedWidthsAreThemselves(double width, int divisor) {
        Network expected = MobileNetV2.builder().widthMultiplier(width).divisor(divisor).classes(7).build();
        List<Integer> channels = new ArrayList<>();
        int block = 0;
        for (int repeat : TorchTensors.PAPER) {
            channels.add(expected.blocks().get(block).outputs());
            block += repeat;
        }
        Shape shape = new Shape(
                expected.stem().outputs(), channels, TorchTensors.PAPER, 6, expected.head().orElseThrow().outputs(), 7);
        assertEquals(expected, read(TorchTensors.of(Naming.D_LI14, shape)).network());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "16 24 32 72 104 176 352 | 1 3 4 5 4 4 1 | MobileNetV2 1.1, head 1280, 22 blocks",
                "24 32 40 80 112 192 384 | 1 3 5 6 5 5 1 | MobileNetV2 1.2, stem 32, head 1280, 26 blocks"
            })
    void depthScaledNetworksOfTimmAreNamed(String channels, String repeats, String architecture) {
        Shape shape = new Shape(32, repeats(channels), repeats(repeats), 6, 1280, 3);
        assertEquals(architecture, read(TorchTensors.of(Naming.TIMM, shape)).network().architecture());
    }

    @Test
    void stagesOfOtherNetworksAreRefused() {
        Shape six = new Shape(4, List.of(2, 3, 4, 5, 6, 7), List.of(1, 2, 3, 4, 3, 3), 2, 6, 3);
        assertEquals(
                "some.file: blocks: expected 7 stages of equal channels, since the strides of others are unknown,"
                        + " found channels [2, 3, 3, 4, 4, 4, 5, 5, 5, 5, 6, 6, 6, 7, 7, 7]",
                refusal(TorchTensors.of(Naming.TORCHVISION, six)));
        Shape elsewhere = new Shape(4, List.of(2, 2, 3, 4, 5, 6, 7), List.of(1, 1, 4, 4, 3, 3, 1), 2, 6, 3);
        assertTrue(refusal(TorchTensors.of(Naming.D_LI14, elsewhere)).contains("7 stages of equal channels"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"module.", "model.", "_orig_mod.", "module.model."})
    void prefixesOfAllNamesAreLeftOut(String prefix) {
        Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
        TorchTensors.of(Naming.TIMM, Shape.small(TorchTensors.PAPER))
                .forEach((name, tensor) -> tensors.put(prefix + name, tensor));
        assertEquals("timm", read(tensors).source().profile());
        tensors.put("other", Safetensors.Tensor.of(new float[1], 1));
        assertTrue(refusal(tensors).contains("tensor names"));
    }

    @ParameterizedTest
    @EnumSource
    void foldedBatchNormalisationIsABias(Naming naming) {
        Map<String, Safetensors.Tensor> tensors = TorchTensors.of(naming, Shape.small(TorchTensors.PAPER));
        Map<String, Safetensors.Tensor> folded = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            if (tensor.shape().size() == 4) {
                int outputs = tensor.shape().getFirst();
                float[] bias = new float[outputs];
                Arrays.fill(bias, name.hashCode() % 100 / 100f);
                folded.put(name, tensor);
                folded.put(name.replace(".weight", ".bias"), Safetensors.Tensor.of(bias, outputs));
            } else if (name.startsWith("classifier")) {
                folded.put(name, tensor);
            }
        });
        Checkpoint checkpoint = read(folded);
        assertEquals(read(tensors).network(), checkpoint.network());
        assertTrue(Double.isNaN(checkpoint.source().epsilon()));
        String stem = naming == Naming.TIMM ? "conv_stem.bias" : "features.0.0.bias";
        LayerWeights layer = checkpoint.weights().layer("stem");
        assertTrue(layer.batchNorm().isEmpty());
        assertArrayEquals(folded.get(stem).floats(), layer.bias().orElseThrow());
        folded.remove(stem);
        assertTrue(refusal(folded).contains("expected a tensor of this name"));
    }

    @Test
    void aBiasMayStandBeforeBatchNormalisation() {
        Map<String, Safetensors.Tensor> tensors = TorchTensors.of(Naming.D_LI14, Shape.small(TorchTensors.PAPER));
        tensors.put("features.0.0.bias", Safetensors.Tensor.of(new float[] {1, 2, 3, 4}, 4));
        LayerWeights layer = read(tensors).weights().layer("stem");
        assertArrayEquals(new float[] {1, 2, 3, 4}, layer.bias().orElseThrow());
        assertArrayEquals(tensors.get("features.0.1.bias").floats(), layer.batchNorm().orElseThrow().beta());
        assertEquals(1e-5, read(tensors).source().epsilon());
    }
}
