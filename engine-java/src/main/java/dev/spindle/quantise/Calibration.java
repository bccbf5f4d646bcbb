package dev.spindle.quantise;

import dev.spindle.Checkpoint;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Precision;
import dev.spindle.Session;
import dev.spindle.Warmup;
import dev.spindle.network.Classifier;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.network.SsdLite;
import dev.spindle.plan.FeatureMap;
import dev.spindle.plan.Fusion;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;

/**
 * The statistics of all maps of a network in fp32: those of convolutions, pool and classifier by their names, those of the sums
 * of residual blocks by the names of the blocks, and the input's.
 */
final class Calibration {

    private static final String INPUT = "input";
    private static final int COLOURS = 3;

    private final Network network;
    private final Map<String, MapStatistics> maps = new HashMap<>();
    /** By the name of a projection whose result has something added to it. */
    private final Map<String, InvertedResidual> residuals = new HashMap<>();
    /** What is added: the result of the block before. */
    private float[] residual;

    private Calibration(Network network) {
        this.network = network;
        for (InvertedResidual block : network.blocks()) {
            residuals.put(block.project().name(), block);
        }
    }

    /**
     * Runs a network.
     *
     * @param checkpoint of fp32
     * @param inputs what to run it on
     * @param options backend and threads
     * @param done is called once an input
     */
    static Calibration of(Checkpoint checkpoint, CalibrationInputs inputs, Options options, Runnable done) {
        Calibration calibration = new Calibration(checkpoint.network());
        Options unfused = options.withFusion(Fusion.NEVER).withPrecision(Precision.FP32).withWarmup(Warmup.NONE);
        try (Model model = Model.of(checkpoint, unfused); Session session = model.newSession()) {
            for (int i = 0; i < inputs.count(); i++) {
                float[] input = inputs.input(i);
                calibration.add(INPUT, COLOURS, input);
                session.trace(input, calibration::add);
                done.run();
            }
        }
        return calibration;
    }

    private void add(String name, int channels, float[] values) {
        maps.computeIfAbsent(name, absent -> new MapStatistics(channels)).add(name, values);
    }

    private void add(FeatureMap map, Supplier<float[]> reader) {
        float[] values = reader.get();
        InvertedResidual block = residuals.get(map.name());
        if (block != null && block.residual()) {
            add(block.name(), map.channels(), values);
            float[] own = values.clone();
            for (int i = 0; i < own.length; i++) {
                own[i] -= residual[i];
            }
            add(map.name(), map.channels(), own);
        } else {
            add(map.name(), map.channels(), values);
        }
        if (block != null || map.name().equals(network.stem().name())) {
            residual = values;
        }
    }

    /** A map by the name of its layer, or of the block whose sum it is. */
    MapStatistics map(String name) {
        return maps.get(name);
    }

    /** What a block gives, its sum included. */
    MapStatistics output(InvertedResidual block) {
        return map(block.residual() ? block.name() : block.project().name());
    }

    /** The mean of each channel that a layer reads. */
    double[] inputMeans(String layer) {
        MapStatistics map = map(INPUT);
        if (network.stem().name().equals(layer)) {
            return map.means();
        }
        map = map(network.stem().name());
        for (InvertedResidual block : network.blocks()) {
            for (Conv conv : block.convolutions()) {
                if (conv.name().equals(layer)) {
                    return map.means();
                }
                map = map(conv.name());
            }
            map = output(block);
        }
        double[] last = map.means();
        return switch (network.top()) {
            case Classifier _ -> Network.CLASSIFIER.equals(layer) ? map(Network.POOL).means() : last;
            case DeepLab top -> inputMeans(top, layer, last);
            case SsdLite _ -> throw new IllegalArgumentException(layer + " is one of a detector");
        };
    }

    private double[] inputMeans(DeepLab top, String layer, double[] last) {
        if (layer.equals(top.imagePooling().name())) {
            return map(Network.POOL).means();
        }
        if (layer.equals(top.projection().name())) {
            Conv first = top.pooledFirst() ? top.imagePooling() : top.aspp();
            Conv second = top.pooledFirst() ? top.aspp() : top.imagePooling();
            return DoubleStream.concat(
                            Arrays.stream(map(first.name()).means()), Arrays.stream(map(second.name()).means()))
                    .toArray();
        }
        return layer.equals(top.logits().name()) ? map(top.projection().name()).means() : last;
    }
}
