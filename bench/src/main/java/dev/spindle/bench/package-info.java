/** Benchmarks. */
package dev.spindle.bench;
