package dev.spindle.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.spindle.Checkpoint;
import dev.spindle.Model;
import dev.spindle.network.Conv;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.plan.LayerWeights;
import dev.spindle.plan.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OnnxExportTest {

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"1.4, 96, 96, 32, SAME", "0.35, 64, 65, 16, SYMMETRIC", "0.5, 66, 96, 8, SAME"})
    void whatIsExportedIsReadAgain(double width, int height, int inputWidth, int outputStride, Padding padding)
            throws IOException {
        Network network = MobileNetV2.builder()
                .widthMultiplier(width)
                .resolution(height, inputWidth)
                .outputStride(outputStride)
                .padding(padding)
                .classes(12)
                .build();
        Weights weights = Weights.random(network, 6);
        Path file = Files.write(folder.resolve("exported.onnx"), OnnxExport.write(network, weights, 2));
        Checkpoint found = Model.read(file);
        assertEquals(network, found.network());
        for (Conv conv : network.convolutions()) {
            assertSame(weights.layer(conv.name()), found.weights().layer(conv.name()));
        }
        assertSame(weights.layer(Network.CLASSIFIER), found.weights().layer(Network.CLASSIFIER));
    }

    private static void assertSame(LayerWeights expected, LayerWeights found) {
        assertArrayEquals(expected.kernel(), found.kernel());
        assertArrayEquals(expected.bias().orElseThrow(), found.bias().orElseThrow());
    }
}
