/**
 * The native backend behind JNI. {@link dev.spindle.engine.jni.NativeProvider} offers it to the registry; the library is
 * found as {@link dev.spindle.engine.jni.NativeLibrary} says.
 */
package dev.spindle.engine.jni;
