/**
 * Readers of published model files, and the embedded default model.
 *
 * <p>A reader turns a file into named arrays or into a graph; {@code TorchNames} finds the layers of a network among
 * named arrays, {@code TfliteGraph} in a graph; {@code LayerStack} makes the checkpoint of either.
 */
package dev.spindle.weights;
