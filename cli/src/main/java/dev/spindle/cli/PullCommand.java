package dev.spindle.cli;

import dev.spindle.InvalidInputException;
import dev.spindle.weights.catalogue.CatalogueEntry;
import dev.spindle.weights.catalogue.ModelCache;
import dev.spindle.weights.catalogue.Models;
import dev.spindle.weights.catalogue.PullListener;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code pull}: a published model into the user's cache. */
@Command(
        name = "pull",
        description = {
            "Download a published model; --model NAME uses it then.",
            "It goes to spindle/models in $XDG_CACHE_HOME or ~/.cache, and through the proxy of $https_proxy, if any."
        },
        sortOptions = false,
        sortSynopsis = false)
final class PullCommand implements Callable<Integer> {

    private static final double MEGABYTE = 1e6;

    @Parameters(paramLabel = "NAME", description = "A model's name; 'spindle models' lists them.")
    private String name;

    @Mixin
    private Output output;

    /** The JSON. {@code verified} is false where the publisher gives no hash to check it against. */
    private record Result(
            String model, String file, long bytes, String sha256, boolean verified, boolean downloaded, String licence)
            implements Report {
        @Override
        public String text() {
            return Text.format(
                    """
                    %s: %s
                      %s   %,d bytes, licence %s
                      SHA-256 %s
                      %s
                    """,
                    model, downloaded ? "downloaded" : "was there already",
                    file, bytes, licence,
                    sha256,
                    verified
                            ? "verified: the publisher's hash is the same"
                            : ModelsCommand.UNVERIFIED + ": the publisher gives no hash; it loads, which is all that is known");
        }
    }

    @Override
    public Integer call() {
        CatalogueEntry entry = Models.catalogue().find(name).orElseThrow(() -> new InvalidInputException(
                name + ": no model of this name in the catalogue; 'spindle models' lists them"));
        ModelCache.Pulled pulled = pull(entry);
        output.print(new Result(
                name,
                pulled.file().toString(),
                pulled.bytes(),
                pulled.sha256(),
                pulled.verified(),
                pulled.downloaded(),
                entry.licence()));
        return ExitCode.SUCCESS;
    }

    private ModelCache.Pulled pull(CatalogueEntry entry) {
        PrintWriter err = output.err();
        try (Progress progress = new Progress(err)) {
            return Models.cache().pull(entry, new PullListener() {
                @Override
                public void received(long bytes, long total) {
                    progress.show(state(bytes, total));
                }

                @Override
                public void note(String what) {
                    progress.clear();
                    err.println(Failures.PREFIX + Text.line(name + ": " + what));
                    err.flush();
                }
            });
        }
    }

    private String state(long bytes, long total) {
        return total <= 0
                ? Text.format("%s: %.1f MB", name, bytes / MEGABYTE)
                : Text.format(
                        "%s: %.1f of %.1f MB, %d %%", name, bytes / MEGABYTE, total / MEGABYTE, 100 * bytes / total);
    }
}
