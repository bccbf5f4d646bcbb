package dev.spindle.engine.jni;

import dev.spindle.FeatureMaps;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Feature maps of the native backends of this machine. */
class NativeFeatureMapsTest {

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("dev.spindle.engine.jni.NativeEnduranceTest#backends")
    void areThoseOfATrace(String backend) {
        FeatureMaps.areThoseOfATrace(backend);
    }
}
