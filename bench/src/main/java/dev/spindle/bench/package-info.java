/**
 * Benchmarks of networks and layers, and the peers they are held against: {@link dev.spindle.bench.BenchCommand} for
 * figures in minutes, {@link dev.spindle.bench.NetworkBenchmark} and {@link dev.spindle.bench.LayerBenchmark} for JMH.
 */
package dev.spindle.bench;
