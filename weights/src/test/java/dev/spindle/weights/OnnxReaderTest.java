package dev.spindle.weights;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OnnxReaderTest {

    @ParameterizedTest
    @ValueSource(strings = {"onnx/weights-batchnorm.onnx", "onnx/weights-folded.onnx"})
    void logitsAreThoseOfTheExporter(String fixture) {
        Fixtures.assertLogits("onnx", new PublishedFormats().read(Fixtures.path(fixture)), 1e-4);
    }
}
