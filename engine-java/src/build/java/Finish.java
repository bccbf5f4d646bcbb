/**
 * What a tile's sums start as, and what becomes of them. Each call here is one for each sum: with one more, the largest
 * tiles would be too much for the first compiler, see {@code TileCompilationTest}. What comes first behind a loop takes the
 * sum as its argument: of a sum that comes out of a loop the compiler knows the declared type only, and would have to guess
 * the class of a receiver from a profile that vectors of another width may have spoilt; then it boxes.
 */
enum Finish {
    /** The bias is added, then two integer instructions between two reinterpretations: see {@code Clamp}. */
    CLAMP("int lowBits, int highBits", "lowBits, highBits", "lowBits", "highBits"),
    /** Sums start as the bias, since whole numbers are exact; then the direct way of {@code FloatRequantisation}. */
    STEPS("FloatRequantisation by, int channel", "by, channel", "MAGIC_BITS + by.low()", "MAGIC_BITS + by.high()");

    final String parameters;
    final String arguments;
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
                + Code.lines(vectors, v -> """
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
