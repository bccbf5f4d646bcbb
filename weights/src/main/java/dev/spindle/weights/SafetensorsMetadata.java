package dev.spindle.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.spindle.InvalidInputException;
import dev.spindle.image.Preprocessing;
import dev.spindle.image.Preprocessing.ChannelOrder;
import dev.spindle.image.Preprocessing.Interpolation;
import dev.spindle.network.Activation;
import dev.spindle.network.Padding;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a safetensors header says of the network: text by key, each text a JSON value. Facts that the tensors cannot show
 * replace those of the source's profile; the rest is kept as notes.
 */
final class SafetensorsMetadata {

    private static final Set<String> FACTS =
            Set.of("padding", "bn_eps", "activation", "resolution", "preprocessing");

    /** Such as {@code RGB, bilinear to 64x64, x/127.5-1}. */
    private static final Pattern RECIPE = Pattern.compile(
            "(RGB|BGR), (bilinear|bicubic) to (\\d{1,4})x(\\d{1,4}), x/(\\d{1,4}(?:\\.\\d{1,6})?)-(\\d(?:\\.\\d{1,6})?)");

    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

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
        int side = has("resolution") ? resolution() : 0;
        return new SourceProfile(
                stated.isEmpty() ? profile.name() : profile.name() + "; from the file: " + String.join(", ", stated),
                has("padding") ? padding() : profile.padding(),
                has("bn_eps") ? epsilon() : profile.epsilon(),
                has("activation") ? activation() : profile.activation(),
                has("resolution") ? side : profile.height(),
                has("resolution") ? side : profile.width(),
                has("preprocessing") ? preprocessing(side) : profile.preprocessing());
    }

    /** One name a class, or none. */
    List<String> labels() {
        if (!has("labels")) {
            return List.of();
        }
        JsonNode value = value("labels");
        if (!value.isArray()) {
            throw wrong("labels", "an array of strings");
        }
        List<String> labels = new ArrayList<>();
        for (JsonNode label : value) {
            if (!label.isTextual()) {
                throw wrong("labels", "an array of strings");
            }
            labels.add(label.textValue());
        }
        return labels;
    }

    /** What is neither a fact nor a label, one line each. */
    List<String> notes() {
        List<String> notes = new ArrayList<>();
        texts.forEach((key, text) -> {
            if (!FACTS.contains(key) && !key.equals("labels")) {
                notes.add(key.replaceAll("\\p{Cntrl}", " ") + ": " + text.replaceAll("\\p{Cntrl}", " "));
            }
        });
        return notes;
    }

    private Padding padding() {
        return switch (value("padding").asText()) {
            case "symmetric" -> Padding.SYMMETRIC;
            case "same", "tf-same" -> Padding.SAME;
            default -> throw wrong("padding", "\"symmetric\" or \"same\"");
        };
    }

    private double epsilon() {
        JsonNode value = value("bn_eps");
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

    private int resolution() {
        JsonNode value = value("resolution");
        if (!value.canConvertToInt() || !value.isIntegralNumber() || value.intValue() < 1) {
            throw wrong("resolution", "a positive integer");
        }
        return value.intValue();
    }

    /**
     * @param side what the metadata says of the input size; 0 where it says nothing
     */
    private Preprocessing preprocessing(int side) {
        String text = value("preprocessing").asText();
        for (Preprocessing preset : List.of(Preprocessing.TF, Preprocessing.TORCH, Preprocessing.CAFFE)) {
            if (text.equals(preset.name())) {
                return preset;
            }
        }
        Matcher recipe = RECIPE.matcher(text);
        if (!recipe.matches()) {
            throw wrong("preprocessing", "\"tf\", \"torch\", \"caffe\" or such as \"RGB, bilinear to 64x64, x/127.5-1\"");
        }
        int height = Integer.parseInt(recipe.group(3));
        int width = Integer.parseInt(recipe.group(4));
        if (side != 0 && (height != side || width != side)) {
            throw wrong("preprocessing", "the resolution " + side + "x" + side);
        }
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

    private JsonNode value(String key) {
        try {
            return JSON.readTree(texts.get(key));
        } catch (JsonProcessingException e) {
            throw new InvalidInputException(wrong(key, "a JSON value").getMessage(), e);
        }
    }

    private InvalidInputException wrong(String key, String expected) {
        return InvalidInputException.of(
                file, "metadata " + key, expected, ModelFile.printable(texts.get(key)));
    }
}
