package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ProgressTest {

    @Test
    void rewritesOneLineAndRemovesIt() {
        StringWriter text = new StringWriter();
        try (Progress progress = new Progress(new PrintWriter(text), true)) {
            progress.show("nine of 10");
            progress.clear();
            progress.show("10");
        }
        assertEquals("\rnine of 10\r          \r\r10\r  \r", text.toString());
    }

    @Test
    void writesNothingWhereNobodyLooks() {
        StringWriter text = new StringWriter();
        try (Progress progress = new Progress(new PrintWriter(text), false)) {
            progress.show("nine of 10");
        }
        assertEquals("", text.toString());
    }
}
