package dev.spindle.cli;

/** Converts a file again and again until it is killed. */
final class EndlessConversion {

    private EndlessConversion() {}

    public static void main(String[] args) {
        int exitCode;
        do {
            exitCode = Spindle.run("convert", args[0], args[1], "--force");
        } while (exitCode == ExitCode.SUCCESS);
        System.exit(exitCode);
    }
}
