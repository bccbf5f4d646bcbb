package dev.spindle.plan;

import dev.spindle.network.Conv;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.SsdLite;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Plans what detects: predictors on the tapped map, on that of the last 1x1 convolution, and on those of the extra blocks. */
final class SsdLitePlanner {

    private final SsdLite ssd;
    private final BackbonePlanner blocks;
    private final LayerPlanner layers;
    private final List<FeatureMap> boxes = new ArrayList<>();
    private final List<FeatureMap> classes = new ArrayList<>();

    SsdLitePlanner(SsdLite ssd, BackbonePlanner blocks, LayerPlanner layers) {
        this.ssd = ssd;
        this.blocks = blocks;
        this.layers = layers;
    }

    /** Appends all layers behind the backbone's last map. */
    Outputs.Detected plan(FeatureMap backbone) {
        Iterator<SsdLite.Predictor> predictors = ssd.predictors().iterator();
        predict(predictors.next(), layers.kept().get(ssd.tap()));
        FeatureMap map = layers.place(LayerPlanner.shape(ssd.last(), backbone.height(), backbone.width()));
        map = layers.add(layers.pointwise(ssd.last(), backbone, map.offset(), LayerPlanner.NONE), map);
        layers.release(backbone);
        predict(predictors.next(), map);
        for (InvertedResidual extra : ssd.extras()) {
            map = blocks.block(extra, map);
            predict(predictors.next(), map);
        }
        layers.release(map);
        return new Outputs.Detected(boxes, classes);
    }

    private void predict(SsdLite.Predictor predictor, FeatureMap map) {
        boxes.add(predict(predictor.boxes(), map));
        classes.add(predict(predictor.classes(), map));
    }

    private FeatureMap predict(SsdLite.Branch branch, FeatureMap map) {
        FeatureMap input = map;
        if (branch.depthwise().isPresent()) {
            Conv conv = branch.depthwise().get();
            input = layers.place(LayerPlanner.filteredShape(conv, map));
            input = layers.add(layers.lowering().lower(layers.depthwise(conv, map, input.offset())), input);
        }
        FeatureMap output = layers.place(LayerPlanner.shape(branch.project(), map.height(), map.width()));
        output = layers.add(layers.pointwise(branch.project(), input, output.offset(), LayerPlanner.NONE), output);
        if (input != map) {
            layers.release(input);
        }
        return output;
    }
}
