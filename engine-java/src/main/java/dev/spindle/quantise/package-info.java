/**
 * From a network in floating point and pictures to one in integers. It stands on top of the API: ranges are what a
 * {@link dev.spindle.Session} shows of a network that runs, layer by layer, and the result is a {@link dev.spindle.Checkpoint}
 * like any other. Nothing else of the engine needs this package, and it calls no kernel and knows no file; what it has in common
 * with the planner, folding and the logical form of integers, is the planner's.
 */
package dev.spindle.quantise;
