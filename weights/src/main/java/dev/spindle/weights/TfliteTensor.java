package dev.spindle.weights;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A tensor of a TensorFlow Lite graph.
 *
 * @param file for messages
 * @param name for people; two tensors may have the same
 * @param type of its elements
 * @param shape sizes, outermost first; convolution kernels are outputs, height, width, inputs
 * @param data the elements of a constant, row-major, little-endian; empty for what is computed
 * @param quantisation of an integer tensor; empty where there is none
 * @param sparse whether the data are compressed
 */
record TfliteTensor(
        Path file,
        String name,
        TfliteType type,
        List<Integer> shape,
        ByteBuffer data,
        Optional<Quantisation> quantisation,
        boolean sparse)
        implements Constant {

    /**
     * {@code real = scale * (stored - zeroPoint)}, one pair for the tensor or one for each index of one axis.
     *
     * @param scales positive and finite
     * @param zeroPoints as many as scales
     * @param axis which index of the shape the pairs belong to; meaningless where there is but one
     */
    record Quantisation(float[] scales, long[] zeroPoints, int axis) {

        boolean perChannel() {
            return scales.length > 1;
        }

        /** The quantisation of a bias: accumulators are in units of input scale times weight scale. */
        static Quantisation ofBias(Quantisation input, Quantisation weights) {
            float[] scales = weights.scales.clone();
            for (int i = 0; i < scales.length; i++) {
                scales[i] *= input.scales[0];
            }
            return new Quantisation(scales, new long[scales.length], 0);
        }
    }

    /** Whether the file holds its values. */
    boolean isConstant() {
        return data.hasRemaining();
    }

    @Override
    public String place() {
        return "tensor " + ModelFile.printable(name);
    }

    /** Integers are dequantised. */
    @Override
    public float[] floats() {
        return floats(quantisation);
    }

    /**
     * The values as fp32.
     *
     * @param scheme what integers are dequantised by
     */
    float[] floats(Optional<Quantisation> scheme) {
        requireData();
        float[] values = new float[data.remaining() / type.bytes()];
        switch (type) {
            case FLOAT32 -> data.duplicate().order(data.order()).asFloatBuffer().get(values);
            case FLOAT16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.float16ToFloat(data.getShort(2 * i));
                }
            }
            case UINT8, INT8, INT16, INT32, INT64 -> dequantise(
                    values,
                    scheme.orElseThrow(() ->
                            wrong("a scale for values of " + type, "none")));
            default -> throw wrong("floating-point or quantised values", values.length + " of " + type);
        }
        return values;
    }

    /** The values of a constant of integers that are not quantised, such as axes and paddings. */
    long[] integers() {
        requireData();
        if (type != TfliteType.INT32 && type != TfliteType.INT64) {
            throw wrong("integers", type.toString());
        }
        long[] values = new long[data.remaining() / type.bytes()];
        for (int i = 0; i < values.length; i++) {
            values[i] = stored(i);
        }
        return values;
    }

    private void dequantise(float[] values, Quantisation scheme) {
        int channels = scheme.scales.length;
        int run = values.length;
        if (scheme.perChannel()) {
            run = 1;
            for (int size : shape.subList(scheme.axis + 1, shape.size())) {
                run *= size;
            }
        }
        for (int from = 0; from < values.length; from += run) {
            int channel = from / run % channels;
            long zeroPoint = scheme.zeroPoints[channel];
            double scale = scheme.scales[channel];
            for (int i = from; i < from + run; i++) {
                values[i] = (float) ((stored(i) - zeroPoint) * scale);
            }
        }
    }

    private long stored(int index) {
        return switch (type) {
            case UINT8 -> data.get(index) & 0xff;
            case INT8 -> data.get(index);
            case INT16 -> data.getShort(2 * index);
            case INT32 -> data.getInt(4 * index);
            case INT64 -> data.getLong(8 * index);
            default -> throw new AssertionError(type);
        };
    }

    private void requireData() {
        if (sparse) {
            throw wrong("dense values", "sparse ones");
        }
        if (!isConstant()) {
            throw wrong("values in the file", "none");
        }
        long bytes = type.bytes();
        for (int size : shape) {
            bytes = Math.min(bytes * size, Integer.MAX_VALUE + 1L);
        }
        if (type.bytes() == 0 || bytes != data.remaining()) {
            throw wrong(type + " values of shape " + shape, data.remaining() + " bytes");
        }
    }
}
