package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.Options;
import dev.spindle.kernel.Quantisation;
import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.plan.QuantisedLayer;
import dev.spindle.plan.QuantisedPool;
import dev.spindle.plan.QuantisedWeights;
import dev.spindle.quantise.CalibrationInputs;
import dev.spindle.quantise.Quantiser;
import dev.spindle.quantise.QuantiserSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantisedTensorsTest {

    private static final Path NAME = Path.of("quantised.safetensors");

    @TempDir
    private Path folder;

    /** Signed weights with a scale a channel. */
    private static Checkpoint perChannel() {
        Checkpoint real = SmallNetwork.folded(Padding.SAME, SmallNetwork.HEIGHT, SmallNetwork.WIDTH);
        Random random = new Random(6);
        float[] input = new float[3 * SmallNetwork.HEIGHT * SmallNetwork.WIDTH];
        CalibrationInputs inputs = new CalibrationInputs() {
            @Override
            public int count() {
                return 4;
            }

            @Override
            public float[] input(int index) {
                for (int i = 0; i < input.length; i++) {
                    input[i] = 2 * random.nextFloat() - 1;
                }
                return input;
            }
        };
        return Quantiser.quantise(real, inputs, QuantiserSettings.DEFAULT, new Options("scalar", 1), () -> {});
    }

    /** One scale a layer and weights that fit no signed byte, as in unsigned files, with ends of all kinds. */
    private static Checkpoint perTensor() {
        Checkpoint signed = perChannel();
        Network network = signed.network();
        QuantisedWeights integers = signed.quantised().orElseThrow();
        Map<String, QuantisedLayer> layers = new HashMap<>();
        for (Conv conv : network.convolutions()) {
            layers.put(conv.name(), shifted(integers.layer(conv.name())));
        }
        layers.put(Network.CLASSIFIER, shifted(integers.layer(Network.CLASSIFIER)));
        Map<String, Quantisation> sums = new HashMap<>();
        for (InvertedResidual block : network.blocks()) {
            if (block.residual()) {
                sums.put(block.name(), integers.output(block));
            }
        }
        QuantisedWeights.Ends ends = new QuantisedWeights.Ends(integers.ends().input(), true, true, true, true);
        QuantisedPool pool = new QuantisedPool(false, layers.get("head").output());
        QuantisedWeights made = QuantisedWeights.of(network, ends, layers, sums, pool);
        return signed.withWeights(made.dequantised(network)).withQuantised(made);
    }

    private static QuantisedLayer shifted(QuantisedLayer layer) {
        short[] kernel = layer.kernel().clone();
        for (int i = 0; i < kernel.length; i++) {
            kernel[i] += 100;
        }
        return new QuantisedLayer(kernel, layer.bias(), new float[] {layer.scale(0)}, true, layer.output());
    }

    private Path write(Checkpoint checkpoint) {
        Path file = folder.resolve(NAME);
        SafetensorsWriter.write(file, checkpoint);
        return file;
    }

    private static Checkpoint read(Path file) {
        return SafetensorsReader.read(file, ModelFile.map(file));
    }

    private void assertKept(Checkpoint written, Safetensors.Type type) throws IOException {
        Path file = write(written);
        assertEquals(type, Safetensors.open(file).tensor("stem.weight").type());
        assertEquals(Safetensors.Type.I32, Safetensors.open(file).tensor("stem.bias").type());
        Checkpoint found = read(file);
        SafetensorsWriterTest.assertSame(written, found);
        Path again = folder.resolve("again.safetensors");
        SafetensorsWriter.write(again, found);
        assertEquals(-1, Files.mismatch(file, again));
    }

    @Test
    void signedWeightsAreKept() throws IOException {
        assertKept(perChannel(), Safetensors.Type.I8);
    }

    @Test
    void unsignedWeightsAreKept() throws IOException {
        assertKept(perTensor(), Safetensors.Type.U8);
    }

    @Test
    void refusesToWriteWeightsThatFitNoByte() {
        Checkpoint signed = perChannel();
        QuantisedWeights integers = signed.quantised().orElseThrow();
        short[] kernel = integers.layer("stem").kernel();
        kernel[0] = -200;
        kernel[1] = 56;
        assertTrue(assertThrows(IllegalArgumentException.class, () -> write(signed)).getMessage().startsWith(
                "layer stem: expected weights that fit a byte, found steps of -200 to "));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "\"input\":\\{\"scale\":[0-9.E-]+; \"input\":{\"scale\":0; metadata quantisation.input: a scale of 0.0",
        "\"input\":\\{\"scale\":[0-9.E-]+; \"input\":{\"scale\":-0.5; metadata quantisation.input: a scale of -0.5",
        "\"stem\":\\{\"scale\":[0-9.E-]+; \"stem\":{\"scale\":1e300; metadata quantisation.layers.stem: a scale of Infinity",
        "\"stem\":\\{\"scale\":[0-9.E-]+; \"stem\":{\"scale\":1e-30; layer stem",
        "\"stem\":\\{\"scale\":[0-9.E-]+; \"stem\":{\"scale\":\"NaN\"; metadata quantisation.layers.stem.scale: expected",
        "(\"head\":\\{[^}]*)\"zero_point\":0; $1\"zero_point\":256; metadata quantisation.layers.head: a zero point of 256",
        "(\"block3\":\\{[^}]*\"zero_point\":)\\d+; $1-1; metadata quantisation.sums.block3: a zero point of -1",
        "(\"head\":\\{[^}]*\"weight_zero_point\":)0; $1128; metadata quantisation.layers.head.weight_zero_point",
        "\"block3\":\\{[^}]*\\}; \"block4\":{}; metadata quantisation.sums: expected the fields [block1, block3], found",
        "\"head\":; \"tail\":; metadata quantisation.layers: expected the fields",
        "\"mean\":true; \"mean\":1; metadata quantisation.pool.mean: expected true or false",
        "\"mean\":true; \"mean\":false; pool: expected the scale and zero point of its map",
        "\"signed_maps\":false,; ; metadata quantisation: expected the fields",
        "^.*$; []; metadata quantisation: expected a JSON object",
        "^.*$; {; metadata quantisation: expected a JSON value"
    })
    void damagedMetadataAreRefused(String pattern, String replacement, String expected) {
        Safetensors file = Safetensors.open(write(perChannel()));
        Map<String, String> metadata = new LinkedHashMap<>(file.metadata());
        metadata.compute("quantisation", (key, text) -> {
            String damaged = text.replaceAll(pattern, replacement == null ? "" : replacement);
            assertTrue(!damaged.equals(text), text);
            return damaged;
        });
        assertRefused(tensors(file), metadata, expected);
    }

    private static Map<String, Safetensors.Tensor> tensors(Safetensors file) {
        Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
        file.names().forEach(name -> tensors.put(name, file.tensor(name)));
        return tensors;
    }

    private void assertRefused(Map<String, Safetensors.Tensor> tensors, Map<String, String> metadata, String expected) {
        Path damaged = folder.resolve("damaged.safetensors");
        Safetensors.write(damaged, tensors, metadata);
        String message = assertThrows(InvalidInputException.class, () -> read(damaged)).getMessage();
        assertTrue(message.startsWith(damaged + ": " + expected), message);
        assertEquals(1, message.lines().count(), message);
    }

    private void assertRefused(String name, Safetensors.Tensor tensor, String expected) {
        Safetensors file = Safetensors.open(write(perChannel()));
        Map<String, Safetensors.Tensor> tensors = tensors(file);
        if (tensor == null) {
            tensors.remove(name);
        } else {
            tensors.put(name, tensor);
        }
        assertRefused(tensors, file.metadata(), expected);
    }

    @Test
    void damagedTensorsAreRefused() {
        float[] scales = Safetensors.open(write(perChannel())).floats("stem.weight_scale");
        assertArrayEquals(new int[] {8}, new int[] {scales.length});
        for (float absurd : new float[] {0, -1, Float.NaN, Float.POSITIVE_INFINITY, 1e20f}) {
            float[] damaged = scales.clone();
            damaged[3] = absurd;
            assertRefused("stem.weight_scale", Safetensors.Tensor.of(damaged, 8), "layer stem: expected scales above 0");
        }
        assertRefused(
                "stem.weight_scale", Safetensors.Tensor.of(new float[7], 7),
                "tensor stem.weight_scale: expected fp32 numbers of shape [8], found F32 of shape [7]");
        assertRefused(
                "head.bias", Safetensors.Tensor.of(new int[21], 21),
                "tensor head.bias: expected 32-bit integers of shape [20], found I32 of shape [21]");
        assertRefused(
                "head.bias", Safetensors.Tensor.of(new float[20], 20),
                "tensor head.bias: expected 32-bit integers of shape [20], found F32 of shape [20]");
        assertRefused(
                "stem.weight", Safetensors.Tensor.of(Safetensors.Type.I8, new byte[216], 8, 3, 9),
                "tensor stem.weight: expected 8-bit integers of shape [8, 3, 3, 3], found I8 of shape [8, 3, 9]");
        assertRefused("stem.weight", null, "tensor stem.weight: expected a tensor of this name, found none");
        assertRefused(
                "more", Safetensors.Tensor.of(new int[1], 1), "tensor more: expected only the layers of the network");
        int[] large = new int[20];
        large[19] = Integer.MAX_VALUE;
        assertRefused("head.bias", Safetensors.Tensor.of(large, 20), "layer head: expected sums of 32 bits");
    }

    @Test
    void whateverTheDamageOnlyTheDocumentedExceptionIsThrown() throws IOException {
        for (Checkpoint checkpoint : new Checkpoint[] {perChannel(), perTensor()}) {
            byte[] file = Files.readAllBytes(write(checkpoint));
            MutationFuzz.run(file, 5, damaged -> SafetensorsReader.read(NAME, damaged));
        }
    }
}
