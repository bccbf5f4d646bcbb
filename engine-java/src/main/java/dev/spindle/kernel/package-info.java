/**
 * The contract between a plan and the code that computes it: the {@link dev.spindle.kernel.Kernel} interface, the
 * planned layers that it is called with, the memory they point into, and the registry that chooses a backend.
 *
 * <h2>Layout of activations</h2>
 * NCHWc: channels are cut into blocks of {@code c = layout.channelBlock()}; a map of C channels and P pixels is
 * {@code [ceil(C / c)][P][c]}. Lanes past the last channel hold zero.
 *
 * <h2>Layout of weights</h2>
 * All layers lie in one {@link dev.spindle.kernel.Memory}, in execution order; offsets count floats. See each layer's
 * type.
 */
package dev.spindle.kernel;
