package dev.spindle.bench;

import dev.spindle.Model;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The options that say what is run. */
final class WorkloadOptions {

    @Option(names = "--model", paramLabel = "FILE", description = "A model file, instead of MobileNetV2 with random weights.")
    private Path model;

    @Option(names = "--width", defaultValue = "1.0", description = "Width multiplier (default: ${DEFAULT-VALUE}).")
    private double width;

    @Option(names = "--resolution", defaultValue = "224", description = "Pixels a side (default: ${DEFAULT-VALUE}).")
    private int resolution;

    @Option(names = "--batch", defaultValue = "1", description = "Images a call (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(names = "--threads", defaultValue = "1", description = "Threads a call (default: ${DEFAULT-VALUE}).")
    private int threads;

    Workload workload() {
        return model == null
                ? Workload.mobileNetV2(width, resolution, batch, threads)
                : new Workload(Model.read(model), batch, threads);
    }
}
