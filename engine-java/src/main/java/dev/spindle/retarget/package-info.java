/**
 * From labelled features to a new classifier. It stands on top of the API: features are what a {@link dev.spindle.Session} makes
 * of pictures, and the result is the classifier of a {@link dev.spindle.Checkpoint} like any other, see
 * {@link dev.spindle.Checkpoint#withClassifier}. Nothing else of the engine needs this package.
 */
package dev.spindle.retarget;
