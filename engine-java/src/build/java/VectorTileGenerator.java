import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Writes {@code VectorTiles128}, {@code VectorTiles256} and {@code VectorTiles512}: the register tiles of the Vector API
 * backend, one method a shape; and {@code StepTiles128} to {@code StepTiles512}, which make steps of whole numbers' sums.
 * The compiler needs each accumulator to be a local variable and the species to be a constant, so shapes and widths cannot
 * be parameters; here they are.
 *
 * <p>Run with {@code java VectorTileGenerator.java OUTPUT_FOLDER}.
 */
final class VectorTileGenerator {

    /** Floats of a row of the stem's kernel and between its inputs: see {@code Stem}. */
    private static final int STEM_ROW = 9;

    private static final int STEM_PIXEL_STRIDE = 6;

    /**
     * What a tile's sums start as, and what becomes of them. Each call here is one for each sum: with one more, the largest
     * tiles would be too much for the first compiler, see {@code TileCompilationTest}. What comes first behind a loop takes the
     * sum as its argument: of a sum that comes out of a loop the compiler knows the declared type only, and would have to guess
     * the class of a receiver from a profile that vectors of another width may have spoilt; then it boxes.
     */
    private enum Finish {
        /** The bias is added, then two integer instructions between two reinterpretations: see {@code Clamp}. */
        CLAMP("int lowBits, int highBits", "lowBits, highBits", "lowBits", "highBits"),
        /** Sums start as the bias, since whole numbers are exact; then the direct way of {@code FloatRequantisation}. */
        STEPS("FloatRequantisation by, int channel", "by, channel", "MAGIC_BITS + by.low()", "MAGIC_BITS + by.high()");

        private final String parameters;
        private final String arguments;
        private final String low;
        private final String high;

        Finish(String parameters, String arguments, String low, String high) {
            this.parameters = parameters;
            this.arguments = arguments;
            this.low = low;
            this.high = high;
        }

        /**
         * What {@link #into} needs of each block. The compiler would broadcast a mere copy of an integer again at each use;
         * what two vectors make, it keeps.
         */
        String constants(int lanes, int vectors) {
            String bounds = """
                            IntVector low = IntVector.broadcast(I, %s);
                            IntVector high = IntVector.broadcast(I, %s);
                            IntVector lowest = low.min(high);
                            IntVector highest = high.max(low);
                    """.formatted(low, high);
            return this == CLAMP ? bounds : bounds + "        FloatVector magic = FloatVector.broadcast(F, MAGIC);\n"
                    + lines(vectors, v -> """
                                    FloatVector factor%1$d = FloatVector.fromArray(F, by.factors(), channel + %2$d);
                                    FloatVector nudge%1$d = FloatVector.fromArray(F, by.nudges(), channel + %2$d);\
                            """.formatted(v, v * lanes)) + "\n";
        }

        /** Writes what becomes of a sum of block {@code vector}, nudged or for the clamp. */
        String into(String nudged, String clamped, int vector, String index) {
            String within = ".reinterpretAsInts().max(lowest).min(highest).reinterpretAsFloats()";
            return this == CLAMP
                    ? "        %s%s.intoArray(a, %s);".formatted(clamped, within, index)
                    : "        %1$s.fma(factor%2$d, magic)%3$s.sub(magic).intoArray(a, %4$s);"
                            .formatted(nudged, vector, within, index);
        }
    }

    /** Parameters of methods that clamp in one class and make steps in another. */
    private static final String ANY_FINISH = "int lowBits, int highBits, FloatRequantisation by, int channel";

    private static final int[] DENSE_VECTORS = {1, 2, 4, 8};

    /**
     * A vector width.
     *
     * @param bits of a vector
     * @param steps inputs that the loop of a 1x1 tile takes at a time: 1 or a divisor of the lanes
     * @param rows most rows of a tile, by its vectors: index 1 to 3
     */
    private record Width(int bits, int steps, int... rows) {
        int lanes() {
            return bits / Float.SIZE;
        }
    }

