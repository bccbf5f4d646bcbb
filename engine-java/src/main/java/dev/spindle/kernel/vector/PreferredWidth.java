package dev.spindle.kernel.vector;

import jdk.incubator.vector.VectorShape;

/** A class of its own, because it needs the Vector API to load. */
final class PreferredWidth {

    private PreferredWidth() {}

    /** Bits of the widest vectors that the JVM compiles to instructions of this CPU. */
    static int bits() {
        return VectorShape.preferredShape().vectorBitSize();
    }
}
