/**
 * The published models: what is known of each, and how to fetch it.
 *
 * <p>{@link dev.spindle.weights.catalogue.Catalogue} reads the manifests, {@link dev.spindle.weights.catalogue.ModelCache}
 * keeps what was downloaded. Nothing is downloaded unless {@link dev.spindle.weights.catalogue.ModelCache#pull} is called.
 */
package dev.spindle.weights.catalogue;
