package dev.spindle.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spindle.InvalidInputException;
import dev.spindle.network.Activation;
import dev.spindle.network.Classifier;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.InvertedResidual;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import dev.spindle.network.Sampling;
import dev.spindle.network.SsdLite;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A {@link Network} as JSON: an object with the record's components in its order, enumerations in lower case, null for an
 * {@link Optional} that is empty; for the top, {@code head} and {@code classes} of a classifier, {@code deeplab}, or
 * {@code ssdlite}. It holds whatever a network can be, not the parameters of one that was published.
 */
final class NetworkJson {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final Path file;

    private NetworkJson(Path file) {
        this.file = file;
    }

    static ObjectNode of(Network network) {
        ObjectNode json = JSON.objectNode()
                .put("architecture", network.architecture())
                .put("height", network.height())
                .put("width", network.width())
                .put("padding", JsonFields.lowerCase(network.padding()));
        json.set("stem", of(network.stem()));
        json.set("blocks", of(network.blocks()));
        switch (network.top()) {
            case Classifier classifier -> {
                json.set("head", of(classifier.head()));
                json.put("classes", classifier.classes());
            }
            case DeepLab deepLab -> json.set("deeplab", of(deepLab));
            case SsdLite ssd -> json.set("ssdlite", SsdLiteJson.of(ssd));
        }
        return json;
    }

    private static ObjectNode of(DeepLab top) {
        ObjectNode json = JSON.objectNode();
        json.set("aspp", of(top.aspp()));
        json.set("image_pooling", of(top.imagePooling()));
        json.set("projection", of(top.projection()));
        json.set("logits", of(top.logits()));
        return json.put("pooled_first", top.pooledFirst()).put("sampling", JsonFields.lowerCase(top.sampling()));
    }

    /** Blocks as an array. */
    static ArrayNode of(List<InvertedResidual> blocks) {
        ArrayNode json = JSON.arrayNode();
        blocks.forEach(block -> json.add(of(block)));
        return json;
    }

    private static ObjectNode of(InvertedResidual block) {
        ObjectNode json = JSON.objectNode().put("name", block.name());
        json.set("expand", of(block.expand()));
        json.set("depthwise", of(block.depthwise()));
        json.set("project", of(block.project()));
        return json.put("residual", block.residual());
    }

    static JsonNode of(Optional<Conv> conv) {
        return conv.map(NetworkJson::of).map(JsonNode.class::cast).orElseGet(JSON::nullNode);
    }

    static ObjectNode of(Conv conv) {
        return JSON.objectNode()
                .put("name", conv.name())
                .put("inputs", conv.inputs())
                .put("outputs", conv.outputs())
                .put("kernel", conv.kernel())
                .put("stride", conv.stride())
                .put("dilation", conv.dilation())
                .put("groups", conv.groups())
                .put("activation", JsonFields.lowerCase(conv.activation()));
    }

    /**
     * Reads what {@link #of(Network)} makes.
     *
     * @param file for messages
     * @param place in the file, for messages
     * @param json the object
     * @throws InvalidInputException where it is no network
     */
    static Network read(Path file, String place, JsonNode json) {
        return ModelFile.valid(file, () -> new NetworkJson(file).network(place, json));
    }

    private Network network(String place, JsonNode json) {
        String top = Stream.of("deeplab", "ssdlite").filter(json::has).findFirst().orElse("classes");
        List<String> names = new ArrayList<>(List.of("architecture", "height", "width", "padding", "stem", "blocks"));
        names.addAll(top.equals("classes") ? List.of("head", top) : List.of(top));
        JsonFields fields = JsonFields.of(file, place, json, names.toArray(String[]::new));
        return new Network(
                fields.text("architecture"),
                fields.integer("height"),
                fields.integer("width"),
                fields.constant("padding", Padding.class),
                conv(fields, "stem"),
                blocks(fields, "blocks"),
                switch (top) {
                    case "deeplab" -> deepLab(fields);
                    case "ssdlite" -> new SsdLiteJson(this).read(fields);
                    default -> new Classifier(optionalConv(fields, "head"), fields.integer("classes"));
                });
    }

    /** An array of blocks. */
    List<InvertedResidual> blocks(JsonFields parent, String name) {
        List<InvertedResidual> blocks = new ArrayList<>();
        for (JsonNode block : parent.array(name)) {
            blocks.add(block(parent.place(name + "[" + blocks.size() + "]"), block));
        }
        return blocks;
    }

    private DeepLab deepLab(JsonFields parent) {
        JsonFields fields = parent.fields(
                "deeplab", "aspp", "image_pooling", "projection", "logits", "pooled_first", "sampling");
        return new DeepLab(
                conv(fields, "aspp"),
                conv(fields, "image_pooling"),
                conv(fields, "projection"),
                conv(fields, "logits"),
                fields.flag("pooled_first"),
                fields.constant("sampling", Sampling.class));
    }

    private InvertedResidual block(String place, JsonNode json) {
        JsonFields fields = JsonFields.of(file, place, json, "name", "expand", "depthwise", "project", "residual");
        return new InvertedResidual(
                fields.text("name"),
                optionalConv(fields, "expand"),
                conv(fields, "depthwise"),
                conv(fields, "project"),
                fields.flag("residual"));
    }

    Optional<Conv> optionalConv(JsonFields parent, String name) {
        return parent.value(name).isNull() ? Optional.empty() : Optional.of(conv(parent, name));
    }

    Conv conv(JsonFields parent, String name) {
        JsonFields fields = parent.fields(
                name,
                "name", "inputs", "outputs", "kernel", "stride", "dilation", "groups", "activation");
        return new Conv(
                fields.text("name"),
                fields.integer("inputs"),
                fields.integer("outputs"),
                fields.integer("kernel"),
                fields.integer("stride"),
                fields.integer("dilation"),
                fields.integer("groups"),
                fields.constant("activation", Activation.class));
    }
}
