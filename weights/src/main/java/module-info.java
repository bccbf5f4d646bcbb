/**
 * Readers of published model files, and the embedded default model.
 *
 * @provides dev.spindle.CheckpointReader all published formats
 */
@SuppressWarnings("requires-automatic") // flatbuffers-java has no module descriptor
module dev.spindle.weights {
    requires transitive dev.spindle.engine;
    requires com.fasterxml.jackson.databind;
    requires flatbuffers.java;
    requires org.apache.commons.compress;

    exports dev.spindle.weights;

    provides dev.spindle.CheckpointReader with dev.spindle.weights.PublishedFormats;
}
