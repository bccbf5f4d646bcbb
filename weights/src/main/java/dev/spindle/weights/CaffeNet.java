package dev.spindle.weights;

import com.google.protobuf.TextFormat;
import dev.spindle.InvalidInputException;
import dev.spindle.network.Network;
import dev.spindle.weights.schema.Caffe.LayerParameter;
import dev.spindle.weights.schema.Caffe.NetParameter;
import dev.spindle.weights.schema.Caffe.NetStateRule;
import dev.spindle.weights.schema.Caffe.Phase;
import dev.spindle.weights.schema.Caffe.V1LayerParameter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A Caffe network as a file has it: the structure from a {@code .prototxt}, or the weights from a {@code .caffemodel}.
 *
 * @param file for messages
 * @param parameters the message
 * @param layers those that run at test time, in execution order; the old form translated
 */
record CaffeNet(Path file, NetParameter parameters, List<LayerParameter> layers) {

    /** Some hundred times what a MobileNet takes. */
    private static final int MAX_TEXT_BYTES = 4 << 20;

    private static final TextFormat.Parser TEXT = TextFormat.Parser.newBuilder()
            .setSingularOverwritePolicy(TextFormat.Parser.SingularOverwritePolicy.FORBID_SINGULAR_OVERWRITES)
            .build();

    private static CaffeNet of(Path file, NetParameter parameters) {
        List<LayerParameter> layers = Stream.concat(
                        parameters.getLayersList().stream().map(CaffeNet::upgraded), parameters.getLayerList().stream())
                .filter(CaffeNet::isTested)
                .toList();
        return new CaffeNet(file, parameters, layers);
    }

    /** Reads a {@code .caffemodel}. */
    static CaffeNet ofBinary(Path file, ByteBuffer content) {
        return of(file, Protobuf.parse(file, content, NetParameter.getDefaultInstance()));
    }

    /** Reads a {@code .prototxt}. */
    static CaffeNet ofText(Path file, ByteBuffer content) {
        if (content.remaining() > MAX_TEXT_BYTES) {
            throw InvalidInputException.of(
                    file, "size", "at most " + MAX_TEXT_BYTES + " bytes of text", content.remaining() + " bytes");
        }
        NetParameter.Builder builder = NetParameter.newBuilder();
        try {
            TEXT.merge(StandardCharsets.UTF_8.decode(content.duplicate()).toString(), builder);
        } catch (TextFormat.ParseException e) {
            // Of several lines, the last names what is at fault, behind its position.
            String reason = e.getMessage().lines().reduce("", (first, next) -> next).replaceFirst("^[0-9]+:[0-9]+:\\s*", "");
            throw new InvalidInputException(
                    file + ": line " + e.getLine() + ": expected a parameter of Caffe's, found "
                            + ModelFile.printable(reason),
                    e);
        }
        // What is required, but missing, is 0: no layer that is supported takes that.
        return of(file, builder.buildPartial());
    }

    /** Brings a layer of the old form into the new one, which has the same parameters. */
    private static LayerParameter upgraded(V1LayerParameter old) {
        return LayerParameter.newBuilder()
                .setName(old.getName())
                .setType(type(old.getType()))
                .addAllBottom(old.getBottomList())
                .addAllTop(old.getTopList())
                .addAllBlobs(old.getBlobsList())
                .addAllInclude(old.getIncludeList())
                .addAllExclude(old.getExcludeList())
                .setConvolutionParam(old.getConvolutionParam())
                .setEltwiseParam(old.getEltwiseParam())
                .setInnerProductParam(old.getInnerProductParam())
                .setPoolingParam(old.getPoolingParam())
                .setReluParam(old.getReluParam())
                .setSoftmaxParam(old.getSoftmaxParam())
                .build();
    }

    private static String type(V1LayerParameter.LayerType type) {
        return switch (type) {
            case CONVOLUTION -> "Convolution";
            case DROPOUT -> "Dropout";
            case ELTWISE -> "Eltwise";
            case FLATTEN -> "Flatten";
            case INNER_PRODUCT -> "InnerProduct";
            case POOLING -> "Pooling";
            case RELU -> "ReLU";
            case SOFTMAX -> "Softmax";
            case NONE -> "NONE";
        };
    }

    private static boolean isTested(LayerParameter layer) {
        return (layer.getIncludeCount() == 0 || layer.getIncludeList().stream().anyMatch(CaffeNet::matchesTest))
                && layer.getExcludeList().stream().noneMatch(CaffeNet::matchesTest);
    }

    private static boolean matchesTest(NetStateRule rule) {
        return !rule.hasPhase() || rule.getPhase() == Phase.TEST;
    }

    /** The picture, from the three ways of declaring one: a layer of its own, a shape, or four sizes. */
    Graph.Input input() {
        List<LayerParameter> inputs = layers.stream().filter(layer -> layer.getType().equals("Input")).toList();
        List<String> names = Stream.concat(
                        parameters.getInputList().stream(), inputs.stream().flatMap(layer -> layer.getTopList().stream()))
                .toList();
        if (names.size() != 1) {
            throw wrong("network", "one input", String.valueOf(names.size()));
        }
        List<Long> shape = parameters.getInputDimList().stream().map(Integer::longValue).toList();
        if (!inputs.isEmpty()) {
            shape = inputs.getFirst().getInputParam().getShapeList().stream()
                    .findFirst()
                    .map(found -> found.getDimList())
                    .orElse(List.of());
        } else if (parameters.getInputShapeCount() > 0) {
            shape = parameters.getInputShape(0).getDimList();
        }
        if (shape.size() != 4 || shape.stream().anyMatch(size -> size < 1 || size > Network.MAX_SIDE)) {
            throw wrong(
                    "input " + ModelFile.printable(names.getFirst()),
                    "a shape of [batch, 3, height, width], at most " + Network.MAX_SIDE + " pixels a side",
                    ModelFile.printable(shape.toString()));
        }
        return new Graph.Input(
                names.getFirst(),
                Math.toIntExact(shape.get(2)),
                Math.toIntExact(shape.get(3)),
                Math.toIntExact(shape.get(1)));
    }

    private InvalidInputException wrong(String place, String expected, String found) {
        return InvalidInputException.of(file, place, expected, found);
    }
}
