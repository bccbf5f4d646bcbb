package dev.spindle.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.image.Preprocessing;
import dev.spindle.image.Preprocessing.ChannelOrder;
import dev.spindle.image.Preprocessing.Interpolation;
import dev.spindle.network.Activation;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.plan.QuantisedWeights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a safetensors header says of the network: text by key, each text a JSON value, as {@link SafetensorsWriter} states
 * them. Facts that the tensors cannot show replace those of the source's profile; the rest is kept as notes.
 */
final class SafetensorsMetadata {

    private static final Set<String> FACTS =
            Set.of("padding", "bn_eps", "activation", "resolution", "preprocessing");

    /** What a header has in addition where it describes the network. */
    private static final Set<String> DESCRIPTION =
            Set.of(
                    "network", "architecture", "classes", "parameters", "profile", "notes", "source",
                    SafetensorsWriter.QUANTISATION);

    /** Such as {@code RGB, bilinear to 64x64, x/127.5-1}. */
    private static final Pattern RECIPE = Pattern.compile(
            "(RGB|BGR), (bilinear|bicubic) to (\\d{1,4})x(\\d{1,4}), x/(\\d{1,4}(?:\\.\\d{1,6})?)-(\\d(?:\\.\\d{1,6})?)");

    private final Path file;
    private final Map<String, String> texts;

    private SafetensorsMetadata(Path file, Map<String, String> texts) {
        this.file = file;
        this.texts = texts;
    }

    static SafetensorsMetadata of(Safetensors tensors) {
        return new SafetensorsMetadata(tensors.file(), tensors.metadata());
    }

    /** What a file says that cannot carry metadata. */
    static SafetensorsMetadata none(Path file) {
        return new SafetensorsMetadata(file, Map.of());
    }

    /** The profile with the facts that this metadata states in their place. */
    SourceProfile override(SourceProfile profile) {
        List<String> stated = texts.keySet().stream().filter(FACTS::contains).sorted().toList();
        List<Integer> sides = has("resolution") ? resolution() : List.of(profile.height(), profile.width());
        return new SourceProfile(
                stated.isEmpty() ? profile.name() : profile.name() + "; from the file: " + String.join(", ", stated),
                has("padding") ? padding() : profile.padding(),
                has("bn_eps") ? epsilon() : profile.epsilon(),
                has("activation") ? activation() : profile.activation(),
                sides.getFirst(),
                sides.getLast(),
                has("preprocessing") ? preprocessing() : profile.preprocessing());
    }

    /** The whole description, where the header has it. */
    Optional<Network> network() {
        return has("network")
                ? Optional.of(NetworkJson.read(file, "metadata network", value("network")))
                : Optional.empty();
    }

    /** The integers, where the header says what they stand for. */
    Optional<QuantisedWeights> quantised(Safetensors tensors, Network network) {
        String key = SafetensorsWriter.QUANTISATION;
        return has(key)
                ? Optional.of(QuantisedTensors.read(tensors, network, "metadata " + key, value(key)))
                : Optional.empty();
    }

    /** The name of the profile that a description was made with. */
    String profile() {
        JsonNode value = required("profile");
        if (!value.isTextual()) {
            throw wrong("profile", "a string");
        }
        return value.textValue();
    }

    /** What the file was converted from, where it says so. */
    Optional<Checkpoint.Provenance> provenance() {
        if (!has("source")) {
            return Optional.empty();
        }
        JsonFields fields = JsonFields.of(
                file, "metadata source", value("source"), "format", "file", "sha256", "converter");
        return Optional.of(new Checkpoint.Provenance(
                fields.text("format"), fields.text("file"), fields.text("sha256"), fields.text("converter")));
    }

    /** One name a class, or none. */
    List<String> labels() {
        return strings("labels");
    }

    /** What is neither a fact nor a label, one line each. */
    List<String> notes() {
        List<String> notes = new ArrayList<>(has("network") ? strings("notes") : List.of());
        texts.forEach((key, text) -> {
            boolean described = has("network") && DESCRIPTION.contains(key);
            if (!FACTS.contains(key) && !key.equals("labels") && !described) {
                notes.add(key.replaceAll("\\p{Cntrl}", " ") + ": " + text.replaceAll("\\p{Cntrl}", " "));
            }
        });
        return notes;
    }

