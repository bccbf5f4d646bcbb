package dev.spindle.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.spindle.Classification;
import dev.spindle.image.ImageDecoder;
import dev.spindle.image.Preprocessing;
import dev.spindle.image.Preprocessor;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A program that does with ONNX Runtime what {@code spindle classify} does: decodes a photo, prepares it, runs a network on one
 * thread, and prints the five most probable classes. Decoding and preparing are Spindle's, and there is no command line to parse.
 *
 * <p>Arguments: an ONNX file, the name of a {@link #PRESETS preset}, its resize ratio, and a photo.
 */
public final class OnnxRuntimeClassify {

    /** What this program can prepare pictures with, but for the ratio of their resize. */
    private static final List<Preprocessing> PRESETS = List.of(Preprocessing.TF, Preprocessing.TORCH, Preprocessing.CAFFE);

    private static final int TOP = 5;

    private OnnxRuntimeClassify() {}

    /** Whether it can prepare pictures that way. */
    static boolean knows(Preprocessing preprocessing) {
        return PRESETS.stream().anyMatch(preset -> preset.name().equals(preprocessing.name())
                && preset.interpolation() == preprocessing.interpolation()
                && preset.channelOrder() == preprocessing.channelOrder()
                && Arrays.equals(preset.mean(), preprocessing.mean())
                && Arrays.equals(preset.scale(), preprocessing.scale()));
    }

    /** See the class. */
    public static void main(String[] arguments) throws OrtException {
        Preprocessing preprocessing = PRESETS.stream()
                .filter(preset -> preset.name().equals(arguments[1]))
                .findFirst()
                .orElseThrow()
                .withResizeRatio(Double.parseDouble(arguments[2]));
        try (OrtEnvironment environment = OrtEnvironment.getEnvironment();
                OrtSession.SessionOptions options = OnnxRuntimePeer.options(1);
                OrtSession session = environment.createSession(arguments[0], options)) {
            long[] shape = ((TensorInfo) session.getInputInfo().get(OnnxExport.INPUT).getInfo()).getShape();
            int height = (int) shape[2];
            int width = (int) shape[3];
            float[] input = new Preprocessor(preprocessing, height, width).apply(ImageDecoder.decode(Path.of(arguments[3])));
            try (OnnxTensor tensor = OnnxTensor.createTensor(environment, FloatBuffer.wrap(planes(input)), shape);
                    OrtSession.Result result = session.run(Map.of(OnnxExport.INPUT, tensor))) {
                print(((float[][]) result.get(OnnxExport.LOGITS).orElseThrow().getValue())[0]);
            }
        }
    }

    /** From colours side by side to colours apart. */
    private static float[] planes(float[] input) {
        int pixels = input.length / 3;
        float[] planes = new float[input.length];
        for (int pixel = 0; pixel < pixels; pixel++) {
            for (int colour = 0; colour < 3; colour++) {
                planes[colour * pixels + pixel] = input[pixel * 3 + colour];
            }
        }
        return planes;
    }

    private static void print(float[] logits) {
        for (Classification found : Classification.top(logits, TOP, List.of())) {
            System.out.printf(Locale.ROOT, "%7.2f %%  %s%n", 100 * found.probability(), found.label());
        }
    }
}
