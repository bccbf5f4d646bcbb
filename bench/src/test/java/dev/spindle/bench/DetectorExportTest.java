package dev.spindle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.spindle.Checkpoint;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Session;
import dev.spindle.detection.Box;
import dev.spindle.detection.PostProcessing;
import dev.spindle.detection.Suppression;
import dev.spindle.image.Preprocessing;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.network.SsdLite;
import dev.spindle.plan.Weights;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds detectors on every backend against ONNX Runtime: their layers, and the suppression of boxes. */
class DetectorExportTest {

    private static final double TOLERANCE = 1e-4;
    private static final int CLASSES = 7;

    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

    @ParameterizedTest
    @CsvSource({"1.0, 300, 300, SAME", "0.35, 160, 224, SYMMETRIC", "0.5, 97, 130, SAME"})
    void onnxRuntimeAgrees(double width, int height, int inputWidth, Padding padding) throws OrtException {
        Network network = SsdLite.on(
                MobileNetV2.builder().widthMultiplier(width).resolution(height, inputWidth).padding(padding).build(), CLASSES);
        SsdLite ssd = (SsdLite) network.top();
        Checkpoint checkpoint = new Checkpoint(
                network, Weights.random(network, 2), Preprocessing.TF, List.of(),
                new Checkpoint.Source("test", "test", Double.NaN, List.of(), List.of()));
        float[] input = new float[height * inputWidth * 3];
        Random random = new Random(8);
        for (int i = 0; i < input.length; i++) {
            input[i] = (float) random.nextGaussian();
        }
        float[][] expected = run(OnnxExport.write(network, checkpoint.weights(), 1), input, height, inputWidth);
        for (KernelCandidate backend : Kernels.all().stream().filter(KernelCandidate::supported).toList()) {
            try (Model model = Model.of(checkpoint, Options.DEFAULT.withBackend(backend.name()));
                    Session session = model.newSession()) {
                float[] boxes = new float[ssd.boxesLength()];
                float[] classes = new float[ssd.classesLength()];
                session.predict(input, boxes, classes);
                assertClose(expected[0], boxes, backend.name() + " boxes");
                assertClose(expected[1], classes, backend.name() + " classes");
            }
        }
        suppressesAsOnnxRuntime(ssd, expected[0], expected[1]);
    }

    private static float[][] run(byte[] model, float[] nhwc, int height, int width) throws OrtException {
        FloatBuffer nchw = FloatBuffer.allocate(nhwc.length);
        for (int colour = 0; colour < 3; colour++) {
            for (int pixel = 0; pixel < height * width; pixel++) {
                nchw.put(nhwc[pixel * 3 + colour]);
            }
        }
        try (OrtSession session = ENVIRONMENT.createSession(model);
                OnnxTensor input = OnnxTensor.createTensor(ENVIRONMENT, nchw.flip(), new long[] {1, 3, height, width});
                OrtSession.Result result = session.run(Map.of(OnnxExport.INPUT, input))) {
            return new float[][] {floats(result, OnnxExport.BOXES), floats(result, OnnxExport.CLASSES)};
        }
    }

    private static float[] floats(OrtSession.Result result, String name) {
        FloatBuffer values = ((OnnxTensor) result.get(name).orElseThrow()).getFloatBuffer();
        float[] copy = new float[values.remaining()];
        values.get(copy);
        return copy;
    }

