/**
 * The contract between a plan and the code that computes it: the {@link dev.spindle.kernel.Kernel} interface, the
 * planned layers that it is called with, the memory they point into, and the registry that chooses a backend.
 *
 * <h2>Layout of activations</h2>
 * NCHWc: channels are cut into blocks of {@code c = layout.channelBlock()}; a map of C channels and P pixels is
 * {@code [ceil(C / c)][P][c]}. Lanes past the last channel hold zero.
 *
 * <p>Maps of integers hold unsigned bytes u with a zero point z, or, where the layout is centred, u - z as floats; their
 * {@link dev.spindle.kernel.Quantised} layers say what bytes stand for.
 *
 * <h2>Layout of weights</h2>
 * All layers lie in one {@link dev.spindle.kernel.Memory}, in execution order; offsets count its elements, which are floats
 * for networks of fp32. See each layer's type.
 */
package dev.spindle.kernel;
