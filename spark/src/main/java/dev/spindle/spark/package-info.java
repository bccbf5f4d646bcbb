/**
 * Spindle as a citizen of Spark ML: {@link dev.spindle.spark.SpindleTransformer}, and the same as an SQL function,
 * {@link dev.spindle.spark.SpindleFunctions}. There is no module of this package: Spark's jars are none either.
 */
package dev.spindle.spark;
