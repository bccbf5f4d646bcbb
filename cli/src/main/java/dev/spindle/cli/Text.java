package dev.spindle.cli;

import java.util.Locale;

/** Text for people, who may sit at a terminal that obeys control characters. */
final class Text {

    private Text() {}

    /** On one line, without control characters. */
    static String line(String text) {
        return lines(text.strip().replaceAll("\\s*\\R\\s*", " "));
    }

    /** Without control characters but ends of lines: names and labels come from files that anybody may have made. */
    static String lines(String text) {
        return text.replaceAll("[\\p{Cc}&&[^\\n]]", "?");
    }

    /** {@link String#format} in the same words everywhere. */
    static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    /** A count with its noun. */
    static String count(long number, String noun) {
        return count(number, noun, noun + "s");
    }

    /** A count with a noun whose plural has another ending. */
    static String count(long number, String noun, String plural) {
        return format("%,d %s", number, number == 1 ? noun : plural);
    }
}
