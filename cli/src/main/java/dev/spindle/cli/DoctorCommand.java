package dev.spindle.cli;

import dev.spindle.kernel.KernelCandidate;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code doctor}: what Spindle runs on, what it found there, and what would make it faster. */
@Command(
        name = "doctor",
        description = "Say what Spindle runs on, which backends it has there, and what would make it faster.",
        sortOptions = false,
        sortSynopsis = false)
final class DoctorCommand implements Callable<Integer> {

    /** How the registry begins to say that the user forbids a width. */
    private static final String CAP = "spindle.isa.max";

    @Mixin
    private Output output;

    /** The JSON. */
    private record Result(
            String spindle,
            String cpu,
            int processors,
            String system,
            String jdk,
            String vm,
            List<String> flags,
            long heapBytes,
            BackendList backends,
            List<String> advice)
            implements Report {
        @Override
        public String text() {
            StringBuilder text = new StringBuilder();
            fact(text, "spindle", spindle);
            fact(text, "CPU", cpu + ", " + Text.count(processors, "processor") + " for this process");
            fact(text, "system", system);
            fact(text, "JDK", jdk);
            fact(text, "VM", vm);
            fact(text, "flags", flags.isEmpty() ? "none" : String.join(" ", flags));
            fact(text, "heap", Text.format("at most %,d MB", heapBytes / 1_000_000));
            text.append('\n').append(backends.text()).append('\n');
            if (advice.isEmpty()) {
                text.append("Nothing would make it faster.\n");
            } else {
                text.append("What would make it faster:\n");
                advice.forEach(line -> text.append("  ").append(line).append('\n'));
            }
            return text.toString();
        }

        private static void fact(StringBuilder text, String name, String value) {
            text.append(Text.format("%-10s %s%n", name, value));
        }
    }

    @Override
    public Integer call() {
        BackendList backends = BackendList.here();
        output.print(new Result(
                Version.program(),
                cpu(),
                Runtime.getRuntime().availableProcessors(),
                property("os.name") + " " + property("os.version") + " " + property("os.arch"),
                property("java.vendor") + " " + property("java.runtime.version"),
                property("java.vm.name") + ", " + property("java.vm.info"),
                ManagementFactory.getRuntimeMXBean().getInputArguments(),
                Runtime.getRuntime().maxMemory(),
                backends,
                advice(backends)));
        return ExitCode.SUCCESS;
    }

    /** What users can change, by reason: each may hold several backends back. */
    static List<String> advice(BackendList list) {
        Map<String, List<String>> reasons = new LinkedHashMap<>();
        for (BackendList.Backend backend : list.backends()) {
            if (backend.name().equals(list.chosen())) {
                break;
            }
            boolean possible = backend.availability() != KernelCandidate.Availability.UNSUPPORTED;
            if (possible || backend.description().startsWith(CAP)) {
                String reason = backend.supported() ? list.why() : backend.description();
                reasons.computeIfAbsent(reason, r -> new ArrayList<>()).add(backend.name());
            }
        }
        List<String> advice = new ArrayList<>();
        reasons.forEach((reason, names) -> advice.add(String.join(", ", names) + ": " + reason));
        if (Runtime.getRuntime().availableProcessors() > 1) {
            advice.add("--threads N: one thread computes an image unless more are asked for");
        }
        return advice;
    }

    /** As it calls itself. */
    private static String cpu() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            // Not Linux.
            return System.getenv().getOrDefault("PROCESSOR_IDENTIFIER", "unknown");
        }
    }

    private static String property(String name) {
        return System.getProperty(name, "unknown");
    }
}
