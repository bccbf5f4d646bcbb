/**
 * Readers of published model files, the catalogue of those files, and the embedded default model.
 *
 * @provides dev.spindle.CheckpointReader all published formats
 */
@SuppressWarnings("requires-automatic") // aircompressor, flatbuffers-java, jhdf and protobuf-java have no descriptor
module dev.spindle.weights {
    requires transitive dev.spindle.engine;
    requires aircompressor;
    requires com.fasterxml.jackson.databind;
    requires com.google.protobuf;
    requires flatbuffers.java;
    requires io.jhdf;
    requires java.net.http;
    requires org.apache.commons.compress;
    requires org.slf4j; // for jhdf, which cannot say so

    exports dev.spindle.weights;
    exports dev.spindle.weights.catalogue;
    exports dev.spindle.weights.schema to
            com.google.protobuf; // which sets fields by reflection where it reads text

    opens dev.spindle.weights.catalogue to
            com.fasterxml.jackson.databind; // for manifests

    provides dev.spindle.CheckpointReader with dev.spindle.weights.PublishedFormats;
}
