/**
 * From a network and its weights to an immutable plan: batch normalisation folded, weights packed the way a kernel
 * wants them, every intermediate result given its place in one block of memory. Nothing runs here.
 */
package dev.spindle.plan;
