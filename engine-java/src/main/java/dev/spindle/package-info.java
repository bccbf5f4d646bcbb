/** The API: what readers deliver, and the errors that users see. */
package dev.spindle;
