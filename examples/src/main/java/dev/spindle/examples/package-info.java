/** Programs that embed Spindle, each to be read from top to bottom. */
package dev.spindle.examples;
