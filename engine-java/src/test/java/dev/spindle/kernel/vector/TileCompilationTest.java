package dev.spindle.kernel.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.ChildJvm;
import dev.spindle.kernel.FloatRequantisation;
import dev.spindle.kernel.Quantisation;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The first compiler must cope with each tile, profile included. What it compiles without a profile and not with one stays
 * where it is for ever, and there each operation allocates its vector.
 */
class TileCompilationTest {

    private static final int INPUTS = 32;

    /** Runs each matrix tile of each width once, in a JVM that {@link #firstCompilerCopes} starts. */
    static final class EachTileOnce {

        private EachTileOnce() {}

        public static void main(String[] arguments) {
            for (VectorTiles tiles : List.of(new VectorTiles128(), new VectorTiles256(), new VectorTiles512())) {
                float[] floats = new float[64 * INPUTS * tiles.lanes()];
                boolean[] direct = new boolean[tiles.lanes()];
                FloatRequantisation by =
                        new FloatRequantisation(floats, floats, floats, floats, floats, direct, 0, Quantisation.MAX);
                run(tiles, tiles, floats, null);
                run(tiles, tiles.finishing(by), floats, by);
            }
        }

        private static void run(VectorTiles tiles, ConvolutionTiles convolution, float[] floats, FloatRequantisation by) {
            int[] rows = {tiles.rows1(), tiles.rows2(), tiles.rows3()};
            for (int vectors = 1; vectors <= rows.length; vectors++) {
                for (int row = 1; row <= rows[vectors - 1]; row++) {
                    convolution.pointwise(
                            row, vectors, floats, 0, floats, 0, INPUTS, floats, 0, 0, 0, 0, Integer.MIN_VALUE,
                            Integer.MAX_VALUE, by, 0);
                    tiles.addingPointwise(
                            row, vectors, floats, 0, floats, 0, INPUTS, floats, 0, 0, 0, 0, 0, Integer.MIN_VALUE,
                            Integer.MAX_VALUE);
                    convolution.stem(
                            row, vectors, floats, 0, floats, 0, INPUTS, floats, 0, 0, 0, 0, Integer.MIN_VALUE,
                            Integer.MAX_VALUE, by, 0);
                }
            }
        }
    }

    @Test
    void firstCompilerCopes() throws Exception {
        String log = ChildJvm.run(
                List.of(
                        "-Xcomp", "-XX:TieredStopAtLevel=3", "-XX:CompileCommand=quiet",
                        "-XX:CompileCommand=compileonly," + VectorTiles.class.getName() + "*::*",
                        "-XX:CompileCommand=compileonly," + VectorTiles.class.getPackageName() + ".StepTiles*::*",
                        "-XX:+PrintCompilation"),
                EachTileOnce.class);
        assertTrue(log.contains(VectorTiles512.class.getName() + "::pointwise14x2"), log);
        assertTrue(log.contains(VectorTiles512.class.getName() + "::addingPointwise14x2"), log);
        assertTrue(log.contains(StepTiles512.class.getName() + "::pointwise14x2"), log);
        assertEquals(List.of(), log.lines().filter(line -> line.contains("COMPILE SKIPPED")).toList());
    }
}
