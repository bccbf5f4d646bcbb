package dev.spindle.engine.jni;

import java.util.Locale;

/**
 * An operating system and an architecture, as the folders of the jar name them.
 *
 * @param system {@code linux}, {@code macos}, {@code windows}, or what Java calls any other
 * @param architecture {@link #X86_64}, {@link #AARCH64}, or what Java calls any other
 */
record Platform(String system, String architecture) {

    static final String X86_64 = "x86_64";
    static final String AARCH64 = "aarch64";

    /** Where this JVM runs. */
    static Platform current() {
        return of(System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    /** The platform of the system properties {@code os.name} and {@code os.arch}. */
    static Platform of(String osName, String osArch) {
        String name = osName.toLowerCase(Locale.ROOT);
        String system = name.startsWith("mac") ? "macos" : name.startsWith("windows") ? "windows" : name;
        return new Platform(system, osArch.equals("amd64") ? X86_64 : osArch);
    }

    @Override
    public String toString() {
        return system + "-" + architecture;
    }
}
