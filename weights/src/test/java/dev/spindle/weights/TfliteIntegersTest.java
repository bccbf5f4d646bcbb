package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Precision;
import dev.spindle.Session;
import dev.spindle.kernel.Quantisation;
import dev.spindle.network.Network;
import dev.spindle.plan.QuantisedWeights;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TfliteIntegersTest {

    private static final Path NAME = Path.of("some.tflite");
    private static final Options INTEGERS = Options.DEFAULT.withBackend("scalar").withPrecision(Precision.INT8);

    private static Checkpoint read(TfliteFile file) {
        return TfliteReader.read(NAME, file.bytes());
    }

    private static QuantisedWeights integers(TfliteFile file) {
        Checkpoint checkpoint = read(file);
        return checkpoint.quantised().orElseThrow(() -> new AssertionError(checkpoint.source().notes()));
    }

    /** Checks that a change leaves a file that is read, but runs dequantised, and that a note says why. */
    private static void assertObstacle(String expected, TfliteType type, Consumer<TfliteFile> change) {
        TfliteFile file = TfliteFile.quantised(type);
        change.accept(file);
        Checkpoint checkpoint = read(file);
        assertTrue(checkpoint.quantised().isEmpty());
        List<String> notes = checkpoint.source().notes();
        assertTrue(notes.getLast().startsWith("cannot run in integers: "), notes.toString());
        assertTrue(notes.getLast().contains(expected), notes.toString());
    }

    @Test
    void bytesAreThoseOfTensorFlowLite() {
        Safetensors expected = Safetensors.open(Fixtures.path("tflite-int8/reference-int8.safetensors"));
        Checkpoint checkpoint = new PublishedFormats().read(Fixtures.path("tflite-int8/weights.tflite"));
        try (Model model = Model.of(checkpoint, INTEGERS); Session session = model.newSession()) {
            byte[] output = new byte[2 * session.logitsLength()];
            session.run(bytes(expected, "input"), 2, output, null, null);
            assertArrayEquals(bytes(expected, "output"), output);
        }
    }

    private static byte[] bytes(Safetensors file, String tensor) {
        ByteBuffer data = file.tensor(tensor).data();
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        return bytes;
    }

    @ParameterizedTest
    @EnumSource(names = {"UINT8", "INT8"})
    void integersAreReadInTheCommonOrder(TfliteType type) {
        TfliteFile file = TfliteFile.quantised(type);
        QuantisedWeights found = integers(file);
        boolean signed = type == TfliteType.INT8;
        TfliteFile.Tensor stem = file.tensor("stem");
        TfliteFile.Tensor depthwise = file.tensor("block2.depthwise");
        int zero = signed ? 0 : 120;
        for (int output = 0; output < 4; output++) {
            for (int k = 0; k < 27; k++) {
                int stored = stem.data[output * 27 + k];
                assertEquals(
                        (signed ? stored : stored & 0xff) - zero,
                        found.layer("stem").kernel()[(output * 3 + k % 3) * 9 + k / 3]);
            }
        }
        for (int channel = 0; channel < 8; channel++) {
            for (int tap = 0; tap < 9; tap++) {
                int stored = depthwise.data[tap * 8 + channel];
                assertEquals(
                        (signed ? stored : stored & 0xff) - zero,
                        found.layer("block2.depthwise").kernel()[channel * 9 + tap]);
            }
        }
        assertEquals(!signed, found.layer("stem").roundedProduct());
        assertTrue(found.layer(Network.CLASSIFIER).roundedProduct());
        TfliteFile.Tensor sum = file.tensor("block1.sum");
        Quantisation added = found.input(read(file).network(), "block2.expand");
        assertEquals(new Quantisation(sum.scales[0], (int) (sum.zeroPoints[0] - type.smallest())), added);
        assertTrue(found.pool().mean());
        assertTrue(found.ends().softmax());
        assertEquals(signed, found.ends().signedInput());
        assertEquals(signed, found.ends().signedOutput());
        assertEquals(signed, found.ends().signedMaps());
    }

    @Test
    void quantisersAtTheEndsAreThePartOfTheCaller() {
        TfliteFile file = TfliteFile.quantised(TfliteType.INT8);
        TfliteFile.Tensor quantised = file.tensor("input");
        TfliteFile.Tensor own = new TfliteFile.Tensor("own", TfliteType.UINT8.ordinal(), quantised.shape, null);
        own.scales = quantised.scales;
        own.zeroPoints = new long[] {quantised.zeroPoints[0] + 128};
        int before = file.add(own);
        file.operator(TfliteOperator.QUANTIZE, 0, new int[0], file.input, before);
        file.input = before;
        int after = file.add(new TfliteFile.Tensor(
                "reals", TfliteType.FLOAT32.ordinal(), file.tensors.get(file.output).shape, null));
        file.operator(TfliteOperator.DEQUANTIZE, 0, new int[0], after, file.output);
        file.output = after;
        QuantisedWeights.Ends ends = integers(file).ends();
        assertFalse(ends.signedInput());
        assertTrue(ends.signedOutput());
        assertEquals(new Quantisation(own.scales[0], (int) own.zeroPoints[0]), ends.input());

        own.type = TfliteType.FLOAT32.ordinal();
        own.scales = new float[0];
        assertTrue(integers(file).ends().signedInput());

        own.type = TfliteType.UINT8.ordinal();
        own.scales = new float[] {quantised.scales[0] * 2};
        assertTrue(read(file).source().notes().getLast().contains("QUANTIZE: an output of another scale"));
    }

    @Test
    void whatRunsOtherwiseInIntegersIsSaid() {
        TfliteType int8 = TfliteType.INT8;
        assertObstacle("FULLY_CONNECTED: tensor classifier of FLOAT32 for maps of INT8", int8, file -> {
            for (String name : List.of("classifier", "classifier.bias")) {
                TfliteFile.Tensor real = TfliteFile.classifier().tensor(name);
                file.tensor(name).type = real.type;
                file.tensor(name).data = real.data;
                file.tensor(name).scales = new float[0];
            }
        });
        assertObstacle("tensor head of signed bytes with a zero point", int8, file ->
                file.tensor("head").zeroPoints = new long[] {3});
        assertObstacle("tensor head of UINT8 with scales along axis 0", TfliteType.UINT8, file -> {
            file.tensor("head").scales = new float[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
            file.tensor("head").zeroPoints = new long[10];
        });
        assertObstacle("tensor head.bias of INT32 with a zero point", int8, file -> {
            file.tensor("head.bias").scales = new float[] {1};
            file.tensor("head.bias").zeroPoints = new long[] {1};
        });
        assertObstacle("tensor head.out of FLOAT32, not of bytes with one scale", int8, file -> {
            file.tensor("head.out").type = TfliteType.FLOAT32.ordinal();
            file.tensor("head.out").scales = new float[0];
        });
        assertObstacle("SOFTMAX: an output that is not in 256ths", int8, file ->
                file.tensor("probabilities").zeroPoints = new long[] {0});
        assertObstacle("RELU6: an activation of its own", int8, file -> {
            TfliteFile.Tensor head = file.tensor("head.out");
            TfliteFile.Tensor activated = new TfliteFile.Tensor("activated", head.type, head.shape, null);
            activated.scales = head.scales;
            activated.zeroPoints = head.zeroPoints;
            int index = file.add(activated);
            file.maker("head.out").options[3] = TfliteFile.LINEAR;
            file.maker("average").inputs[0] = index;
            file.operator(TfliteOperator.RELU6, 0, new int[0], index, file.index("head.out"));
        });
        assertObstacle("AVERAGE_POOL_2D: an output of another scale than its input's", int8, file -> {
            TfliteFile.Operator average = file.maker("average");
            average.code = TfliteOperator.AVERAGE_POOL_2D;
            average.optionsType = 5;
            average.options = new int[] {TfliteFile.VALID, 1, 1, 2, 2, TfliteFile.LINEAR};
            average.inputs = new int[] {average.inputs[0]};
        });
        assertTrue(read(TfliteFile.classifier()).quantised().isEmpty());
        assertTrue(read(TfliteFile.classifier()).source().notes().isEmpty());
    }

    @Test
    void scalesThatMakeNoSenseTogetherAreRefused() {
        TfliteFile file = TfliteFile.quantised(TfliteType.INT8);
        file.tensor("head.out").scales = new float[] {1e-30f};
        String message = assertThrows(InvalidInputException.class, () -> read(file)).getMessage();
        assertTrue(message.contains("tensor head.out: expected a scale above 2^-30 of its input's"), message);
    }
}
