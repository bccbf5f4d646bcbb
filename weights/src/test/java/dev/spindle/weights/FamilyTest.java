package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FamilyTest {

    @ParameterizedTest
    @CsvSource({
        "1.4, 8", "1.3, 8", "1.2, 8", "1.1, 8", "1.0, 8", "0.75, 8", "0.5, 8", "0.35, 8", "0.25, 8", "0.1, 4", "0.6, 8",
        "0.45, 8", "0.35, 4"
    })
    void widthAndDivisorAreFound(double width, int divisor) {
        Network network = MobileNetV2.builder().widthMultiplier(width).divisor(divisor).build();
        assertEquals(new Family("MobileNetV2", Optional.of(width), Optional.of(divisor)), Family.of(network));
    }

    @ParameterizedTest
    @CsvSource({"1.0", "0.75", "0.5", "0.25"})
    void theFirstFamilyHasWidths(double width) {
        assertEquals(
                new Family("MobileNetV1", Optional.of(width), Optional.empty()),
                Family.of(separable(width, 64, 128, 128, 256, 256, 512, 512, 1024, 1024)));
    }

    @Test
    void otherChannelsHaveNoWidth() {
        assertEquals(new Family("MobileNetV1", Optional.empty(), Optional.empty()), Family.of(separable(1, 64, 100)));
    }

    private static Network separable(double width, int... channels) {
        int inputs = (int) (32 * width);
        Conv stem = Conv.full("stem", 3, inputs, 3, 2, Activation.RELU6);
        List<InvertedResidual> blocks = new ArrayList<>();
        for (int base : channels) {
            int outputs = (int) (base * width);
            String name = "block" + (blocks.size() + 1);
            blocks.add(new InvertedResidual(
                    name,
                    Optional.empty(),
                    Conv.depthwise(name + ".depthwise", inputs, 1, 1, Activation.RELU6),
                    Conv.pointwise(name + ".project", inputs, outputs, Activation.RELU6),
                    false));
            inputs = outputs;
        }
        return new Network("MobileNetV1, stem", 64, 64, Padding.SAME, stem, blocks, Optional.empty(), 5);
    }
}