    /**
     * Where the metadata say other than the network, which counts.
     *
     * @param network what tensors and description show
     * @return one line each
     */
    List<String> disagreements(Network network) {
        List<String> found = new ArrayList<>();
        if (has("architecture") && !isArchitecture(plain("architecture"), network)) {
            found.add(disagreement(
                    "architecture", plain("architecture"), "the layers are those of " + network.architecture()));
        }
        disagreement("classes", network.classes(), "the classifier has").ifPresent(found::add);
        disagreement("parameters", network.parameters(), "the layers have").ifPresent(found::add);
        if (has("width_multiplier")) {
            Family.of(network).widthMultiplier().ifPresent(width ->
                    disagreement("width_multiplier", width, "the channels are those of").ifPresent(found::add));
        }
        List<Integer> sides = List.of(network.height(), network.width());
        if (has("resolution") && !resolution().equals(sides)) {
            found.add(disagreement("resolution", texts.get("resolution"), "the network takes " + size(sides)));
        }
        if (has("padding") && padding() != network.padding()) {
            found.add(disagreement(
                    "padding", plain("padding"), "the network pads " + JsonFields.lowerCase(network.padding())));
        }
        if (has("activation") && activation() != network.stem().activation()) {
            found.add(disagreement(
                    "activation", plain("activation"),
                    "the stem has " + JsonFields.lowerCase(network.stem().activation())));
        }
        recipe().ifPresent(recipe -> {
            List<Integer> resized = List.of(Integer.parseInt(recipe.group(3)), Integer.parseInt(recipe.group(4)));
            if (!resized.equals(sides)) {
                found.add(disagreement("preprocessing", "to " + size(resized), "the network takes " + size(sides)));
            }
        });
        return found;
    }

    /** Beside a description the name has to be its own; other sources may write and number families as they like. */
    private boolean isArchitecture(String declared, Network network) {
        if (has("network")) {
            return declared.equals(network.architecture());
        }
        String name = letters(declared);
        return letters(network.architecture()).startsWith(name) || name.startsWith(letters(Family.of(network).name()));
    }

    private static String letters(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }

    private static String size(List<Integer> sides) {
        return sides.getFirst() + "x" + sides.getLast();
    }

    private Optional<String> disagreement(String key, double actual, String words) {
        JsonNode declared = anyValue(key);
        if (!declared.isNumber() || declared.doubleValue() == actual) {
            return Optional.empty();
        }
        String number = actual == Math.rint(actual) ? String.valueOf((long) actual) : String.valueOf(actual);
        return Optional.of(disagreement(key, texts.get(key), words + " " + number));
    }

    private static String disagreement(String key, String declared, String actual) {
        return "metadata " + key + " says " + ModelFile.printable(declared) + ", but " + actual;
    }

    /** A string without its quotes; any other text as it stands. */
    private String plain(String key) {
        JsonNode value = anyValue(key);
        return value.isTextual() ? value.textValue() : texts.get(key);
    }

    /** A value that is no more than a note, which may be any text: missing where it is not there or no JSON. */
    private JsonNode anyValue(String key) {
        try {
            return has(key) ? JsonTree.of(texts.get(key)) : MissingNode.getInstance();
        } catch (IOException e) {
            return MissingNode.getInstance();
        }
    }

    private List<String> strings(String key) {
        if (!has(key)) {
            return List.of();
        }
        JsonNode value = value(key);
        if (!value.isArray()) {
            throw wrong(key, "an array of strings");
        }
        List<String> strings = new ArrayList<>();
        for (JsonNode element : value) {
            if (!element.isTextual()) {
                throw wrong(key, "an array of strings");
            }
            strings.add(element.textValue());
        }
        return strings;
    }

    private Padding padding() {
        return switch (value("padding").asText()) {
            case "symmetric" -> Padding.SYMMETRIC;
            case "same", "tf-same" -> Padding.SAME;
            default -> throw wrong("padding", "\"symmetric\" or \"same\"");
        };
    }

    private double epsilon() {
        return epsilon(value("bn_eps"));
    }

    /** Epsilon of the batch normalisation behind one layer. */
    double epsilon(String layer) {
        JsonNode value = required("bn_eps");
        return epsilon(value.isObject() ? value.path(layer) : value);
    }

