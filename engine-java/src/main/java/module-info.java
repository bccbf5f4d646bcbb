/**
 * Spindle's engine: MobileNetV2 on the JVM at the speed of the hardware. The API is {@link dev.spindle}; it depends on
 * the JDK alone.
 *
 * @uses dev.spindle.kernel.KernelProvider backends beside this module's own
 * @uses dev.spindle.CheckpointReader file formats
 */
module dev.spindle.engine {
    requires java.desktop;
    requires static jdk.incubator.vector;

    exports dev.spindle;
    exports dev.spindle.detection;
    exports dev.spindle.image;
    exports dev.spindle.kernel;
    exports dev.spindle.network;
    exports dev.spindle.plan;
    exports dev.spindle.quantise;
    exports dev.spindle.retarget;

    uses dev.spindle.CheckpointReader;
    uses dev.spindle.kernel.KernelProvider;

    provides dev.spindle.kernel.KernelProvider with
            dev.spindle.kernel.scalar.ScalarProvider,
            dev.spindle.kernel.vector.VectorProvider;
}
