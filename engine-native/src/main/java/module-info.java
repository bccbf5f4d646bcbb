/** The native backend: C kernels behind JNI. */
module dev.spindle.engine.jni {
    requires dev.spindle.engine;
}
