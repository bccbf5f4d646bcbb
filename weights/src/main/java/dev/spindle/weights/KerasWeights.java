package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The variables of a Keras model's layers: kernel and bias; or gamma, beta, moving mean and moving variance. */
sealed interface KerasWeights {

    /** The variables of one layer, in Keras's order; none where it has none. */
    List<Hdf5.Array> of(KerasLayer layer);

    /** The variables of the outermost model's layers by their names; none where layers have lost them. */
    Map<String, List<Hdf5.Array>> byName();

    /** The variables of each layer that has any. Among layers of one class they are in the model's order. */
    List<List<Hdf5.Array>> inOrder();

    /**
     * Finds the variables.
     *
     * @param file for messages
     * @param root of the file
     * @throws InvalidInputException where it is none of Keras's
     */
    static KerasWeights of(Path file, Hdf5.Group root) {
        Hdf5.Group legacy = root.groups().getOrDefault("model_weights", root);
        List<String> names = texts(legacy, "layer_names");
        if (!names.isEmpty()) {
            return Legacy.of(file, legacy, names);
        }
        if (Numbered.container(root).isPresent()) {
            return new Numbered(root);
        }
        throw InvalidInputException.of(
                file, "HDF5", "the weights of a Keras model, with layer_names or layers",
                ModelFile.printable("the groups " + root.groups().keySet()));
    }

    /** An attribute of texts. Keras divides those that are too long for one. */
    private static List<String> texts(Hdf5.Group group, String name) {
        List<String> texts = new ArrayList<>(group.texts().getOrDefault(name, List.of()));
        for (int part = 0; group.texts().containsKey(name + part); part++) {
            texts.addAll(group.texts().get(name + part));
        }
        return texts;
    }

    /**
     * What {@code save_weights} of Keras 1 and 2 and all whole models in HDF5 have: groups named as layers, in the order
     * that {@code layer_names} says, and in each the variables that {@code weight_names} says.
     *
     * @param variables by the outermost model's layers, then by the groups that they are in
     */
    record Legacy(Map<String, Map<String, List<Hdf5.Array>>> variables) implements KerasWeights {

        private static Legacy of(Path file, Hdf5.Group group, List<String> layers) {
            Map<String, Map<String, List<Hdf5.Array>>> variables = new LinkedHashMap<>();
            for (String layer : layers) {
                Hdf5.Group found = group.groups().get(layer);
                if (found == null) {
                    throw InvalidInputException.of(
                            file, "layer " + ModelFile.printable(layer), "a group of this name", "none");
                }
                Map<String, List<Hdf5.Array>> groups = new LinkedHashMap<>();
                for (String name : texts(found, "weight_names")) {
                    int last = name.lastIndexOf('/');
                    String owner = name.substring(Math.max(name.lastIndexOf('/', last - 1), -1) + 1, Math.max(last, 0));
                    groups.computeIfAbsent(owner, key -> new ArrayList<>()).add(array(file, found, name));
                }
                variables.put(layer, groups);
            }
            return new Legacy(variables);
        }

        private static Hdf5.Array array(Path file, Hdf5.Group group, String name) {
            Hdf5.Group inner = group;
            int start = 0;
            for (int end = name.indexOf('/'); end >= 0 && inner != null; end = name.indexOf('/', start)) {
                inner = inner.groups().get(name.substring(start, end));
                start = end + 1;
            }
            Hdf5.Array found = inner == null ? null : inner.arrays().get(name.substring(start));
            if (found == null) {
                throw InvalidInputException.of(
                        file, "group " + ModelFile.printable(group.path()), "an array " + ModelFile.printable(name), "none");
            }
            return found;
        }

        @Override
        public List<Hdf5.Array> of(KerasLayer layer) {
            Map<String, List<Hdf5.Array>> groups = variables.getOrDefault(layer.names().getFirst(), Map.of());
            if (layer.names().size() > 1) {
                return groups.getOrDefault(layer.names().getLast(), List.of());
            }
            return groups.values().stream().flatMap(List::stream).toList();
        }

        @Override
        public Map<String, List<Hdf5.Array>> byName() {
            Map<String, List<Hdf5.Array>> named = new LinkedHashMap<>();
            variables.forEach((name, groups) ->
                    named.put(name, groups.values().stream().flatMap(List::stream).toList()));
            return named;
        }

        @Override
        public List<List<Hdf5.Array>> inOrder() {
            return variables.values().stream().flatMap(groups -> groups.values().stream()).toList();
        }
    }

    /**
     * What Keras 3 has: layers are named by their classes, {@code layers/conv2d_1}, variables by numbers,
     * {@code layers/conv2d_1/vars/0}.
     *
     * @param root of the file
     */
    record Numbered(Hdf5.Group root) implements KerasWeights {

        private static final Pattern NUMBERED = Pattern.compile("(.*?)(?:_(\\d{1,9}))?", Pattern.DOTALL);

        private static Optional<Hdf5.Group> container(Hdf5.Group model) {
            return Optional.ofNullable(model.groups().get("layers"))
                    .or(() -> Optional.ofNullable(model.groups().get("_layer_checkpoint_dependencies")));
        }

        @Override
        public List<Hdf5.Array> of(KerasLayer layer) {
            Optional<Hdf5.Group> found = Optional.of(root);
            for (String name : layer.numbered()) {
                found = found.flatMap(Numbered::container).map(group -> group.groups().get(name));
            }
            return found.map(Numbered::variables).orElse(List.of());
        }

        private static List<Hdf5.Array> variables(Hdf5.Group layer) {
            List<Hdf5.Array> variables = new ArrayList<>();
            Hdf5.Group vars = layer.groups().get("vars");
            while (vars != null && vars.arrays().containsKey(String.valueOf(variables.size()))) {
                variables.add(vars.arrays().get(String.valueOf(variables.size())));
            }
            return variables;
        }

        @Override
        public Map<String, List<Hdf5.Array>> byName() {
            return Map.of();
        }

        @Override
        public List<List<Hdf5.Array>> inOrder() {
            List<List<Hdf5.Array>> layers = new ArrayList<>();
            collect(root, layers);
            return layers;
        }

        private static void collect(Hdf5.Group model, List<List<Hdf5.Array>> layers) {
            Map<String, Hdf5.Group> groups = container(model).map(Hdf5.Group::groups).orElse(Map.of());
            groups.keySet().stream()
                    .sorted(Comparator.comparing((String name) -> split(name).group(1)).thenComparing(Numbered::number))
                    .map(groups::get)
                    .forEach(layer -> {
                        List<Hdf5.Array> variables = variables(layer);
                        if (!variables.isEmpty()) {
                            layers.add(variables);
                        }
                        collect(layer, layers);
                    });
        }

        private static Matcher split(String name) {
            Matcher matcher = NUMBERED.matcher(name);
            if (!matcher.matches()) {
                throw new IllegalStateException(name);
            }
            return matcher;
        }

        private static int number(String name) {
            String digits = split(name).group(2);
            return digits == null ? 0 : Integer.parseInt(digits);
        }
    }
}
