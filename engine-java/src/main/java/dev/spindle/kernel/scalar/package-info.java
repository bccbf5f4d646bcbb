/** The readable reference in plain Java, and the backend that runs everywhere. */
package dev.spindle.kernel.scalar;
