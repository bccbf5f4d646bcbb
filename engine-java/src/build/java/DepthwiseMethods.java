/** Writes what a class of register tiles has for depthwise convolutions. */
final class DepthwiseMethods {

    private DepthwiseMethods() {}

    /**
     * The two strides that MobileNetV2 takes on plain maps, the two dilations that it has at an output stride of 8, for all of
     * which offsets are constants, and everything else.
     */
    static String methods(int lanes, Finish finish) {
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
                tiled(lanes, finish, "Stride1", 1, 1),
                tiled(lanes, finish, "Stride2", 2, 1),
                tiled(lanes, finish, "Dilation2", 1, 2),
                tiled(lanes, finish, "Dilation4", 1, 4),
                any(lanes, finish));
    }

    /** The output rows of one channel block, each by {@code columns}. */
    private static String rows(int lanes, Finish finish, String suffix, String constants, String columns) {
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
                Code.lines(9, t -> "        FloatVector w%d = FloatVector.fromArray(F, w, weight + %d);".formatted(t, t * lanes)),
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
    private static String tiled(int lanes, Finish finish, String suffix, int stride, int dilation) {
        return rows(
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
                        Code.lines(3, row -> outermost(lanes, row, stride, dilation)),
                        four(lanes, finish, stride, dilation)));
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
    private static String four(int lanes, Finish finish, int stride, int dilation) {
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
    private static String any(int lanes, Finish finish) {
        return rows(
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
                        lanes, fourAny(lanes, finish), 4 * lanes, one(finish), edge(lanes, finish)));
    }

    /** Four outputs at any stride and dilation. */
    private static String fourAny(int lanes, Finish finish) {
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
        return Code.lines(4, p -> "        " + finish.into("s" + p + ".add(nudge0)", "s" + p, 0, "o + " + p * spacing * lanes));
    }

    private static String one(Finish finish) {
        return "                FloatVector s = b;\n"
                + Code.lines(9, t -> "                s = w%d.fma(FloatVector.fromArray(F, a, p%d + %d * tap), s);"
                        .formatted(t, t / 3, t % 3))
                + "\n        " + finish.into("s.add(nudge0)", "s", 0, "o");
    }

    private static String edge(int lanes, Finish finish) {
        return Code.lines(3, t -> "                boolean in%1$d = x%1$d >= 0 && x%1$d < width;".formatted(t))
                + "\n                FloatVector s = b;\n"
                + Code.lines(9, t -> ("                s = w%1$d.fma("
                        + "FloatVector.fromArray(F, a, in%2$d ? r%3$d + x%2$d * %4$d : zeros), s);")
                        .formatted(t, t % 3, t / 3, lanes))
                + "\n        " + finish.into("s.add(nudge0)", "s", 0, "out + x * " + lanes);
    }
}
