/** The native backend behind JNI. */
package dev.spindle.engine.jni;
