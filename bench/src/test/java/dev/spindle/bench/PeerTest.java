package dev.spindle.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.spindle.Checkpoint;
import dev.spindle.image.Preprocessing;
import dev.spindle.kernel.Kernels;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.LayerWeights;
import dev.spindle.plan.Weights;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Holds ONNX Runtime on the exported network against Spindle's scalar backend; {@link Workload#open} compares. */
class PeerTest {

    @TestFactory
    Stream<DynamicTest> onnxRuntimeAgreesWithTheScalarBackend() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Padding padding : Padding.values()) {
            MobileNetV2.Builder builder = MobileNetV2.builder().padding(padding).classes(37);
            tests.add(agrees("0.35@96 " + padding, builder.widthMultiplier(0.35).resolution(96).build(), 1));
            tests.add(agrees("0.35@57x64 " + padding, builder.resolution(57, 64).build(), 1));
            tests.add(agrees(
                    "0.35@66, output stride 16 " + padding, builder.resolution(66).outputStride(16).build(), 1));
            tests.add(agrees("1.0@64, batch 2 " + padding,
                    builder.widthMultiplier(1.0).resolution(64).outputStride(32).build(), 2));
            tests.add(agrees("caffe-like " + padding, withoutHead(padding), 1));
        }
        return tests.stream();
    }

    private static DynamicTest agrees(String name, Network network, int batch) {
        return dynamicTest(name, () -> Workload.random(network, batch, 1).open(OnnxRuntimePeer.NAME).close());
    }

    /** ReLU instead of ReLU6, and no convolution before the pool. */
    private static Network withoutHead(Padding padding) {
        InvertedResidual block = new InvertedResidual(
                "block1",
                Optional.of(Conv.pointwise("block1.expand", 8, 24, Activation.RELU)),
                Conv.depthwise("block1.depthwise", 24, 1, 1, Activation.RELU),
                Conv.pointwise("block1.project", 24, 8, Activation.LINEAR),
                true);
        return new Network(
                "ReLU", 20, 20, padding, Conv.full("stem", 3, 8, 3, 2, Activation.RELU), List.of(block),
                Optional.empty(), 3);
    }

    @Test
    void batchNormalisationIsExported() {
        Network network = MobileNetV2.builder().widthMultiplier(0.35).resolution(32).classes(10).build();
        Weights plain = Weights.random(network, 1);
        Map<String, LayerWeights> layers = new HashMap<>();
        Random random = new Random(2);
        for (Conv conv : network.convolutions()) {
            layers.put(conv.name(), normalised(plain.layer(conv.name()), conv.outputs(), random));
        }
        LayerWeights classifier = plain.layer(Network.CLASSIFIER);
        layers.put(Network.CLASSIFIER, normalised(classifier, network.classes(), random));
        Checkpoint.Source source = new Checkpoint.Source("none", "test", 1e-3, List.of(), List.of());
        Checkpoint checkpoint = new Checkpoint(
                network, Weights.of(network, layers), Preprocessing.TF, List.of(), source);
        new Workload(checkpoint, 1, 1).open(OnnxRuntimePeer.NAME).close();
    }

    private static LayerWeights normalised(LayerWeights layer, int outputs, Random random) {
        BatchNorm norm = new BatchNorm(
                values(outputs, 0.5f, random), values(outputs, -0.5f, random), values(outputs, -0.5f, random),
                values(outputs, 0.5f, random), 1e-3);
        return new LayerWeights(layer.kernel(), layer.bias(), Optional.of(norm));
    }

    private static float[] values(int count, float from, Random random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = from + random.nextFloat();
        }
        return values;
    }

    @Test
    void integersAreThoseOfTheFileOrMadeOnce() {
        Workload workload = TestWorkloads.tiny();
        Checkpoint made = workload.quantised();
        assertSame(made, workload.quantised());
        Workload read = new Workload(made, 1, 1);
        assertSame(made, read.quantised());
        try (Peer peer = read.open("scalar:int8"); Peer real = read.open("scalar")) {
            assertEquals("scalar:int8", peer.name());
            assertEquals("scalar", real.name());
        }
    }

    @TestFactory
    Stream<DynamicTest> peersSeeTheirInput() {
        Workload workload = TestWorkloads.tiny();
        return Stream.concat(Stream.of(OnnxRuntimePeer.NAME), TestWorkloads.backends().stream())
                .map(name -> dynamicTest(name, () -> {
                    try (Peer peer = workload.open(name)) {
                        assertEquals(name, peer.name());
                        float[] before = peer.logits();
                        peer.load(new float[workload.input().length]);
                        peer.run();
                        assertThrows(
                                IllegalStateException.class, () -> Agreement.require("zeros", peer.logits(), before));
                        peer.load(workload.input());
                        peer.run();
                        assertArrayEquals(before, peer.logits());
                    }
                }));
    }

    @Test
    void somethingElseThanAskedForIsRefused() {
        IllegalStateException thrown =
                assertThrows(IllegalStateException.class, () -> TestWorkloads.tiny().open("auto"));
        assertEquals(
                "asked for auto, but " + Kernels.best().name() + " runs; name a backend",
                thrown.getMessage());
    }
}
