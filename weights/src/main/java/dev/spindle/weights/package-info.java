/** Readers of published model files. */
package dev.spindle.weights;