    private double epsilon(JsonNode value) {
        if (!value.isNumber() || !(value.doubleValue() >= 0 && value.doubleValue() < 1)) {
            throw wrong("bn_eps", "a number of 0 to 1");
        }
        return value.doubleValue();
    }

    private Activation activation() {
        return switch (value("activation").asText()) {
            case "relu6" -> Activation.RELU6;
            case "relu" -> Activation.RELU;
            default -> throw wrong("activation", "\"relu6\" or \"relu\"");
        };
    }

    /** Height and width. */
    private List<Integer> resolution() {
        JsonNode value = value("resolution");
        List<Integer> sides = new ArrayList<>();
        for (JsonNode side : value.isArray() && value.size() == 2 ? value : List.of(value, value)) {
            if (!side.canConvertToInt() || !side.isIntegralNumber() || side.intValue() < 1) {
                throw wrong("resolution", "a positive integer, or [height, width]");
            }
            sides.add(side.intValue());
        }
        return sides;
    }

    /** How pictures become inputs, where the header has to say it. */
    Preprocessing preprocessing() {
        JsonNode value = required("preprocessing");
        if (value.isObject()) {
            return ModelFile.valid(file, () -> preprocessing(value));
        }
        for (Preprocessing preset : List.of(Preprocessing.TF, Preprocessing.TORCH, Preprocessing.CAFFE)) {
            if (value.asText().equals(preset.name())) {
                return preset;
            }
        }
        return preprocessing(recipe().orElseThrow(() -> wrong(
                "preprocessing",
                "\"tf\", \"torch\", \"caffe\", such as \"RGB, bilinear to 64x64, x/127.5-1\", or an object")));
    }

    private Preprocessing preprocessing(JsonNode value) {
        JsonFields fields = JsonFields.of(
                file, "metadata preprocessing", value,
                "name", "resize_ratio", "interpolation", "channel_order", "mean", "scale");
        return new Preprocessing(
                fields.text("name"),
                fields.number("resize_ratio"),
                fields.constant("interpolation", Interpolation.class),
                fields.constant("channel_order", ChannelOrder.class),
                fields.floats("mean", 3),
                fields.floats("scale", 3));
    }

    /** The preprocessing, where it is told in words. */
    private Optional<Matcher> recipe() {
        if (!has("preprocessing")) {
            return Optional.empty();
        }
        Matcher recipe = RECIPE.matcher(value("preprocessing").asText());
        return recipe.matches() ? Optional.of(recipe) : Optional.empty();
    }

    private Preprocessing preprocessing(Matcher recipe) {
        double divisor = Double.parseDouble(recipe.group(5));
        double offset = Double.parseDouble(recipe.group(6));
        if (divisor == 0) {
            throw wrong("preprocessing", "a divisor above 0");
        }
        float[] mean = new float[3];
        float[] scale = new float[3];
        Arrays.fill(mean, (float) (offset * divisor));
        Arrays.fill(scale, (float) (1 / divisor));
        ChannelOrder order = ChannelOrder.valueOf(recipe.group(1));
        boolean tf = order == Preprocessing.TF.channelOrder()
                && Arrays.equals(mean, Preprocessing.TF.mean())
                && Arrays.equals(scale, Preprocessing.TF.scale());
        return new Preprocessing(
                tf ? Preprocessing.TF.name() : "file",
                1,
                Interpolation.valueOf(recipe.group(2).toUpperCase(Locale.ROOT)),
                order,
                mean,
                scale);
    }

    private boolean has(String key) {
        return texts.containsKey(key);
    }

    private JsonNode required(String key) {
        if (!has(key)) {
            throw InvalidInputException.of(file, "metadata " + key, "a value", "none");
        }
        return value(key);
    }

    private JsonNode value(String key) {
        try {
            return JsonTree.of(texts.get(key));
        } catch (IOException e) {
            throw new InvalidInputException(wrong(key, "a JSON value").getMessage(), e);
        }
    }

    private InvalidInputException wrong(String key, String expected) {
        return InvalidInputException.of(
                file, "metadata " + key, expected, ModelFile.printable(texts.get(key)));
    }
}
