package dev.spindle.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MobileNetV1Test {

    private static Network network(double width, int resolution) {
        return MobileNetV1.builder().widthMultiplier(width).resolution(resolution).build();
    }

    @Test
    void parametersAreThoseThatKerasCounts() {
        Network network = network(1.0, 224);
        assertEquals(4_231_976, network.parameters());
        // Keras counts each running mean and variance, too, as parameters that are not trained.
        long running = network.convolutions().stream().mapToLong(conv -> 2L * conv.outputs()).sum();
        assertEquals(4_253_864, network.parameters() + running);
    }

    /** The exact figure of the paper's network, and the millions of table 6 and of TensorFlow Slim's list. */
    @Test
    void macs() {
        assertEquals(568_740_352, network(1.0, 224).macs());
    }

    @ParameterizedTest
    @CsvSource({"1.0, 192, 418, 4.2", "1.0, 160, 291, 4.2", "1.0, 128, 186, 4.2", "0.5, 160, 77, 1.3", "0.25, 224, 41, 0.5"})
    void publishedMillions(double width, int resolution, long macs, double parameters) {
        Network network = network(width, resolution);
        assertEquals(macs, Math.round(network.macs() / 1e6));
        assertEquals(parameters, Math.round(network.parameters() / 1e5) / 10.0);
    }

    @Test
    void everyProjectionIsActivatedAndNothingIsAdded() {
        Network network = MobileNetV1.builder().activation(Activation.RELU).padding(Padding.SYMMETRIC).build();
        assertEquals("MobileNetV1 1.0", network.architecture());
        assertEquals(13, network.blocks().size());
        assertEquals(1024, network.features());
        assertEquals(32, network.outputStride());
        assertEquals(
                List.of(1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1),
                network.blocks().stream().map(InvertedResidual::stride).toList());
        for (Conv conv : network.convolutions()) {
            assertEquals(Activation.RELU, conv.activation(), conv.name());
        }
        for (InvertedResidual block : network.blocks()) {
            assertEquals(false, block.residual() || block.expand().isPresent(), block.name());
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThrows(IllegalArgumentException.class, () -> MobileNetV1.builder().widthMultiplier(17));
        assertThrows(IllegalArgumentException.class, () -> network(1, 0));
    }
}
