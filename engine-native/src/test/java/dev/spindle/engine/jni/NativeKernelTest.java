package dev.spindle.engine.jni;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.kernel.Clamp;
import dev.spindle.kernel.Dense;
import dev.spindle.kernel.Depthwise;
import dev.spindle.kernel.FusedBlock;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Layer;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.Softmax;
import dev.spindle.kernel.Stem;
import dev.spindle.kernel.Tiling;
import dev.spindle.network.Activation;
import dev.spindle.network.Padding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Layers built by hand reach C with every argument in its place. Sums are held against fused ones in the same order, bit
 * for bit; the shapes at large are the C tests' affair.
 */
class NativeKernelTest {

    private static final int ROOM = 1 << 16;
    private static final int FEATURES = 37;
    private static final int OUTPUT = 1 << 15;

    private final Random random = new Random(20180113);
    private final float[] weightFloats = new float[ROOM];
    private final float[] activationFloats = new float[ROOM];
    private final Memory weights = Memory.allocate(Memory.Kind.OFF_HEAP, ROOM);
    private final Memory activations = Memory.allocate(Memory.Kind.OFF_HEAP, ROOM);
    private int low = Clamp.low(Activation.RELU6);
    private int high = Clamp.high(Activation.RELU6);

    @AfterEach
    void close() {
        weights.close();
        activations.close();
    }

    private static NativeKernel kernel(NativeBackend backend) {
        KernelCandidate candidate =
                NativeProvider.candidate(backend, Platform.current(), NativeLibrary.instance());
        Assumptions.assumeTrue(candidate.supported(), candidate.name() + ": " + candidate.reason());
        return (NativeKernel) candidate.factory().get();
    }

    /** Fills both memories; the layers of the tests pick their places in them. */
    private void fill() {
        for (int i = 0; i < ROOM; i++) {
            weightFloats[i] = random.nextFloat(-1, 1);
            activationFloats[i] = random.nextFloat(-1, 1);
        }
        weights.write(0, weightFloats, 0, ROOM);
        activations.write(0, activationFloats, 0, ROOM);
    }

    /** Runs a layer in two parts, the later one first, and returns its output. */
    private float[] run(Layer layer, NativeKernel kernel, int count) {
        int middle = layer.units() / 2;
        layer.run(kernel, weights, activations, 0, middle, layer.units());
        layer.run(kernel, weights, activations, 0, 0, middle);
        float[] output = new float[count];
        activations.read(OUTPUT, output, 0, count);
        return output;
    }

    private Pointwise pointwise(Layout layout, int inputs, int blocks, int pixels, int residual) {
        int c = layout.channelBlock();
        Tiling tiling = Tiling.of(layout, blocks, pixels);
        return new Pointwise(
                "pointwise", inputs, 64, 16, 128, pixels * c, OUTPUT, pixels * c, residual, tiling, low, high,
                tiling.units(), 1);
    }

    @ParameterizedTest
    @EnumSource
    void pointwise(NativeBackend backend) {
        NativeKernel kernel = kernel(backend);
        int c = kernel.layout().channelBlock();
        int pixels = 17;
        for (int blocks = 1; blocks <= 3; blocks++) {
            for (int residual : new int[] {-1, 1 << 14}) {
                fill();
                Pointwise layer = pointwise(kernel.layout(), FEATURES, blocks, pixels, residual);
                float[] expected = new float[blocks * pixels * c];
                for (int i = 0; i < expected.length; i++) {
                    int block = i / c / pixels;
                    int pixel = i / c % pixels;
                    float sum = weightFloats[16 + block * c + i % c];
                    sum += residual < 0 ? 0 : activationFloats[residual + i];
                    for (int k = 0; k < FEATURES; k++) {
                        /* All blocks are one tile. */
                        float w = weightFloats[64 + (k * blocks + block) * c + i % c];
                        sum = Math.fma(w, activationFloats[128 + (k / c * pixels + pixel) * c + k % c], sum);
                    }
                    expected[i] = Clamp.apply(sum, low, high);
                }
                assertArrayEquals(expected, run(layer, kernel, expected.length));
            }
            low = Clamp.low(Activation.LINEAR);
            high = Clamp.high(Activation.LINEAR);
        }
    }

