/**
 * The API: load a {@link dev.spindle.Model}, classify pictures with it, or open a {@link dev.spindle.Session} and run
 * tensors through it.
 */
package dev.spindle;
