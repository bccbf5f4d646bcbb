/**
 * The native backend: C kernels behind JNI. It is found as a service; nothing here is called by name.
 *
 * @provides dev.spindle.kernel.KernelProvider {@code native-avx2}, {@code native-avx512} and {@code native-neon}
 */
module dev.spindle.engine.jni {
    requires dev.spindle.engine;

    provides dev.spindle.kernel.KernelProvider with dev.spindle.engine.jni.NativeProvider;
}