    private static final Width[] WIDTHS = {
        // Of 16 registers, a 6x2 tile leaves two for broadcasts; C2 wants three of them and spills a sum. A 4x2 tile has just
        // the eight sums that hide the latency; four inputs at a time pay for its larger share of index arithmetic.
        new Width(128, 4, 0, 12, 4, 0), new Width(256, 4, 0, 12, 4, 0), new Width(512, 1, 0, 14, 14, 9)
    };

    private VectorTileGenerator() {}

    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0], "dev", "spindle", "kernel", "vector");
        Files.createDirectories(folder);
        for (Width width : WIDTHS) {
            Files.writeString(folder.resolve("VectorTiles" + width.bits() + ".java"), tilesClass(width));
            Files.writeString(folder.resolve("StepTiles" + width.bits() + ".java"), stepTilesClass(width));
        }
    }

    private static String tilesClass(Width width) {
        return """
                package dev.spindle.kernel.vector;

                import dev.spindle.kernel.Depthwise;
                import dev.spindle.kernel.FloatRequantisation;
                import jdk.incubator.vector.FloatVector;
                import jdk.incubator.vector.IntVector;
                import jdk.incubator.vector.VectorSpecies;

                /** The register tiles of %1$d-bit vectors in fp32. Generated by VectorTileGenerator. */
                final class VectorTiles%1$d extends VectorTiles {

                    private static final VectorSpecies<Float> F = FloatVector.SPECIES_%1$d;

                    private static final VectorSpecies<Integer> I = IntVector.SPECIES_%1$d;

                    /** Loaded where there are networks in integers only. */
                    private static final class Steps {
                        static final ConvolutionTiles TILES = new StepTiles%1$d();
                    }

                    VectorTiles%1$d() {
                        super(F.length(), %2$d, %3$d, %4$d);
                    }

                    @Override
                    ConvolutionTiles finishing(FloatRequantisation by) {
                        return by == null ? this : Steps.TILES;
                    }

                %5$s
                %6$s
                %7$s
                %8$s
                }
                """.formatted(
                width.bits(),
                width.rows()[1],
                width.rows()[2],
                width.rows()[3],
                convolutions(width, Finish.CLAMP) + addingPointwise(width),
                denseDispatch(),
                average(width.lanes()),
                IntStream.of(DENSE_VECTORS)
                        .mapToObj(vectors -> denseTile(width.lanes(), vectors))
                        .collect(Collectors.joining()));
    }

    private static String stepTilesClass(Width width) {
        return """
                package dev.spindle.kernel.vector;

                import dev.spindle.kernel.Depthwise;
                import dev.spindle.kernel.FloatRequantisation;
                import jdk.incubator.vector.FloatVector;
                import jdk.incubator.vector.IntVector;
                import jdk.incubator.vector.VectorSpecies;

                /** The register tiles of %1$d-bit vectors that make steps. Generated by VectorTileGenerator. */
                final class StepTiles%1$d extends ConvolutionTiles {

                    private static final VectorSpecies<Float> F = FloatVector.SPECIES_%1$d;

                    private static final VectorSpecies<Integer> I = IntVector.SPECIES_%1$d;

                    private static final float MAGIC = FloatRequantisation.MAGIC;

                    private static final int MAGIC_BITS = Float.floatToRawIntBits(MAGIC);

                    StepTiles%1$d() {
                        super(F.length());
                    }

                %2$s
                }
                """.formatted(width.bits(), convolutions(width, Finish.STEPS));
    }

    private static String convolutions(Width width, Finish finish) {
        StringBuilder methods = new StringBuilder()
                .append(matrixDispatch(
                        width, finish, "pointwise", "int inputBlockStride, int outputBlockStride",
                        "inputBlockStride, outputBlockStride", ANY_FINISH))
                .append(matrixDispatch(
                        width, finish, "stem", "int rowStride, int outputBlockStride", "rowStride, outputBlockStride",
                        ANY_FINISH))
                .append(depthwise(width.lanes(), finish));
        for (int vectors = 1; vectors <= 3; vectors++) {
            for (int rows = 1; rows <= width.rows()[vectors]; rows++) {
                methods.append(pointwiseTile(width, finish, rows, vectors));
                methods.append(stemTile(width.lanes(), finish, rows, vectors));
            }
        }
        return methods.toString();
    }

    private static String addingPointwise(Width width) {
        StringBuilder methods = new StringBuilder(matrixDispatch(
                width, Finish.CLAMP, "addingPointwise", "int inputBlockStride, int residual, int outputBlockStride",
                "inputBlockStride, residual, outputBlockStride", Finish.CLAMP.parameters));
        for (int vectors = 1; vectors <= 3; vectors++) {
            for (int rows = 1; rows <= width.rows()[vectors]; rows++) {
                methods.append(addingPointwiseTile(width, rows, vectors));
            }
        }
        return methods.toString();
    }

    private static String matrixDispatch(
            Width width, Finish finish, String operation, String geometry, String arguments, String parameters) {
        StringBuilder cases = new StringBuilder();
        for (int vectors = 1; vectors <= 3; vectors++) {
            for (int rows = 1; rows <= width.rows()[vectors]; rows++) {
                cases.append("            case %d -> %s%dx%d(w, weight, b, bias, k, a, input, output, %s, %s);\n"
                        .formatted(vectors * 16 + rows, operation, rows, vectors, arguments, finish.arguments));
            }
        }
        return """
                    @Override
                    void %s(
                            int rows, int vectors, float[] w, int weight, float[] b, int bias, int k, float[] a, int input,
                            int output, %s, %s) {
                        switch (vectors * 16 + rows) {
                %s            default -> throw VectorTiles.noSuchTile(rows, vectors);
                        }
                    }

                """.formatted(operation, geometry, parameters, cases.toString().indent(4).stripTrailing() + "\n");
    }

    /**
     * One tile of a 1x1 convolution: element k of row r at {@code input + k / c * inputBlockStride + k % c + r * c}. Without a
     * residual it has fewer integers to keep: with more of them the compiler keeps the address of the weights in a vector
     * register, and takes a cycle of each step to get it back.
     */
    private static String pointwiseTile(Width width, Finish finish, int rows, int vectors) {
        return pointwiseTile(width, finish, rows, vectors, "pointwise", "", n -> "FloatVector.zero(F)");
    }

    /** The same on top of a residual that is laid out as the output. */
    private static String addingPointwiseTile(Width width, int rows, int vectors) {
        return pointwiseTile(
                width, Finish.CLAMP, rows, vectors, "addingPointwise", " int residual,",
                n -> "FloatVector.fromArray(F, a, residual + %d + %s)"
                        .formatted(n / vectors * width.lanes(), block("outputBlockStride", n % vectors)));
    }

    private static String pointwiseTile(
            Width width, Finish finish, int rows, int vectors, String name, String parameter, IntFunction<String> clamped) {
        int lanes = width.lanes();
        return """

                    private static void %8$s%1$dx%2$d(
                            float[] w, int weight, float[] b, int bias, int k, float[] a, int input, int output,
                            int inputBlockStride,%9$s int outputBlockStride, %3$s) {
                %4$s
                        int i = 0;
                %5$s%6$s
                %7$s
                    }
                """.formatted(
                rows,
                vectors,
                finish.parameters,
                start(lanes, finish, rows, vectors, clamped),
                width.steps() == 1
                        ? ""
                        : "        int one = VectorTiles.opaqueOne;\n"
                                + pointwiseLoop(width, rows, vectors, width.steps()) + "\n",
                pointwiseLoop(width, rows, vectors, 1),
                store(lanes, finish, rows, vectors),
                name,
                parameter);
    }

    /**
     * A flat loop over the inputs, some at a time. Each step behind the first has an index that the compiler cannot fold
     * into the one before, so a bounds check stands between them, over which it does not pull loads: with the loads of all
     * steps at once, it would run out of registers.
     */
    private static String pointwiseLoop(Width width, int rows, int vectors, int steps) {
        int lanes = width.lanes();
        return """
                        for (; i <= k - %1$d; i += %1$d) {
                            int at = input + (i >>> %2$d) * inputBlockStride + (i & %3$d);
                            int wi = weight + i * %4$d;
                %5$s
                        }""".indent(0).formatted(
                steps,
                Integer.numberOfTrailingZeros(lanes),
                lanes - 1,
                lanes * vectors,
                IntStream.range(0, steps)
                        .mapToObj(step -> (step == 0
                                        ? ""
                                        : "            at += one;\n            wi += %d;\n".formatted(lanes * vectors))
                                + "            {\n" + multiply(lanes, rows, vectors, lanes) + "\n            }")
                        .collect(Collectors.joining("\n"))).stripTrailing();
    }

    /** One tile of the stem: element k of row r at {@code input + k / 9 * rowStride + k % 9 + r * 6}. */
    private static String stemTile(int lanes, Finish finish, int rows, int vectors) {
        return """

                    private static void stem%1$dx%2$d(
                            float[] w, int weight, float[] b, int bias, int k, float[] a, int input, int output,
                            int rowStride, int outputBlockStride, %3$s) {
                %4$s
                        for (int i = 0; i < k; i++) {
                            int row = i / %5$d;
                            int at = input + row * rowStride + (i - row * %5$d);
                            int wi = weight + i * %6$d;
                %7$s
                        }
                %8$s
                    }
                """.formatted(
                rows,
                vectors,
                finish.parameters,
                start(lanes, finish, rows, vectors, n -> "FloatVector.zero(F)"),
                STEM_ROW,
                lanes * vectors,
                multiply(lanes, rows, vectors, STEM_PIXEL_STRIDE),
                store(lanes, finish, rows, vectors));
    }

    private static String block(String stride, int vector) {
        return vector == 0 ? "0" : vector + " * " + stride;
    }

    private static String multiply(int lanes, int rows, int vectors, int pixelStride) {
        StringBuilder body = new StringBuilder();
        for (int v = 0; v < vectors; v++) {
            body.append("            FloatVector w%d = FloatVector.fromArray(F, w, wi + %d);\n".formatted(v, v * lanes));
        }
        for (int r = 0; r < rows; r++) {
            body.append("            FloatVector x%d = FloatVector.broadcast(F, a[at + %d]);\n".formatted(r, r * pixelStride));
            for (int v = 0; v < vectors; v++) {
                body.append("            s%1$d_%2$d = x%1$d.fma(w%2$d, s%1$d_%2$d);\n".formatted(r, v));
            }
        }
        return body.toString().stripTrailing();
    }

    private static String biases(int lanes, int vectors) {
        return lines(vectors, v -> "        FloatVector b%d = FloatVector.fromArray(F, b, bias + %d);".formatted(v, v * lanes))
                + "\n";
    }

    /** The sums before the loop; {@code clamped} is what those start as that are clamped. */
    private static String start(int lanes, Finish finish, int rows, int vectors, IntFunction<String> clamped) {
        return (finish == Finish.STEPS ? biases(lanes, vectors) : "")
                + lines(rows * vectors, n -> "        FloatVector s%d_%d = %s;".formatted(
                        n / vectors, n % vectors, finish == Finish.STEPS ? "b" + n % vectors : clamped.apply(n)));
    }

    private static String store(int lanes, Finish finish, int rows, int vectors) {
        return (finish == Finish.CLAMP ? biases(lanes, vectors) : "")
                + finish.constants(lanes, vectors)
                + lines(rows * vectors, n -> finish.into(
                        "nudge%2$d.add(s%1$d_%2$d)".formatted(n / vectors, n % vectors),
                        "b%2$d.add(s%1$d_%2$d)".formatted(n / vectors, n % vectors),
                        n % vectors,
                        "output + %d + %s".formatted(n / vectors * lanes, block("outputBlockStride", n % vectors))));
    }

    private static String denseDispatch() {
        StringBuilder cases = new StringBuilder();
        for (int vectors : DENSE_VECTORS) {
            cases.append("            case %d -> dense%d(w, weight, bias, k, a, input, output);\n".formatted(vectors, vectors));
        }
        return """
                    @Override
                    void dense(int vectors, float[] w, int weight, int bias, int k, float[] a, int input, int output) {
                        switch (vectors) {
                %s            default -> throw noSuchTile(1, vectors);
                        }
                    }
                """.formatted(cases.toString().indent(4).stripTrailing() + "\n");
    }

    private static String denseTile(int lanes, int vectors) {
        return """

                    private static void dense%1$d(float[] w, int weight, int bias, int k, float[] a, int input, int output) {
                %2$s
                        for (int i = 0; i < k; i++) {
                            FloatVector x = FloatVector.broadcast(F, a[input + i]);
                            int wi = weight + i * %3$d;
                %4$s
                        }
                %5$s
                    }
                """.formatted(
                vectors,
                lines(vectors, v -> "        FloatVector s%d = FloatVector.zero(F);".formatted(v)),
                lanes * vectors,
                lines(vectors, v -> "            s%1$d = x.fma(FloatVector.fromArray(F, w, wi + %2$d), s%1$d);"
                        .formatted(v, v * lanes)),
                lines(vectors, v -> "        FloatVector.fromArray(F, w, bias + %2$d).add(s%1$d).intoArray(a, output + %2$d);"
                        .formatted(v, v * lanes)));
    }

    /**
     * The two strides that MobileNetV2 takes on plain maps, the two dilations that it has at an output stride of 8, for all of
     * which offsets are constants, and everything else.
     */
    private static String depthwise(int lanes, Finish finish) {
        return """
                    @Override
                    void depthwise(
                            Depthwise layer, float[] w, int weight, int bias, float[] a, int input, int output, int fromRow,
                            int toRow, FloatRequantisation by, int channel) {
                        int kind = layer.tiles(4) ? 10 * layer.stride() + layer.dilation() : 0;
                        switch (kind) {
                            case 11 -> depthwiseStride1(layer, w, weight, bias, a, input, output, fromRow, toRow%1$s);
                            case 21 -> depthwiseStride2(layer, w, weight, bias, a, input, output, fromRow, toRow%1$s);
                            case 12 -> depthwiseDilation2(layer, w, weight, bias, a, input, output, fromRow, toRow%1$s);
                            case 14 -> depthwiseDilation4(layer, w, weight, bias, a, input, output, fromRow, toRow%1$s);
                            default -> depthwiseAny(layer, w, weight, bias, a, input, output, fromRow, toRow%1$s);
                        }
                    }

                %2$s
                %3$s
                %4$s
                %5$s
                %6$s
                """.formatted(
                finish == Finish.CLAMP ? "" : ", " + finish.arguments,
                depthwiseTiled(lanes, finish, "Stride1", 1, 1),
                depthwiseTiled(lanes, finish, "Stride2", 2, 1),
                depthwiseTiled(lanes, finish, "Dilation2", 1, 2),
                depthwiseTiled(lanes, finish, "Dilation4", 1, 4),
                depthwiseAny(lanes, finish));
    }

    /** The output rows of one channel block, each by {@code columns}. */
    private static String depthwiseRows(int lanes, Finish finish, String suffix, String constants, String columns) {
        return """
                    private static void depthwise%1$s(
                            Depthwise layer, float[] w, int weight, int bias, float[] a, int input, int output, int fromRow,
                            int toRow%7$s) {
                        FloatVector b = FloatVector.fromArray(F, w, bias);
                %2$s
                %6$s
                        int zeros = layer.zeros();
                        int height = layer.height();
                        int width = layer.width();
                        int rowFloats = width * %3$d;
                %4$s
                        for (int y = fromRow; y < toRow; y++) {
                            int y0 = y * layer.stride() - layer.padTop();
                            int y1 = y0 + layer.dilation();
                            int y2 = y1 + layer.dilation();
                            int r0 = y0 >= 0 && y0 < height ? input + y0 * rowFloats : zeros;
                            int r1 = y1 >= 0 && y1 < height ? input + y1 * rowFloats : zeros;
                            int r2 = y2 >= 0 && y2 < height ? input + y2 * rowFloats : zeros;
                            int out = output + y * layer.outputWidth() * %3$d;
                %5$s
                        }
                    }
                """.formatted(
                suffix,
                lines(9, t -> "        FloatVector w%d = FloatVector.fromArray(F, w, weight + %d);".formatted(t, t * lanes)),
                lanes,
                constants.stripTrailing(),
                columns.stripTrailing(),
                (finish == Finish.CLAMP ? "        int lowBits = layer.low();\n        int highBits = layer.high();\n" : "")
                        + finish.constants(lanes, 1).stripTrailing(),
                finish == Finish.CLAMP ? "" : ", " + finish.parameters);
    }

    /**
     * Columns four at a time, as far apart as taps, so that they share inputs: {@code dilation} fours, a power of two, lie in one
     * another. Where they do not come out even, the last ones lie over some of those before.
     */
    private static String depthwiseTiled(int lanes, Finish finish, String suffix, int stride, int dilation) {
        return depthwiseRows(
                lanes,
                finish,
                suffix,
                """
                        int padLeft = layer.padLeft();
                        int columns = layer.outputWidth();
                        int last = columns - 1 - %1$d;
                        int fours = columns / %2$d * %3$d + Math.min(%3$d, columns %% %2$d);
                """.formatted(3 * dilation, 4 * dilation, dilation),
                """
                            for (int four = 0; four < fours; four++) {
                                int next = four + (four & %1$d) * 3;
                                int x = next - (Math.max(0, next - last + %2$d) & %1$d);
                                int left = x * %3$d - padLeft;
                                int o = out + x * %4$d;
                %5$s
                %6$s
                            }
                """.formatted(
                        -dilation,
                        dilation - 1,
                        stride,
                        lanes,
                        lines(3, row -> outermost(lanes, row, stride, dilation)),
                        depthwiseFour(lanes, finish, stride, dilation)));
    }

    /** Where a row begins for four outputs, and its first and last columns, which alone can lie outside the map. */
    private static String outermost(int lanes, int row, int stride, int dilation) {
        int last = (3 * stride + 2) * dilation;
        return """
                                int p%1$d = r%1$d + left * %2$d;
                                int first%1$d = left < 0 ? zeros : p%1$d;
                                int last%1$d = left + %3$d >= width ? zeros : p%1$d + %4$d;\
                """.formatted(row, lanes, last, last * lanes);
    }

    /**
     * Four outputs: each input column is loaded once and goes to all outputs that see it.
     * The input is the receiver: a weight that is called far behind its load, ahead of the loops, the compiler keeps in a box.
     */
    private static String depthwiseFour(int lanes, Finish finish, int stride, int dilation) {
        StringBuilder body = new StringBuilder();
        int columns = 3 * stride + 3;
        for (int row = 0; row < 3; row++) {
            for (int column = 0; column < columns; column++) {
                String at = column == 0
                        ? "first" + row
                        : column == columns - 1 ? "last" + row : "p" + row + " + " + column * dilation * lanes;
                body.append("                FloatVector x%1$d_%2$d = FloatVector.fromArray(F, a, %3$s);\n"
                        .formatted(row, column, at));
                for (int p = 0; p < 4; p++) {
                    int t = column - p * stride;
                    if (t >= 0 && t < 3) {
                        body.append("                %s = x%d_%d.fma(w%d, %s);\n".formatted(
                                row + t == 0 ? "FloatVector s" + p : "s" + p, row, column, row * 3 + t,
                                row + t == 0 ? "b" : "s" + p));
                    }
                }
            }
        }
        return body.append(storeFour(lanes, finish, dilation)).toString();
    }

    /** Interior columns four at a time, then one by one, then the columns at the edges. */
    private static String depthwiseAny(int lanes, Finish finish) {
        return depthwiseRows(
                lanes,
                finish,
                "Any",
                """
                        int step = layer.stride() * %1$d;
                        int tap = layer.dilation() * %1$d;
                        int interiorFrom = layer.interiorFrom();
                        int interiorTo = layer.interiorTo();
                        int edges = layer.outputWidth() - (interiorTo - interiorFrom);
                """.formatted(lanes),
                """
                            int x = interiorFrom;
                            int first = x * step - layer.padLeft() * %1$d;
                            int p0 = r0 + first;
                            int p1 = r1 + first;
                            int p2 = r2 + first;
                            int o = out + x * %1$d;
                            for (; x <= interiorTo - 4; x += 4) {
                %2$s
                                p0 += 4 * step;
                                p1 += 4 * step;
                                p2 += 4 * step;
                                o += %3$d;
                            }
                            for (; x < interiorTo; x++) {
                %4$s
                                p0 += step;
                                p1 += step;
                                p2 += step;
                                o += %1$d;
                            }
                            for (int edge = 0; edge < edges; edge++) {
                                x = edge < interiorFrom ? edge : edge + interiorTo - interiorFrom;
                                int x0 = x * layer.stride() - layer.padLeft();
                                int x1 = x0 + layer.dilation();
                                int x2 = x1 + layer.dilation();
                %5$s
                            }
                """.formatted(
                        lanes, depthwiseFourAny(lanes, finish), 4 * lanes, depthwiseOne(finish), depthwiseEdge(lanes, finish)));
    }

    /** Four outputs at any stride and dilation. */
    private static String depthwiseFourAny(int lanes, Finish finish) {
        StringBuilder body = new StringBuilder();
        for (int t = 0; t < 9; t++) {
            for (int p = 0; p < 4; p++) {
                body.append("                %s = w%d.fma(FloatVector.fromArray(F, a, p%d + %d * step + %d * tap), %s);\n"
                        .formatted(
                        t == 0 ? "FloatVector s" + p : "s" + p, t, t / 3, p, t % 3, t == 0 ? "b" : "s" + p));
            }
        }
        return body.append(storeFour(lanes, finish, 1)).toString();
    }

    private static String storeFour(int lanes, Finish finish, int spacing) {
        return lines(4, p -> "        " + finish.into("s" + p + ".add(nudge0)", "s" + p, 0, "o + " + p * spacing * lanes));
    }

    private static String depthwiseOne(Finish finish) {
        return "                FloatVector s = b;\n"
                + lines(9, t -> "                s = w%d.fma(FloatVector.fromArray(F, a, p%d + %d * tap), s);"
                        .formatted(t, t / 3, t % 3))
                + "\n        " + finish.into("s.add(nudge0)", "s", 0, "o");
    }

    private static String depthwiseEdge(int lanes, Finish finish) {
        return lines(3, t -> "                boolean in%1$d = x%1$d >= 0 && x%1$d < width;".formatted(t))
                + "\n                FloatVector s = b;\n"
                + lines(9, t -> ("                s = w%1$d.fma("
                        + "FloatVector.fromArray(F, a, in%2$d ? r%3$d + x%2$d * %4$d : zeros), s);")
                        .formatted(t, t % 3, t / 3, lanes))
                + "\n        " + finish.into("s.add(nudge0)", "s", 0, "out + x * " + lanes);
    }

    private static String average(int lanes) {
        return """
                    @Override
                    void average(float[] a, int input, int pixels, float factor, int output) {
                        FloatVector s = FloatVector.zero(F);
                        for (int p = 0; p < pixels; p++) {
                            s = FloatVector.fromArray(F, a, input + p * %d).add(s);
                        }
                        FloatVector.broadcast(F, factor).mul(s).intoArray(a, output);
                    }
                """.formatted(lanes);
    }

    private static String lines(int count, IntFunction<String> line) {
        return IntStream.range(0, count).mapToObj(line).collect(Collectors.joining("\n"));
    }
}
