package dev.spindle.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MobileNetV2Test {

    private static Network network(double width, int divisor, int resolution) {
        return MobileNetV2.builder().widthMultiplier(width).divisor(divisor).resolution(resolution).build();
    }

    @ParameterizedTest
    @CsvSource({
        "0.35, 8, 1677128", "0.5, 8, 1968680", "0.75, 8, 2636424", "1.0, 8, 3504872", "1.3, 8, 5386792",
        "1.4, 8, 6108776", "0.25, 8, 1519112", "0.1, 4, 1356696"
    })
    void parameters(double width, int divisor, long expected) {
        assertEquals(expected, network(width, divisor, 224).parameters());
    }

    @ParameterizedTest
    @CsvSource({
        "1.4, 8, 224, 582195824", "1.0, 8, 224, 300774272", "0.75, 8, 224, 209069792", "0.5, 8, 224, 97131840",
        "0.35, 8, 224, 59285808", "1.0, 8, 96, 56289152", "0.35, 8, 96, 11934128", "1.0, 8, 192, 221316608",
        "1.0, 8, 160, 154083200", "1.0, 8, 128, 99074048", "0.1, 4, 224, 12918088"
    })
    void macs(double width, int divisor, int resolution, long expected) {
        assertEquals(expected, network(width, divisor, resolution).macs());
    }

    @Test
    void caffesGraphIsLargerThanThePapers() {
        Network network = MobileNetV2.caffe().build();
        assertEquals("MobileNetV2 1.0 (Caffe)", network.architecture());
        assertEquals(429_111_936, network.macs());
        assertEquals(3_504_872 + 32 * 32 + 2 * 32, network.parameters());
        InvertedResidual last64 = network.blocks().get(9);
        assertEquals(64, last64.outputs());
        assertEquals(2, network.blocks().get(10).stride());
        assertEquals(32, network.outputStride());
        for (Conv conv : network.convolutions()) {
            boolean linear = conv.name().endsWith(".project");
            assertEquals(linear ? Activation.LINEAR : Activation.RELU, conv.activation(), conv.name());
        }
    }

    @ParameterizedTest
    @CsvSource({"32, 8, 32", "11.2, 8, 16", "8.4, 8, 8", "3.2, 4, 4", "22.4, 8, 24", "1792, 8, 1792", "0.1, 8, 8"})
    void channelsAreDivisible(double channels, int divisor, int expected) {
        assertEquals(expected, MobileNetV2.makeDivisible(channels, divisor));
    }

    @Test
    void headGrowsOnlyAboveWidthOne() {
        assertEquals(1280, network(0.35, 8, 224).features());
        assertEquals(1792, network(1.4, 8, 224).features());
    }

    @Test
    void skipsOnlyWhereStrideIsOneAndChannelsAgree() {
        List<Boolean> skips = network(1.0, 8, 224).blocks().stream().map(InvertedResidual::residual).toList();
        assertEquals(
                List.of(
                        false, false, true, false, true, true, false, true, true, true, false, true, true, false, true,
                        true, false),
                skips);
    }

    @Test
    void outputStrideTradesStepsForDilation() {
        Network network = MobileNetV2.builder().outputStride(16).build();
        assertEquals(16, network.outputStride());
        InvertedResidual fourteenth = network.blocks().get(13);
        assertEquals(1, fourteenth.stride());
        assertEquals(1, fourteenth.depthwise().dilation());
        assertFalse(fourteenth.residual());
        assertEquals(2, network.blocks().get(14).depthwise().dilation());
        assertTrue(network.blocks().get(14).residual());

        Network eight = MobileNetV2.builder().outputStride(8).build();
        assertEquals(8, eight.outputStride());
        assertEquals(2, eight.blocks().get(7).depthwise().dilation());
        assertEquals(4, eight.blocks().get(16).depthwise().dilation());
        assertEquals(MobileNetV2.builder().build().parameters(), eight.parameters());
    }

    @Test
    void rateAddsPaddingOnBothSides() {
        assertEquals(2, Padding.SYMMETRIC.before(14, 3, 1, 2));
        assertEquals(2, Padding.SAME.before(14, 3, 1, 2));
    }

    @ParameterizedTest
    @CsvSource({"224, 1, 0", "113, 1, 1", "1, 1, 1", "2, 1, 0"})
    void paddingAtStrideTwo(int input, int symmetric, int same) {
        assertEquals(symmetric, Padding.SYMMETRIC.before(input, 3, 2, 1));
        assertEquals(same, Padding.SAME.before(input, 3, 2, 1));
    }

    @Test
    void blockStridesAreThePapers() {
        assertEquals(List.of(1, 2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1), MobileNetV2.blockStrides());
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThrows(IllegalArgumentException.class, () -> MobileNetV2.builder().widthMultiplier(0));
        assertThrows(IllegalArgumentException.class, () -> MobileNetV2.builder().outputStride(12));
        assertThrows(IllegalArgumentException.class, () -> network(1, 8, 0));
        Conv conv = Conv.pointwise("x", 8, 16, Activation.LINEAR);
        Conv depthwise = Conv.depthwise("y", 8, 1, 1, Activation.RELU6);
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> new InvertedResidual("b", java.util.Optional.empty(), depthwise, conv, true))
                .getMessage();
        assertTrue(message.contains("8 -> 16"), message);
    }

    @Test
    void anyOutputStrideIsMadeOfAnyOther() {
        for (int from : new int[] {8, 16, 32}) {
            for (int to : new int[] {8, 16, 32}) {
                Network written = MobileNetV2.builder().outputStride(from).build();
                assertEquals(MobileNetV2.builder().outputStride(to).build(), written.withOutputStride(to), from + " to " + to);
            }
        }
        assertThrows(IllegalArgumentException.class, () -> MobileNetV2.builder().build().withOutputStride(4));
    }
}
