package dev.spindle.cli;

import dev.spindle.weights.catalogue.CatalogueEntry;
import dev.spindle.weights.catalogue.Checksum;
import dev.spindle.weights.catalogue.LabelSet;
import dev.spindle.weights.catalogue.ModelCache;
import dev.spindle.weights.catalogue.Models;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code models}: the catalogue. */
@Command(
        name = "models",
        description = {
            "List the published models that 'spindle pull' downloads.",
            "Those that were downloaded are marked with *. Accuracies are percentages on ImageNet, as published."
        },
        sortOptions = false,
        sortSynopsis = false)
final class ModelsCommand implements Callable<Integer> {

    /** Where a publisher gives no hash to check a download against. */
    static final String UNVERIFIED = "unverified";

    @Parameters(paramLabel = "WORD", arity = "0..*", description = "Only models whose name or source has all these words.")
    private List<String> words = List.of();

    @Mixin
    private Output output;

    /** The JSON. */
    private record Result(List<Listed> models) implements Report {
        @Override
        public String text() {
            StringBuilder text = new StringBuilder(Text.format(
                    "  %-26s %-12s %5s %7s %7s  %-13s %s%n",
                    "name", "source", "input", "top-1", "top-5", "licence", "SHA-256"));
            for (Listed model : models) {
                text.append(Text.format(
                        "%s %-26s %-12s %5s %7s %7s  %-13s %s%n",
                        model.file == null ? " " : "*",
                        model.name,
                        model.source,
                        shown(model.inputSize),
                        shown(model.top1),
                        shown(model.top5),
                        model.licence,
                        model.sha256 == null ? UNVERIFIED : model.sha256.substring(0, 8)));
            }
            return text.toString();
        }

        private static String shown(Number number) {
            return number == null ? "-" : number instanceof Double share ? Text.format("%.2f", share) : number.toString();
        }
    }

    /**
     * One model; null is what is not known. {@code sha256} may be the hash's start, {@code file} is where it was downloaded
     * to.
     */
    private record Listed(
            String name,
            String source,
            String page,
            String licence,
            String address,
            String sha256,
            Long bytes,
            Integer inputSize,
            String preprocessing,
            String labels,
            Double top1,
            Double top5,
            String file) {

        static Listed of(CatalogueEntry entry, ModelCache cache) {
            return new Listed(
                    entry.name(),
                    entry.source(),
                    entry.page().toString(),
                    entry.licence(),
                    entry.address().toString(),
                    entry.checksum().map(Checksum::sha256).orElse(null),
                    entry.bytes().isPresent() ? entry.bytes().getAsLong() : null,
                    entry.inputSize().isPresent() ? entry.inputSize().getAsInt() : null,
                    entry.preprocessing().map(Object::toString).orElse(null),
                    entry.labels().map(LabelSet::id).orElse(null),
                    entry.top1().isPresent() ? entry.top1().getAsDouble() : null,
                    entry.top5().isPresent() ? entry.top5().getAsDouble() : null,
                    cache.find(entry).map(Path::toString).orElse(null));
        }

        boolean has(String word) {
            return (name + " " + source).toLowerCase(Locale.ROOT).contains(word.toLowerCase(Locale.ROOT));
        }
    }

    @Override
    public Integer call() {
        ModelCache cache = Models.cache();
        List<Listed> listed = new ArrayList<>();
        for (CatalogueEntry entry : Models.catalogue().entries()) {
            Listed model = Listed.of(entry, cache);
            if (words.stream().allMatch(model::has)) {
                listed.add(model);
            }
        }
        output.print(new Result(listed));
        return ExitCode.SUCCESS;
    }
}
