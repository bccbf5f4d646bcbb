/** The {@code spindle} command: one class a command; {@link dev.spindle.cli.Spindle} is the program. */
package dev.spindle.cli;
