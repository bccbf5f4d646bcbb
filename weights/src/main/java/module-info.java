/** Readers of published model files, and the embedded default model. */
module dev.spindle.weights {
    requires transitive dev.spindle.engine;
    requires com.fasterxml.jackson.databind;
    requires flatbuffers.java;

    exports dev.spindle.weights;
}
