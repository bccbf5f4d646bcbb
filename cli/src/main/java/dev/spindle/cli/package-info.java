/** The command line. */
package dev.spindle.cli;
