package dev.spindle.engine.jni;

import dev.spindle.AllocationProbe;
import dev.spindle.Precision;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The native backends of this machine allocate nothing in Java once they are compiled. */
class NativeAllocationTest {

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("dev.spindle.engine.jni.NativeEnduranceTest#backends")
    void allocatesNothing(String backend) throws InterruptedException {
        AllocationProbe.allocatesNothing(backend, Precision.FP32, System.getProperty("java.class.path"));
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("dev.spindle.engine.jni.NativeEnduranceTest#backends")
    void allocatesNothingInIntegers(String backend) throws InterruptedException {
        AllocationProbe.allocatesNothing(backend, Precision.INT8, System.getProperty("java.class.path"));
    }
}
