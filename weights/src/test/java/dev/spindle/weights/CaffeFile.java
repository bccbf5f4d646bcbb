package dev.spindle.weights;

import com.google.protobuf.TextFormat;
import dev.spindle.Checkpoint;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.plan.BatchNorm;
import dev.spindle.plan.LayerWeights;
import dev.spindle.plan.Weights;
import dev.spindle.weights.schema.Caffe.BlobProto;
import dev.spindle.weights.schema.Caffe.BlobShape;
import dev.spindle.weights.schema.Caffe.ConvolutionParameter;
import dev.spindle.weights.schema.Caffe.LayerParameter;
import dev.spindle.weights.schema.Caffe.NetParameter;
import dev.spindle.weights.schema.Caffe.PoolingParameter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Writes Caffe networks with random weights, the way that MobileNet-Caffe has them, which tests then change. */
final class CaffeFile {

    static final Path STRUCTURE = Path.of("some.prototxt");
    static final Path WEIGHTS = Path.of("some.caffemodel");

    /** Layers with their weights; the structure is the same without. */
    final NetParameter.Builder net = NetParameter.newBuilder();

    private final Network network;
    private final Map<String, LayerWeights> expected = new HashMap<>();
    private final Random random;

    private CaffeFile(Network network, long seed) {
        this.network = network;
        this.random = new Random(seed);
    }

    /** A network, each of its convolutions with batch normalisation, factor and shift behind it. */
    static CaffeFile of(Network network, long seed) {
        CaffeFile file = new CaffeFile(network, seed);
        file.net.setName("written").addInput("data");
        file.net.addInputDim(1).addInputDim(3).addInputDim(network.height()).addInputDim(network.width());
        String last = file.normalised(network.stem(), "data");
        for (InvertedResidual block : network.blocks()) {
            String input = last;
            for (Conv conv : block.convolutions()) {
                last = file.normalised(conv, last);
            }
            if (block.residual()) {
                file.layer(block.name(), "Eltwise", last, block.name()).addBottom(input);
                last = block.name();
            }
        }
        if (network.head().isPresent()) {
            last = file.normalised(network.head().get(), last);
        }
        file.layer("pool", "Pooling", last, "pool")
                .setPoolingParam(PoolingParameter.newBuilder()
                        .setPool(PoolingParameter.PoolMethod.AVE)
                        .setGlobalPooling(true));
        Conv classifier =
                Conv.pointwise(Network.CLASSIFIER, network.features(), network.classes(), Activation.LINEAR);
        file.convolution(classifier, "pool", true);
        file.layer("prob", "Softmax", Network.CLASSIFIER, "prob");
        return file;
    }

    private LayerParameter.Builder layer(String name, String type, String bottom, String top) {
        return net.addLayerBuilder().setName(name).setType(type).addBottom(bottom).addTop(top);
    }

    /** A convolution, and all that follows it in place. */
    private String normalised(Conv conv, String bottom) {
        float[] kernel = convolution(conv, bottom, false).kernel();
        String top = conv.name() + "/bn";
        float divisor = 999.98f;
        float[] mean = values(conv.outputs(), 0, 0.1f);
        float[] variance = values(conv.outputs(), 1, 0.1f);
        layer(top, "BatchNorm", conv.name(), top)
                .addBlobs(blob(times(mean, divisor), conv.outputs()))
                .addBlobs(blob(times(variance, divisor), conv.outputs()))
                .addBlobs(blob(new float[] {divisor}, 1));
        float[] gamma = values(conv.outputs(), 1, 0.2f);
        float[] beta = values(conv.outputs(), 0, 0.2f);
        LayerParameter.Builder scale = layer(conv.name() + "/scale", "Scale", top, top)
                .addBlobs(blob(gamma, conv.outputs()))
                .addBlobs(blob(beta, conv.outputs()));
        scale.getScaleParamBuilder().setBiasTerm(true);
        if (conv.activation() != Activation.LINEAR) {
            layer(conv.name() + "/relu", conv.activation() == Activation.RELU ? "ReLU" : "ReLU6", top, top);
        }
        expected.put(conv.name(), LayerWeights.normalised(kernel, new BatchNorm(gamma, beta, mean, variance, 1e-5)));
        return top;
    }

    private LayerWeights convolution(Conv conv, String bottom, boolean biased) {
        float[] kernel = values(
                Math.toIntExact(conv.weights()), 0, (float) Math.sqrt(2.0 / (conv.weights() / conv.outputs())));
        float[] bias = values(conv.outputs(), 0, 0.1f);
        LayerParameter.Builder layer = layer(conv.name(), "Convolution", bottom, conv.name())
                .addBlobs(blob(kernel, conv.outputs(), conv.inputsPerGroup(), conv.kernel(), conv.kernel()));
        ConvolutionParameter.Builder parameters = layer.getConvolutionParamBuilder()
                .setNumOutput(conv.outputs())
                .addKernelSize(conv.kernel())
                .addPad(conv.dilation() * (conv.kernel() - 1) / 2)
                .addStride(conv.stride())
                .setGroup(conv.groups())
                .setBiasTerm(biased);
        parameters.getWeightFillerBuilder().setType("msra");
        if (biased) {
            layer.addBlobs(blob(bias, conv.outputs()));
            expected.put(conv.name(), LayerWeights.biased(kernel, bias));
        }
        return LayerWeights.biased(kernel, bias);
    }

    private float[] values(int count, float mean, float deviation) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = mean + deviation * (float) Math.clamp(random.nextGaussian(), -3, 3);
        }
        return values;
    }

    private static float[] times(float[] values, float factor) {
        float[] products = values.clone();
        for (int i = 0; i < products.length; i++) {
            products[i] *= factor;
        }
        return products;
    }

    static BlobProto.Builder blob(float[] values, long... sizes) {
        BlobProto.Builder blob = BlobProto.newBuilder().setShape(BlobShape.newBuilder());
        for (long size : sizes) {
            blob.getShapeBuilder().addDim(size);
        }
        for (float value : values) {
            blob.addData(value);
        }
        return blob;
    }

    /** The layer of this name. */
    LayerParameter.Builder layer(String name) {
        return net.getLayerBuilderList().stream()
                .filter(layer -> layer.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** The layers without weights, as text. */
    byte[] text() {
        NetParameter.Builder structure = net.clone();
        structure.getLayerBuilderList().forEach(LayerParameter.Builder::clearBlobs);
        structure.getLayersBuilderList().forEach(layer -> layer.clearBlobs());
        return TextFormat.printer().printToString(structure).getBytes(StandardCharsets.UTF_8);
    }

    byte[] binary() {
        return net.build().toByteArray();
    }

    /** Writes both files; returns the one with the weights. */
    Path write(Path folder, String weights, String structure) throws IOException {
        Files.write(folder.resolve(structure), text());
        return Files.write(folder.resolve(weights), binary());
    }

    Checkpoint read() {
        return read(text(), binary());
    }

    static Checkpoint read(byte[] text, byte[] binary) {
        return CaffeReader.read(
                CaffeNet.ofText(STRUCTURE, ByteBuffer.wrap(text)), CaffeNet.ofBinary(WEIGHTS, ByteBuffer.wrap(binary)));
    }

    /** What was written, before any change. */
    Checkpoint expected() {
        return new Checkpoint(
                network, Weights.of(network, expected), Preprocessing.CAFFE, List.of(),
                new Checkpoint.Source("test", "test", 1e-5, List.of(), List.of()));
    }
}
