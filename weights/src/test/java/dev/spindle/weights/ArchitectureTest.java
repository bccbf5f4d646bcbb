package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.spindle.network.Activation;
import dev.spindle.network.Classifier;
import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.MobileNetV1;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArchitectureTest {

    private static final Classifier NO_HEAD = new Classifier(Optional.empty(), 2);

    @ParameterizedTest
    @CsvSource({"1.4, 8", "1.3, 8", "1.2, 8", "1.1, 8", "1.0, 8", "0.75, 8", "0.5, 8", "0.35, 8", "0.25, 8", "0.1, 4"})
    void publishedWidthsAreTheirOwn(double width, int divisor) {
        Network network = MobileNetV2.builder().widthMultiplier(width).divisor(divisor).build();
        assertEquals(network.architecture(), Architecture.describe(network.stem(), network.blocks(), network.top()));
    }

    @ParameterizedTest
    @CsvSource({"1.0", "0.75", "0.5", "0.25"})
    void publishedWidthsOfTheFirstFamilyAreTheirOwn(double width) {
        Network network = MobileNetV1.builder().widthMultiplier(width).build();
        assertEquals(network.architecture(), Architecture.describe(network.stem(), network.blocks(), network.top()));
    }

    @Test
    void caffesGraphHasANameOfItsOwn() {
        Network network = MobileNetV2.caffe().widthMultiplier(1.4).build();
        assertEquals("MobileNetV2 1.4 (Caffe)", Architecture.describe(network.stem(), network.blocks(), network.top()));
        Network dilated = MobileNetV2.caffe().outputStride(16).build();
        assertEquals("MobileNetV2 1.0", Architecture.describe(dilated.stem(), dilated.blocks(), dilated.top()));
    }

    @Test
    void whatDiffersIsSaid() {
        Network network = MobileNetV2.builder().build();
        assertEquals(
                "MobileNetV2 1.0, no head", Architecture.describe(network.stem(), network.blocks(), NO_HEAD));
        assertEquals(
                "MobileNetV2, stem 32, 3 blocks",
                Architecture.describe(network.stem(), network.blocks().subList(0, 3), network.top()));
    }

    @Test
    void blocksWithoutExpansionAreTheFirstFamily() {
        Conv stem = Conv.full("stem", 3, 32, 3, 2, Activation.RELU6);
        InvertedResidual separable = new InvertedResidual(
                "block1",
                Optional.empty(),
                Conv.depthwise("block1.depthwise", 32, 1, 1, Activation.RELU6),
                Conv.pointwise("block1.project", 32, 64, Activation.RELU6),
                false);
        assertEquals("MobileNetV1, stem 32, 1 blocks", Architecture.describe(stem, List.of(separable), NO_HEAD));
    }
}
