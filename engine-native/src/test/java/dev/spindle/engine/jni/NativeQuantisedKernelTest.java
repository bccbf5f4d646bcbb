package dev.spindle.engine.jni;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.spindle.kernel.BytePacking;
import dev.spindle.kernel.ByteSum;
import dev.spindle.kernel.GlobalAverage;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Layout;
import dev.spindle.kernel.Memory;
import dev.spindle.kernel.Pointwise;
import dev.spindle.kernel.Quantisation;
import dev.spindle.kernel.QuantisedGlobalAverage;
import dev.spindle.kernel.QuantisedKernel;
import dev.spindle.kernel.QuantisedPointwise;
import dev.spindle.kernel.QuantisedSum;
import dev.spindle.kernel.Requantisation;
import dev.spindle.kernel.Tiling;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What whole plans do not meet: sums by a table, and layers that do not belong to their memory. */
class NativeQuantisedKernelTest {

    private static final int ROOM = 1 << 18;
    private static final int BLOCK = 16;
    private static final int CONSTANTS = 1 << 10;
    private static final int TABLE = 1 << 12;
    private static final int RESIDUAL = 1 << 12;
    private static final int OUTPUT = 1 << 13;
    private static final Quantisation MAP = new Quantisation(1, 100);

    private final Random random = new Random(20180113);
    private final Memory weights = Memory.allocate(Memory.Kind.OFF_HEAP, Memory.Element.BYTE, ROOM);
    private final Memory activations = Memory.allocate(Memory.Kind.OFF_HEAP, Memory.Element.BYTE, ROOM);

    @AfterEach
    void close() {
        weights.close();
        activations.close();
    }

    private static QuantisedKernel kernel(NativeBackend backend) {
        KernelCandidate candidate =
                NativeProvider.candidate(backend, Platform.current(), NativeLibrary.instance());
        Assumptions.assumeTrue(candidate.supported(), candidate.name() + ": " + candidate.reason());
        return candidate.factory().get().quantised().orElseThrow();
    }

    /** A convolution without weights, whose results are its biases, and a sum by a table. */
    private QuantisedPointwise layer(Layout layout, int pixels, int weightsAt, int table) {
        Tiling tiling = Tiling.of(layout, 1, pixels);
        Pointwise shape = new Pointwise(
                "pointwise", 4, weightsAt, 0, 0, pixels * BLOCK, OUTPUT, pixels * BLOCK, RESIDUAL, tiling, 0, 0,
                tiling.units(), 1);
        BytePacking packing = new BytePacking(
                BytePacking.Rounding.INTEGERS, CONSTANTS, 0, 0, 0, 0, Optional.of(ByteSum.of(table)));
        int[] none = new int[BLOCK];
        return new QuantisedPointwise(
                shape,
                new Requantisation(none, none, none, 0, 255, MAP, Optional.empty(), Optional.of(packing)),
                Optional.of(QuantisedSum.of(MAP, MAP, MAP)),
                Optional.empty());
    }

    /** Ten chains of 16 sums of four products, each of which counts as two operations. */
    @ParameterizedTest
    @EnumSource
    void countsItsProducts(NativeBackend backend) {
        assertEquals(2.0 * 10 * 16 * 4 * 1000, kernel(backend).products(1000));
    }

    @ParameterizedTest
    @EnumSource
    void addsByTable(NativeBackend backend) {
        QuantisedKernel kernel = kernel(backend);
        int pixels = 17;
        int[] constants = new int[7 * BLOCK];
        for (int channel = 0; channel < BLOCK; channel++) {
            int bias = random.nextInt(-100, 156);
            constants[channel] = bias;
            constants[6 * BLOCK + channel] = bias;
            constants[BLOCK + channel] = 1 << 30;
            constants[2 * BLOCK + channel] = 1;
        }
        weights.write(CONSTANTS, constants, 0, constants.length);
        byte[] table = new byte[1 << 16];
        random.nextBytes(table);
        weights.write(TABLE, table, 0, table.length);
        byte[] residual = new byte[pixels * BLOCK];
        random.nextBytes(residual);
        activations.write(RESIDUAL, residual, 0, residual.length);
        QuantisedPointwise layer = layer(kernel.layout(), pixels, 0, TABLE);
        kernel.pointwise(layer, weights, activations, OUTPUT, 0, layer.units());
        byte[] expected = new byte[pixels * BLOCK];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = table[100 + constants[i % BLOCK] << 8 | residual[i] & 0xff];
        }
        byte[] found = new byte[expected.length];
        activations.read(OUTPUT, found, 0, found.length);
        assertArrayEquals(expected, found);
    }

    @ParameterizedTest
    @EnumSource
    void refusesWhatDoesNotLieInMemory(NativeBackend backend) {
        QuantisedKernel kernel = kernel(backend);
        Layout layout = kernel.layout();
        QuantisedPointwise fits = layer(layout, 3, 0, TABLE);
        assertThrows(
                IndexOutOfBoundsException.class, () -> kernel.pointwise(fits, weights, activations, OUTPUT, 0, fits.units() + 1));
        QuantisedPointwise noWeights = layer(layout, 3, ROOM - 4 * BLOCK + 1, TABLE);
        assertThrows(IndexOutOfBoundsException.class, () -> kernel.pointwise(noWeights, weights, activations, OUTPUT, 0, 1));
        QuantisedPointwise noTable = layer(layout, 3, 0, ROOM - (1 << 16) + 1);
        assertThrows(IndexOutOfBoundsException.class, () -> kernel.pointwise(noTable, weights, activations, OUTPUT, 0, 1));
        QuantisedPointwise large = layer(layout, ROOM / BLOCK, 0, TABLE);
        assertThrows(IndexOutOfBoundsException.class, () -> kernel.pointwise(large, weights, activations, OUTPUT, 0, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> kernel.pointwise(fits, weights, activations, -1, 0, 1));
        GlobalAverage pool = new GlobalAverage("pool", 1, ROOM / BLOCK, 0, ROOM - BLOCK + 1);
        QuantisedGlobalAverage average = new QuantisedGlobalAverage(pool, MAP, Optional.empty(), 0, MAP, Optional.empty());
        assertThrows(IndexOutOfBoundsException.class, () -> kernel.globalAverage(average, activations, 0, 0, 1));
    }

    @ParameterizedTest
    @EnumSource
    void refusesTilesThatItDoesNotHave(NativeBackend backend) {
        QuantisedKernel kernel = kernel(backend);
        Layout own = kernel.layout();
        Layout taller = new Layout(
                BLOCK, own.memory(), own.maps(), own.weights(), own.rows1() + 1, own.rows2(), own.rows3(), 2, false);
        QuantisedPointwise layer = layer(taller, 3, 0, TABLE);
        assertThrows(IllegalArgumentException.class, () -> kernel.pointwise(layer, weights, activations, OUTPUT, 0, 1));
    }

    @ParameterizedTest
    @EnumSource
    void namesItsInstructions(NativeBackend backend) {
        kernel(backend);
        String description =
                NativeProvider.candidate(backend, Platform.current(), NativeLibrary.instance()).reason();
        String name = description.substring(description.indexOf("int8: ") + "int8: ".length());
        assertFalse(name.isBlank());
        if (backend == NativeBackend.AVX2) {
            assertEquals("avx2", name);
        }
    }
}