    private static void assertClose(float[] expected, float[] found, String what) {
        float largest = 0;
        for (float value : expected) {
            largest = Math.max(largest, Math.abs(value));
        }
        assertEquals(expected.length, found.length, what);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], found[i], TOLERANCE * largest, what + " " + i);
        }
    }

    /** Decoded and scored a second time here, suppressed by ONNX Runtime's {@code NonMaxSuppression}. */
    private static void suppressesAsOnnxRuntime(SsdLite ssd, float[] boxes, float[] classes) throws OrtException {
        PostProcessing published = ssd.postProcessing();
        int count = published.anchors().count();
        int most = 20;
        PostProcessing processing = new PostProcessing(
                published.anchors(), published.code(), published.scores(), published.background(),
                new Suppression(0.6, 0.55, true, 1, most, count * CLASSES));
        // The predictions of random weights are large: brought to where boxes overlap and scores differ.
        float[] near = new float[boxes.length];
        for (int i = 0; i < boxes.length; i++) {
            near[i] = boxes[i] % 1;
        }
        float[] corners = new float[count * 4];
        float[] scores = new float[CLASSES * count];
        for (int anchor = 0; anchor < count; anchor++) {
            double y = near[4 * anchor] / 10 * published.anchors().height(anchor) + published.anchors().y(anchor);
            double x = near[4 * anchor + 1] / 10 * published.anchors().width(anchor) + published.anchors().x(anchor);
            double height = Math.exp(near[4 * anchor + 2] / 5) * published.anchors().height(anchor);
            double width = Math.exp(near[4 * anchor + 3] / 5) * published.anchors().width(anchor);
            corners[4 * anchor] = (float) (y - height / 2);
            corners[4 * anchor + 1] = (float) (x - width / 2);
            corners[4 * anchor + 2] = (float) (y + height / 2);
            corners[4 * anchor + 3] = (float) (x + width / 2);
            for (int c = 0; c < CLASSES; c++) {
                scores[c * count + anchor] =
                        (float) (1 / (1 + Math.exp(-classes[anchor * (CLASSES + 1) + 1 + c])));
            }
        }
        Set<String> expected = new HashSet<>();
        for (long[] selected : suppressed(corners, scores, count, most)) {
            int at = 4 * (int) selected[2];
            expected.add(key((int) selected[1], new Box(
                    corners[at + 1], corners[at], corners[at + 3], corners[at + 2])));
        }
        List<PostProcessing.Found> found = processing.find(near, classes, 0);
        assertTrue(found.size() > CLASSES, found.size() + " boxes");
        Set<String> keys = new HashSet<>();
        found.forEach(one -> keys.add(key(one.index(), one.box())));
        assertEquals(expected, keys);
    }

    private static String key(int index, Box box) {
        return index + " at " + Math.round(1e4 * box.left()) + " " + Math.round(1e4 * box.top()) + " "
                + Math.round(1e4 * box.right()) + " " + Math.round(1e4 * box.bottom());
    }

    /** Batch, class and box of each that stays. */
    private static List<long[]> suppressed(float[] corners, float[] scores, int count, int most) throws OrtException {
        GraphProto graph = GraphProto.newBuilder()
                .setName("suppression")
                .addInput(value("boxes", TensorProto.DataType.FLOAT))
                .addInput(value("scores", TensorProto.DataType.FLOAT))
                .addInitializer(TensorProto.newBuilder().setName("most").addDims(1)
                        .setDataType(TensorProto.DataType.INT64.getNumber()).addInt64Data(most))
                .addInitializer(number("overlap", 0.55f))
                .addInitializer(number("score", 0.6f))
                .addNode(NodeProto.newBuilder().setOpType("NonMaxSuppression")
                        .addInput("boxes").addInput("scores").addInput("most").addInput("overlap").addInput("score")
                        .addOutput("selected"))
                .addOutput(value("selected", TensorProto.DataType.INT64))
                .build();
        byte[] model = ModelProto.newBuilder()
                .setIrVersion(7)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(13))
                .setGraph(graph)
                .build()
                .toByteArray();
        List<long[]> selected = new ArrayList<>();
        try (OrtSession session = ENVIRONMENT.createSession(model);
                OnnxTensor boxes =
                        OnnxTensor.createTensor(ENVIRONMENT, FloatBuffer.wrap(corners), new long[] {1, count, 4});
                OnnxTensor all =
                        OnnxTensor.createTensor(ENVIRONMENT, FloatBuffer.wrap(scores), new long[] {1, CLASSES, count});
                OrtSession.Result result = session.run(Map.of("boxes", boxes, "scores", all))) {
            LongBuffer values = ((OnnxTensor) result.get(0)).getLongBuffer();
            while (values.hasRemaining()) {
                selected.add(new long[] {values.get(), values.get(), values.get()});
            }
        }
        return selected;
    }

    private static TensorProto number(String name, float value) {
        return TensorProto.newBuilder().setName(name).addDims(1)
                .setDataType(TensorProto.DataType.FLOAT.getNumber()).addFloatData(value).build();
    }

    private static ValueInfoProto value(String name, TensorProto.DataType type) {
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(TypeProto.Tensor.newBuilder().setElemType(type.getNumber())))
                .build();
    }
}
