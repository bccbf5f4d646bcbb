package dev.spindle;

import dev.spindle.kernel.Memory;
import dev.spindle.plan.FeatureMap;
import dev.spindle.plan.MapReader;
import dev.spindle.plan.Plan;
import java.util.List;

/** The maps that a session gives: a buffer of a session, which allocates nothing once it has been used. */
final class MapOutput {

    private final List<FeatureMap> maps;
    private final int layers;
    private final MapReader reader;

    /**
     * @param plan which keeps the maps
     * @param names the layers that make them
     */
    MapOutput(Plan plan, List<String> names) {
        this.maps = names.stream().map(plan.kept()::get).toList();
        this.layers = 1 + maps.stream().mapToInt(plan.maps()::indexOf).max().orElse(-1);
        this.reader = new MapReader(plan.layout());
    }

    List<FeatureMap> maps() {
        return maps;
    }

    /** How many layers of the plan make them. */
    int layers() {
        return layers;
    }

    /** Copies the maps of an image of a batch out, each to its array. */
    void read(Memory activations, int image, float[]... targets) {
        for (int i = 0; i < targets.length; i++) {
            FeatureMap map = maps.get(i);
            reader.read(map, activations, targets[i], image * map.length());
        }
    }
}