    @ParameterizedTest
    @EnumSource
    void stem(NativeBackend backend) {
        NativeKernel kernel = kernel(backend);
        int c = kernel.layout().channelBlock();
        int height = 5;
        int width = 16;
        int rowStride = (2 * width + 1) * 3;
        fill();
        Stem layer = new Stem(
                "stem", 64, 16, 128, rowStride, OUTPUT, height, Tiling.of(kernel.layout(), 2, width), low, high, 1);
        float[] expected = new float[2 * height * width * c];
        for (int i = 0; i < expected.length; i++) {
            int block = i / c / (height * width);
            int y = i / c / width % height;
            int x = i / c % width;
            float sum = weightFloats[16 + block * c + i % c];
            for (int k = 0; k < Stem.K; k++) {
                float value = activationFloats[
                        128 + (2 * y + k / Stem.ROW) * rowStride + Stem.PIXEL_STRIDE * x + k % Stem.ROW];
                sum = Math.fma(weightFloats[64 + (k * 2 + block) * c + i % c], value, sum);
            }
            expected[i] = Clamp.apply(sum, low, high);
        }
        assertArrayEquals(expected, run(layer, kernel, expected.length));
    }

    @ParameterizedTest
    @EnumSource
    void depthwise(NativeBackend backend) {
        NativeKernel kernel = kernel(backend);
        int c = kernel.layout().channelBlock();
        int blocks = 2;
        int height = 9;
        int width = 12;
        for (int stride = 1; stride <= 2; stride++) {
            for (int dilation = 1; dilation <= 2; dilation++) {
                fill();
                activations.write(16, new float[width * c], 0, width * c);
                int outputHeight = Padding.outputSize(height, stride);
                int outputWidth = Padding.outputSize(width, stride);
                int padTop = Padding.SAME.before(height, 3, stride, dilation);
                int padLeft = Padding.SAME.before(width, 3, stride, dilation);
                Depthwise layer = new Depthwise(
                        "depthwise", blocks, height, width, outputHeight, outputWidth, stride, dilation, padTop,
                        padLeft, 64, 16, 512, height * width * c, OUTPUT, outputHeight * outputWidth * c, 16, low,
                        high, 1);
                float[] expected = new float[blocks * outputHeight * outputWidth * c];
                for (int i = 0; i < expected.length; i++) {
                    int block = i / c / (outputHeight * outputWidth);
                    int top = i / c / outputWidth % outputHeight * stride - padTop;
                    int left = i / c % outputWidth * stride - padLeft;
                    float sum = weightFloats[16 + block * c + i % c];
                    for (int tap = 0; tap < Depthwise.TAPS; tap++) {
                        int y = top + tap / 3 * dilation;
                        int x = left + tap % 3 * dilation;
                        boolean inside = y >= 0 && y < height && x >= 0 && x < width;
                        int at = 512 + ((block * height + y) * width + x) * c + i % c;
                        float w = weightFloats[64 + (block * Depthwise.TAPS + tap) * c + i % c];
                        sum = Math.fma(w, inside ? activationFloats[at] : 0, sum);
                    }
                    expected[i] = Clamp.apply(sum, low, high);
                }
                assertArrayEquals(expected, run(layer, kernel, expected.length));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void dense(NativeBackend backend) {
        NativeKernel kernel = kernel(backend);
        int c = kernel.layout().channelBlock();
        int vectors = kernel.layout().denseVectors();
        int blocks = vectors + 3;
        fill();
        Dense layer = new Dense("dense", FEATURES, blocks, vectors, 512, 16, 128, OUTPUT, 1);
        float[] expected = new float[blocks * c];
        for (int unit = 0; unit < layer.units(); unit++) {
            int first = layer.firstBlock(unit);
            int columns = (layer.firstBlock(unit + 1) - first) * c;
            for (int column = 0; column < columns; column++) {
                float sum = weightFloats[16 + first * c + column];
                for (int k = 0; k < FEATURES; k++) {
                    float w = weightFloats[512 + first * c * FEATURES + k * columns + column];
                    sum = Math.fma(w, activationFloats[128 + k], sum);
                }
                expected[first * c + column] = sum;
            }
        }
        assertArrayEquals(expected, run(layer, kernel, expected.length));
    }

    @ParameterizedTest
    @EnumSource
    void globalAverage(NativeBackend backend) {
        NativeKernel kernel = kernel(backend);
        int c = kernel.layout().channelBlock();
        int pixels = 49;
        int blocks = 11;
        fill();
        float[] expected = new float[blocks * c];
        for (int i = 0; i < expected.length; i++) {
            float sum = 0;
            for (int pixel = 0; pixel < pixels; pixel++) {
                sum += activationFloats[16 + (i / c * pixels + pixel) * c + i % c];
            }
            expected[i] = sum * (1f / pixels);
        }
        assertArrayEquals(
                expected, run(new GlobalAverage("pool", blocks, pixels, 16, OUTPUT), kernel, expected.length));
    }

    @ParameterizedTest
    @EnumSource
    void softmax(NativeBackend backend) {
        NativeKernel kernel = kernel(backend);
        int count = 1001;
        fill();
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += Math.exp(activationFloats[16 + i]);
        }
        float[] output = run(new Softmax("softmax", count, 16, OUTPUT), kernel, count);
        for (int i = 0; i < count; i++) {
            double expected = Math.exp(activationFloats[16 + i]) / sum;
            assertEquals(expected, output[i], expected * count * Math.ulp(1f));
        }
    }

    /** A block of a depthwise convolution and a projection, on a map of 4 x 5. */
    private FusedBlock block(Layout layout) {
        int c = layout.channelBlock();
        Depthwise depthwise = new Depthwise(
                "depthwise", 2, 4, 5, 4, 5, 1, 1, 1, 1, 64, 16, 512, 20 * c, -1, 20 * c, 16, low, high, 1);
        Tiling tiling = Tiling.of(layout, 2, 20);
        Pointwise project = new Pointwise(
                "project", 2 * c, 1024, 16, -1, 20 * c, OUTPUT, 20 * c, -1, tiling, low, high, tiling.units(), 1);
        return new FusedBlock(
                "block", Optional.empty(), Optional.empty(), depthwise, project, tiling, 1, 2, c);
    }

    /** The flags of the mapping that an address lies in, as Linux tells them. */
    private static List<String> mappingFlags(long address) throws IOException {
        boolean inside = false;
        for (String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
            Matcher range = Pattern.compile("(\\p{XDigit}+)-(\\p{XDigit}+) .*").matcher(line);
            if (range.matches()) {
                inside = Long.parseUnsignedLong(range.group(1), 16) <= address
                        && address < Long.parseUnsignedLong(range.group(2), 16);
            } else if (inside && line.startsWith("VmFlags:")) {
                return List.of(line.split(" +"));
            }
        }
        throw new AssertionError("no mapping at " + Long.toHexString(address));
    }

    @ParameterizedTest
    @EnumSource
    void weightsMoveToHugePages(NativeBackend backend) throws IOException {
        NativeKernel kernel = kernel(backend);
        float[] expected = new float[1 << 21];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = random.nextFloat(-1, 1);
        }
        try (Memory many = Memory.allocate(Memory.Kind.OFF_HEAP, expected.length)) {
            many.write(0, expected, 0, expected.length);
            kernel.prepare(many);
            float[] found = new float[expected.length];
            many.read(0, found, 0, found.length);
            assertArrayEquals(expected, found);
            Assumptions.assumeTrue(
                    Files.exists(Path.of("/sys/kernel/mm/transparent_hugepage/enabled")), "the system has no huge pages");
            List<String> flags = mappingFlags(NativeKernel.at(many, expected.length / 2));
            assertTrue(flags.contains("hg"), flags.toString());
        }
    }

    @ParameterizedTest
    @EnumSource
    void unitsOutOfRangeAreRefused(NativeBackend backend) {
        NativeKernel kernel = kernel(backend);
        Pointwise layer = pointwise(kernel.layout(), FEATURES, 2, 17, -1);
        assertThrows(
                IndexOutOfBoundsException.class,
                () -> kernel.pointwise(layer, weights, activations, OUTPUT, 0, layer.units() + 1));
        assertThrows(IndexOutOfBoundsException.class, () -> kernel.pointwise(layer, weights, activations, OUTPUT, -1, 1));
        FusedBlock block = block(kernel.layout());
        assertThrows(
                IndexOutOfBoundsException.class,
                () -> kernel.fusedBlock(block, weights, activations, 0, 0, block.units() + 1));
        assertThrows(
                IndexOutOfBoundsException.class, () -> kernel.fusedBlock(block, weights, activations, 0, -1, 1));
    }

    /** Whichever of its places is not in the memory. */
    @ParameterizedTest
    @EnumSource
    void layersBeyondTheirMemoryAreRefused(NativeBackend backend) {
        NativeKernel kernel = kernel(backend);
        Layout layout = kernel.layout();
        int c = layout.channelBlock();
        try (Memory small = Memory.allocate(Memory.Kind.OFF_HEAP, 2 * c)) {
            Pointwise pointwise = pointwise(layout, FEATURES, 2, 17, -1);
            assertBeyond(() -> kernel.pointwise(pointwise, small, activations, OUTPUT, 0, 1));
            assertBeyond(() -> kernel.pointwise(pointwise, weights, small, OUTPUT, 0, 1));
            Pointwise residual = pointwise(layout, FEATURES, 2, 17, ROOM - 1);
            assertBeyond(() -> kernel.pointwise(residual, weights, activations, OUTPUT, 0, 1));
            assertBeyond(() -> kernel.pointwise(pointwise, weights, activations, ROOM - 2 * 17 * c + 1, 0, 1));
            assertBeyond(() -> kernel.pointwise(pointwise, weights, activations, -1, 0, 1));
            FusedBlock block = block(layout);
            Depthwise depthwise = block.depthwise();
            assertBeyond(() -> kernel.depthwise(depthwise, small, activations, 0, 1));
            assertBeyond(() -> kernel.depthwise(depthwise, weights, small, 0, 1));
            assertBeyond(() -> kernel.fusedBlock(block, small, activations, 0, 0, 1));
            assertBeyond(() -> kernel.fusedBlock(block, weights, small, 0, 0, 1));
            assertBeyond(() -> kernel.fusedBlock(block, weights, activations, ROOM - 1, 0, 1));
            GlobalAverage pool = new GlobalAverage("pool", 2, 5, 0, 3 * c);
            assertBeyond(() -> kernel.globalAverage(pool, small, 0, 0, 1));
            assertBeyond(() -> kernel.globalAverage(pool, activations, ROOM - 5 * c + 1, 0, 1));
            Dense dense = new Dense("classifier", 3, 2, 1, 0, 6 * c, 0, 2 * c, 1);
            assertBeyond(() -> kernel.dense(dense, small, activations, 0, 1));
            assertBeyond(() -> kernel.dense(dense, weights, small, 0, 1));
            assertBeyond(() -> kernel.softmax(new Softmax("softmax", 2 * c + 1, 0, 0), small));
            assertBeyond(() -> kernel.softmax(new Softmax("softmax", 0, 0, 0), small));
        }
    }

    private static void assertBeyond(Executable call) {
        assertThrows(IndexOutOfBoundsException.class, call);
    }

    @ParameterizedTest
    @EnumSource
    void aPlanOfAnotherLayoutIsRefused(NativeBackend backend) {
        NativeKernel kernel = kernel(backend);
        Layout own = kernel.layout();
        Layout taller = new Layout(
                own.channelBlock(), own.memory(), own.rows1(), own.rows2() + 1, own.rows3(), own.denseVectors(),
                own.fuses());
        Pointwise layer = pointwise(taller, FEATURES, 2, 17, -1);
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> kernel.pointwise(layer, weights, activations, OUTPUT, 0, layer.units()))
                .getMessage();
        assertTrue(message.contains("pointwise") && message.contains(kernel.name()), message);
        FusedBlock block = block(taller);
        assertThrows(
                IllegalArgumentException.class,
                () -> kernel.fusedBlock(block, weights, activations, 0, 0, block.units()));
        Dense wide = new Dense("classifier", FEATURES, 16, 16, 512, 16, 128, OUTPUT, 1);
        assertThrows(
                IllegalArgumentException.class, () -> kernel.dense(wide, weights, activations, 0, wide.units()));
    }

    @ParameterizedTest
    @EnumSource
    void closedMemoryIsRefused(NativeBackend backend) {
        NativeKernel kernel = kernel(backend);
        Pointwise layer = pointwise(kernel.layout(), FEATURES, 2, 17, -1);
        activations.close();
        assertThrows(
                IllegalStateException.class,
                () -> kernel.pointwise(layer, weights, activations, OUTPUT, 0, layer.units()));
    }
}
