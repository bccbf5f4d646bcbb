/**
 * The description of a network: layers, shapes, multiply-accumulates and parameters. It holds no weights.
 */
package dev.spindle.network;
