package dev.spindle.kernel;

/** Softmax on the heap, shared by the Java backends: a thousand exponentials are not worth a kernel of their own. */
public final class HeapSoftmax {

    private HeapSoftmax() {}

    /** Computes {@code layer} in place of a kernel. */
    public static void run(Softmax layer, float[] a) {
        float max = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < layer.count(); i++) {
            max = Math.max(max, a[layer.input() + i]);
        }
        double sum = 0;
        for (int i = 0; i < layer.count(); i++) {
            double e = Math.exp(a[layer.input() + i] - max);
            a[layer.output() + i] = (float) e;
            sum += e;
        }
        float scale = (float) (1 / sum);
        for (int i = 0; i < layer.count(); i++) {
            a[layer.output() + i] *= scale;
        }
    }
}
