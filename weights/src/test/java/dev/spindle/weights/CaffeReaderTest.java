package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.Activation;
import dev.spindle.network.MobileNetV1;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.LayerWeights;
import dev.spindle.plan.Weights;
import dev.spindle.weights.schema.Caffe.EltwiseParameter;
import dev.spindle.weights.schema.Caffe.LayerParameter;
import dev.spindle.weights.schema.Caffe.NetParameter;
import dev.spindle.weights.schema.Caffe.Phase;
import dev.spindle.weights.schema.Caffe.PoolingParameter;
import dev.spindle.weights.schema.Caffe.V1LayerParameter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CaffeReaderTest {

    private static final String FIXTURE = "caffe/weights.caffemodel";

    /** The smallest of the family, for tests of single layers. */
    private static final Network SMALL =
            MobileNetV2.caffe().widthMultiplier(0.1).divisor(4).resolution(32).classes(3).build();

    @TempDir
    private Path folder;

    private static Network first(int height, int width) {
        return MobileNetV1.builder()
                .widthMultiplier(0.25)
                .resolution(height, width)
                .classes(7)
                .padding(Padding.SYMMETRIC)
                .activation(Activation.RELU)
                .build();
    }

    private static String refusal(Consumer<CaffeFile> change) {
        CaffeFile file = CaffeFile.of(SMALL, 1);
        change.accept(file);
        String message = assertThrows(InvalidInputException.class, file::read).getMessage();
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    private static void assertRefused(String expected, Consumer<CaffeFile> change) {
        String message = refusal(change);
        assertTrue(message.contains(expected), message);
    }

    @Test
    void logitsAreThoseOfCaffe() {
        Fixtures.assertLogits("caffe", Model.read(Fixtures.path(FIXTURE)), 1e-4);
    }

    @Test
    void theNetworkIsTheOneOfMobileNetCaffe() {
        Checkpoint checkpoint = Model.read(Fixtures.path(FIXTURE));
        assertEquals(
                MobileNetV2.caffe().widthMultiplier(0.35).resolution(64).classes(10).build(), checkpoint.network());
        assertEquals("Caffe", checkpoint.source().format());
        assertEquals("MobileNet-Caffe", checkpoint.source().profile());
        assertEquals(1e-5, checkpoint.source().epsilon());
        assertEquals(List.of("network: deploy.prototxt"), checkpoint.source().notes());
        assertEquals(Preprocessing.CAFFE, checkpoint.preprocessing());
        assertEquals(
                new Checkpoint.Tensor("conv1[0]", "float", List.of(16, 3, 3, 3)),
                checkpoint.source().tensors().getFirst());
    }

    @ParameterizedTest
    @CsvSource({"64, 64", "33, 47", "31, 32"})
    void bothFamiliesAreReadAsWritten(int height, int width) {
        for (Network network : List.of(first(height, width), SMALL.withResolution(height, width))) {
            CaffeFile file = CaffeFile.of(network, 3);
            Checkpoint read = file.read();
            assertEquals(network.blocks(), read.network().blocks());
            assertEquals(network.stem(), read.network().stem());
            assertEquals(network.head(), read.network().head());
            assertEquals(Padding.SYMMETRIC, read.network().padding());
            Backends.assertLogits(file.expected(), read);
        }
        assertEquals("MobileNetV1 0.25", CaffeFile.of(first(height, width), 3).read().network().architecture());
    }

    @Test
    void theFormBeforeIsReadToo() {
        CaffeFile file = CaffeFile.of(first(33, 33), 5);
        Checkpoint expected = folded(file.read());
        NetParameter.Builder old = NetParameter.newBuilder().addInput("data");
        old.addInputShapeBuilder().addAllDim(List.of(1L, 3L, 33L, 33L));
        Map<String, V1LayerParameter.LayerType> types = Map.of(
                "Convolution", V1LayerParameter.LayerType.CONVOLUTION,
                "Pooling", V1LayerParameter.LayerType.POOLING,
                "ReLU", V1LayerParameter.LayerType.RELU,
                "Softmax", V1LayerParameter.LayerType.SOFTMAX);
        // This form has no batch normalisation: it is folded into the convolutions, which are given a bias.
        for (LayerParameter layer : file.net.getLayerList()) {
            if (!types.containsKey(layer.getType())) {
                continue;
            }
            V1LayerParameter.Builder converted = old.addLayersBuilder()
                    .setName(layer.getName())
                    .setType(types.get(layer.getType()))
                    .addBottom(layer.getBottom(0).replace("/bn", ""))
                    .addTop(layer.getTop(0).replace("/bn", ""));
            if (layer.hasConvolutionParam()) {
                float[] kernel = expected.weights().layer(layer.getName()).kernel();
                float[] bias = expected.weights().layer(layer.getName()).bias().orElseThrow();
                converted.setConvolutionParam(layer.getConvolutionParam().toBuilder().setBiasTerm(true));
                List<Long> sizes = layer.getBlobs(0).getShape().getDimList();
                converted.addBlobs(CaffeFile.blob(kernel, sizes.stream().mapToLong(size -> size).toArray()));
                converted.addBlobsBuilder()
                        .setNum(1).setChannels(1).setHeight(1).setWidth(bias.length)
                        .addAllData(CaffeFile.blob(bias).getDataList());
            }
            if (layer.hasPoolingParam()) {
                converted.setPoolingParam(layer.getPoolingParam());
            }
        }
        file.net.clear().mergeFrom(old.build());
        Checkpoint read = file.read();
        assertEquals(expected.network(), read.network());
        Backends.assertLogits(expected, read);
        assertTrue(CaffeReader.recognises(CaffeFile.WEIGHTS, ByteBuffer.wrap(file.binary())));
    }

    /** The same with batch normalisation folded in, in double precision. */
    private static Checkpoint folded(Checkpoint checkpoint) {
        Map<String, LayerWeights> layers = new HashMap<>();
        checkpoint.network().convolutions().forEach(conv -> {
            LayerWeights weights = checkpoint.weights().layer(conv.name());
            BatchNorm norm = weights.batchNorm().orElseThrow();
            float[] kernel = weights.kernel().clone();
            float[] bias = new float[conv.outputs()];
            for (int i = 0; i < bias.length; i++) {
                double factor = norm.gamma()[i] / Math.sqrt(norm.variance()[i] + norm.epsilon());
                for (int k = 0; k < kernel.length / bias.length; k++) {
                    kernel[i * (kernel.length / bias.length) + k] *= (float) factor;
                }
                bias[i] = (float) (norm.beta()[i] - norm.mean()[i] * factor);
            }
            layers.put(conv.name(), LayerWeights.biased(kernel, bias));
        });
        layers.put(Network.CLASSIFIER, checkpoint.weights().layer(Network.CLASSIFIER));
        return new Checkpoint(
                checkpoint.network(), Weights.of(checkpoint.network(), layers),
                checkpoint.preprocessing(), List.of(), checkpoint.source());
    }

    @Test
    void otherWordsForTheSameNetworkAreUnderstood() {
        CaffeFile plain = CaffeFile.of(SMALL, 1);
        CaffeFile file = CaffeFile.of(SMALL, 1);
        // An input layer, tops of their own, a pool over the map's size, dropout, an inner product, and depthwise by type.
        file.net.clearInput().clearInputDim();
        file.net.addLayerBuilder(0).setName("data").setType("Input").addTop("data").getInputParamBuilder()
                .addShapeBuilder().addAllDim(List.of(1L, 3L, 32L, 32L));
        file.layer("stem/relu").setTop(0, "stem/activated");
        file.layer("block1.expand").setBottom(0, "stem/activated");
        file.layer("block1").setBottom(1, "stem/activated");
        file.layer("pool").setPoolingParam(PoolingParameter.newBuilder()
                .setPool(PoolingParameter.PoolMethod.AVE).setKernelH(1).setKernelW(1));
        LayerParameter.Builder classifier = file.layer(Network.CLASSIFIER).setType("InnerProduct").setBottom(0, "dropped");
        classifier.clearConvolutionParam().getInnerProductParamBuilder().setNumOutput(3);
        classifier.getBlobsBuilder(0).clearShape().setNum(1).setChannels(1).setHeight(3).setWidth(1280);
        file.net.addLayerBuilder(file.net.getLayerCount() - 2)
                .setName("dropout").setType("Dropout").addBottom("pool").addTop("dropped");
        file.layer("block1.depthwise").setType("DepthwiseConvolution").getConvolutionParamBuilder().clearGroup();
        file.layer("block2.depthwise").getConvolutionParamBuilder()
                .clearStride().setStrideH(2).setStrideW(2).clearPad().addPad(1).addPad(1);
        file.net.addLayerBuilder().setName("loss").setType("SoftmaxWithLoss").addBottom("prob")
                .addIncludeBuilder().setPhase(Phase.TRAIN);
        Checkpoint read = file.read();
        assertEquals(plain.read().network(), read.network());
        Backends.assertLogits(plain.expected(), read);
    }

    @Test
    void aDataLayerThatWasLeftInSaysWhatPixelsBecome() {
        CaffeFile file = CaffeFile.of(SMALL, 1);
        byte[] text = file.text();
        LayerParameter.Builder data = file.net.addLayerBuilder(0).setName("data").setType("Data").addTop("data");
        data.addIncludeBuilder().setPhase(Phase.TRAIN);
        data.getTransformParamBuilder().setScale(0.017f).addAllMeanValue(List.of(103.94f, 116.78f, 123.68f));
        assertEquals(Preprocessing.CAFFE, CaffeFile.read(text, file.binary()).preprocessing());
        data.getTransformParamBuilder().clearMeanValue().addMeanValue(128).setScale(0.5f);
        Preprocessing found = CaffeFile.read(text, file.binary()).preprocessing();
        assertEquals("transform_param", found.name());
        assertEquals(Preprocessing.ChannelOrder.BGR, found.channelOrder());
        assertArrayEquals(new float[] {128, 128, 128}, found.mean());
        assertArrayEquals(new float[] {0.5f, 0.5f, 0.5f}, found.scale());
        data.getTransformParamBuilder().addMeanValue(Float.NaN);
        String message = assertThrows(InvalidInputException.class, () -> CaffeFile.read(text, file.binary()))
                .getMessage();
        assertEquals(
                "some.caffemodel: layer data: expected 1 or 3 finite means and a finite scale, found [128.0, NaN] and 0.5",
                message);
    }

    @Test
    void theStructureIsFoundBesideTheWeights() throws IOException {
        CaffeFile file = CaffeFile.of(SMALL, 1);
        for (String name : List.of("deploy", "Net", "net_deploy", "net-deploy")) {
            Path model = file.write(Files.createDirectory(folder.resolve(name)), "net.caffemodel", name + ".prototxt");
            assertEquals(3, Model.read(model).network().classes(), name);
            assertEquals(3, Model.read(model.getParent()).network().classes(), name);
        }
        Path model = folder.resolve("deploy/net.caffemodel");
        file.write(folder.resolve("deploy"), "net.caffemodel", "net.prototxt");
        assertEquals(3, Model.read(model).network().classes());
        file.layer("stem").getConvolutionParamBuilder().setStride(0, 1);
        Files.write(folder.resolve("deploy/net.prototxt"), file.text());
        assertEquals(
                model + ": expected one network beside the weights, found several that differ: deploy.prototxt, net.prototxt",
                assertThrows(InvalidInputException.class, () -> Model.read(model)).getMessage());
        Files.delete(folder.resolve("deploy/net.prototxt"));
        Files.delete(folder.resolve("deploy/deploy.prototxt"));
        assertEquals(
                model + ": expected the network beside its weights, in deploy.prototxt or net.prototxt, found neither",
                assertThrows(InvalidInputException.class, () -> Model.read(model)).getMessage());
        Files.copy(model, folder.resolve("deploy/other.caffemodel"));
        Path both = model.getParent();
        assertEquals(
                both + ": folder: expected one file named *.caffemodel, found net.caffemodel, other.caffemodel",
                assertThrows(InvalidInputException.class, () -> Model.read(both)).getMessage());
    }

    @Test
    void contentTellsCaffeFromOtherMessages() {
        byte[] fixture = Fixtures.bytes(FIXTURE);
        assertTrue(CaffeReader.recognises(CaffeFile.WEIGHTS, ByteBuffer.wrap(fixture)));
        assertFalse(CaffeReader.recognises(CaffeFile.WEIGHTS, ByteBuffer.allocate(0)));
        assertFalse(CaffeReader.recognises(CaffeFile.WEIGHTS, ByteBuffer.wrap("a text\n".getBytes(StandardCharsets.UTF_8))));
        // ONNX begins with a number; TensorFlow's graphs have many fields 1.
        assertFalse(CaffeReader.recognises(CaffeFile.WEIGHTS, ByteBuffer.wrap(new byte[] {8, 7, 18, 0})));
        assertFalse(CaffeReader.recognises(CaffeFile.WEIGHTS, ByteBuffer.wrap(new byte[] {10, 0, 10, 0, 18, 0})));
    }

    @Test
    void layersOfOtherNetworksAreRefused() {
        assertRefused(
                "some.prototxt: layer pool: expected a layer of a MobileNet classifier, found Concat",
                file -> file.layer("pool").setType("Concat"));
        assertRefused(
                "layer stem/relu: expected a negative slope of 0, found 0.5",
                file -> file.layer("stem/relu").getReluParamBuilder().setNegativeSlope(0.5f));
        assertRefused(
                "layer block3: expected a sum without coefficients, found PROD",
                file -> file.layer("block3").getEltwiseParamBuilder().setOperation(EltwiseParameter.EltwiseOp.PROD));
        assertRefused(
                "layer block3: expected a sum without coefficients, found SUM with coefficients [1.0, -1.0]",
                file -> file.layer("block3").getEltwiseParamBuilder().addCoeff(1).addCoeff(-1));
        assertRefused(
                "layer pool: expected an average without zeros, found MAX",
                file -> file.layer("pool").getPoolingParamBuilder().setPool(PoolingParameter.PoolMethod.MAX));
        assertRefused(
                "layer stem/bn: expected the mean and variance of training",
                file -> file.layer("stem/bn").getBatchNormParamBuilder().setUseGlobalStats(false));
        assertRefused(
                "layer stem/scale: expected one factor a channel",
                file -> file.layer("stem/scale").getScaleParamBuilder().setAxis(2));
        assertRefused(
                "layer prob: expected a softmax over axis 1, found 2",
                file -> file.layer("prob").getSoftmaxParamBuilder().setAxis(2));
        assertRefused(
                "layer stem: expected one stride for both axes, found 2 and 1",
                file -> file.layer("stem").getConvolutionParamBuilder().addStride(1));
        assertRefused(
                "layer stem: expected one pad for each axis",
                file -> file.layer("stem").getConvolutionParamBuilder().setPadH(1).setPadW(1));
        assertRefused(
                "expected zeros as all other layers have them",
                file -> file.layer("stem").getConvolutionParamBuilder().setPad(0, 2));
        assertRefused(
                "expected the block's own input added to it, found another tensor",
                file -> file.layer("block3").setBottom(1, "stem/bn"));
        assertRefused(
                "layer stem/bn: expected a bottom that a layer before it makes, found nothing",
                file -> file.layer("stem/bn").setBottom(0, "nothing"));
        assertRefused(
                "layer stem: expected a name of its own, found that of a layer before it",
                file -> file.layer("block1.expand").clearBlobs().setName("stem"));
        assertRefused(
                "layer stem/relu: expected bounds of ReLU or ReLU6, found 0.0 to 1.0",
                file -> file.layer("stem/relu").setType("Clip").getClipParamBuilder().setMin(0).setMax(1));
        assertRefused("layer stem/bn: expected one top, found 2", file -> file.layer("stem/bn").addTop("more"));
        assertRefused("layer stem: expected 1 bottoms, found 2", file -> file.layer("stem").addBottom("more"));
        assertRefused("network: expected one input, found 2", file -> file.net.addInput("more"));
        assertRefused("input data: expected a shape of", file -> file.net.setInputDim(2, 9000));
    }

    @Test
    void weightsThatDoNotFitAreRefused() {
        assertRefused(
                "some.caffemodel: layer stem: expected 1 blobs of weights, found 0",
                file -> file.layer("stem").setConvolutionParam(file.layer("stem").getConvolutionParam()).clearBlobs());
        assertRefused(
                "layer stem blob 0: expected a kernel of 5 outputs and 3x3, found shape [4, 3, 3, 3]",
                file -> file.layer("stem").getConvolutionParamBuilder().setNumOutput(5));
        assertRefused(
                "layer stem blob 0: expected values of shape [1000000, 3000000, 3, 3], found 108 values",
                file -> file.layer("stem").getBlobsBuilder(0).getShapeBuilder().setDim(0, 1_000_000).setDim(1, 3_000_000));
        assertRefused(
                "layer stem/bn blob 1: expected a variance of shape [4], found [3]",
                file -> file.layer("stem/bn").setBlobs(1, CaffeFile.blob(new float[3], 3)));
        assertRefused(
                "layer stem/bn blob 2: expected one value, found 2",
                file -> file.layer("stem/bn").setBlobs(2, CaffeFile.blob(new float[2], 2)));
        assertRefused(
                "some.caffemodel: layer stem: expected finite values of kernel, found NaN at 7",
                file -> file.layer("stem").getBlobsBuilder(0).setData(7, Float.NaN));
        assertRefused(
                "layer stem: expected the only layer of this name that has weights, found another",
                file -> file.layer("block1.expand").setName("stem"));
    }

    @Test
    void doublesAreReadAsFloats() {
        CaffeFile file = CaffeFile.of(SMALL, 1);
        float[] kernel = file.expected().weights().layer("stem").kernel();
        LayerParameter.Builder stem = file.layer("stem");
        stem.getBlobsBuilder(0).getDataList().forEach(value -> stem.getBlobsBuilder(0).addDoubleData(value));
        stem.getBlobsBuilder(0).clearData();
        Checkpoint read = file.read();
        assertArrayEquals(kernel, read.weights().layer("stem").kernel());
        assertEquals("double", read.source().tensors().getFirst().type());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "layer { name: \"x\" strid: 2 } | line 1: expected a parameter of Caffe's, found caffe.LayerParameter.strid",
                "layer { name: \"x\" | line 1: expected a parameter of Caffe's, found Expected \"}\".",
                "name: \"x\" name: \"y\" | found Non-repeated field \"caffe.NetParameter.name\" cannot be overwritten.",
                "layer { name: \"x\" type: \"Clip\" clip_param { } } | network: expected one input, found 0",
                "# nothing | network: expected one input, found 0"
            })
    void textThatIsNoNetworkIsRefused(String text, String expected) {
        byte[] weights = CaffeFile.of(SMALL, 1).binary();
        String message = assertThrows(
                        InvalidInputException.class,
                        () -> CaffeFile.read(text.getBytes(StandardCharsets.UTF_8), weights))
                .getMessage();
        assertTrue(message.startsWith("some.prototxt: ") && message.contains(expected), message);
    }

    @ParameterizedTest
    @CsvSource({"layer {, 100000", "'\"', 1000000", "a, 5000000", "#, 3000000", "1, 1000000"})
    void absurdTextIsRefused(String part, int count) {
        byte[] weights = CaffeFile.of(SMALL, 1).binary();
        byte[] text = part.repeat(count).getBytes(StandardCharsets.UTF_8);
        InvalidInputException refusal =
                assertThrows(InvalidInputException.class, () -> CaffeFile.read(text, weights));
        assertEquals(1, refusal.getMessage().lines().count());
    }

    @Test
    void truncatedWeightsAreRefused() {
        CaffeFile file = CaffeFile.of(SMALL, 1);
        byte[] text = file.text();
        // A layer without weights may be missing from them.
        file.net.removeLayer(file.net.getLayerCount() - 1);
        Mutations.truncate(file.binary(), part -> {
            byte[] bytes = new byte[part.remaining()];
            part.get(bytes);
            CaffeFile.read(text, bytes);
        });
    }

    @Tag("fuzz")
    @Test
    void damagedWeightsAreRefusedOrRead() {
        CaffeFile file = CaffeFile.of(first(8, 8), 2);
        CaffeNet net = CaffeNet.ofText(CaffeFile.STRUCTURE, ByteBuffer.wrap(file.text()));
        MutationFuzz.run(
                file.binary(), 7, damaged -> CaffeReader.read(net, CaffeNet.ofBinary(CaffeFile.WEIGHTS, damaged)));
    }

    @Tag("fuzz")
    @Test
    void damagedTextIsRefusedOrRead() {
        CaffeFile file = CaffeFile.of(SMALL, 2);
        CaffeNet weights = CaffeNet.ofBinary(CaffeFile.WEIGHTS, ByteBuffer.wrap(file.binary()));
        MutationFuzz.run(
                file.text(), 8, damaged -> CaffeReader.read(CaffeNet.ofText(CaffeFile.STRUCTURE, damaged), weights));
    }
}
