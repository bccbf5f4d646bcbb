package dev.spindle.cli;

import dev.spindle.Model;
import dev.spindle.Session;
import dev.spindle.plan.FeatureMap;
import dev.spindle.weights.Safetensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Maps of a network as tensors. */
final class MapTensors {

    private MapTensors() {}

    /**
     * Runs images as far as the maps need it.
     *
     * @param what names the work, for messages
     * @param names of the maps that the model was loaded for
     * @param model the network
     * @param input the images
     * @return {@code [images, height, width, channels]} by name
     */
    static Map<String, Safetensors.Tensor> of(String what, List<String> names, Model model, InputTensor input) {
        int images = input.images();
        try (Session session = model.newSession()) {
            List<FeatureMap> maps = session.maps();
            long values = images * maps.stream().mapToLong(FeatureMap::length).sum();
            // Once here, and once more where the tensors are made.
            Heap.require(what, 2 * Float.BYTES * values);
            float[][] all = maps.stream()
                    .map(map -> Heap.floats(what, (long) images * map.length()))
                    .toArray(float[][]::new);
            float[][] one = maps.stream().map(map -> new float[map.length()]).toArray(float[][]::new);
            boolean bytes = input.type() != Safetensors.Type.F32;
            float[] reals = new float[bytes ? 0 : session.inputLength()];
            byte[] own = new byte[bytes ? session.inputLength() : 0];
            for (int image = 0; image < images; image++) {
                if (bytes) {
                    input.read(own, image, 1);
                    session.features(own, 1, one);
                } else {
                    input.read(reals, image, 1);
                    session.features(reals, 1, one);
                }
                for (int i = 0; i < one.length; i++) {
                    System.arraycopy(one[i], 0, all[i], image * one[i].length, one[i].length);
                }
            }
            Map<String, Safetensors.Tensor> tensors = new LinkedHashMap<>();
            for (int i = 0; i < all.length; i++) {
                FeatureMap map = maps.get(i);
                tensors.put(names.get(i), Safetensors.Tensor.of(all[i], images, map.height(), map.width(), map.channels()));
            }
            return tensors;
        }
    }
}
