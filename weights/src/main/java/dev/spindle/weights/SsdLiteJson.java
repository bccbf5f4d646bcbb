package dev.spindle.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spindle.detection.Anchors;
import dev.spindle.detection.BoxCode;
import dev.spindle.detection.PostProcessing;
import dev.spindle.detection.ScoreFunction;
import dev.spindle.detection.Suppression;
import dev.spindle.network.SsdLite;
import java.util.ArrayList;
import java.util.List;

/** An {@link SsdLite} as JSON, with its anchors; see {@link NetworkJson}. */
final class SsdLiteJson {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final NetworkJson network;

    SsdLiteJson(NetworkJson network) {
        this.network = network;
    }

    static ObjectNode of(SsdLite ssd) {
        ArrayNode predictors = JSON.arrayNode();
        for (SsdLite.Predictor predictor : ssd.predictors()) {
            ObjectNode json = JSON.objectNode();
            json.set("boxes", of(predictor.boxes()));
            json.set("classes", of(predictor.classes()));
            predictors.add(json);
        }
        ObjectNode json = JSON.objectNode().put("tap", ssd.tap());
        json.set("last", NetworkJson.of(ssd.last()));
        json.set("extras", NetworkJson.of(ssd.extras()));
        json.set("predictors", predictors);
        json.set("post_processing", of(ssd.postProcessing()));
        return json;
    }

    private static ObjectNode of(SsdLite.Branch branch) {
        ObjectNode json = JSON.objectNode();
        json.set("depthwise", NetworkJson.of(branch.depthwise()));
        json.set("project", NetworkJson.of(branch.project()));
        return json;
    }

    private static ObjectNode of(PostProcessing processing) {
        Suppression suppression = processing.suppression();
        BoxCode code = processing.code();
        ArrayNode anchors = JSON.arrayNode();
        for (float value : processing.anchors().values()) {
            anchors.add(value);
        }
        ObjectNode json = JSON.objectNode();
        json.set("anchors", anchors);
        json.set("scales", JSON.arrayNode()
                .add(code.yScale())
                .add(code.xScale())
                .add(code.heightScale())
                .add(code.widthScale()));
        return json.put("scores", JsonFields.lowerCase(processing.scores()))
                .put("background", processing.background())
                .put("score_threshold", suppression.scoreThreshold())
                .put("iou_threshold", suppression.iouThreshold())
                .put("class_wise", suppression.classWise())
                .put("classes_per_box", suppression.classesPerBox())
                .put("boxes_per_class", suppression.boxesPerClass())
                .put("boxes", suppression.boxes());
    }

    /** Reads what {@link #of(SsdLite)} makes, a field of a network. */
    SsdLite read(JsonFields parent) {
        JsonFields fields = parent.fields("ssdlite", "tap", "last", "extras", "predictors", "post_processing");
        List<SsdLite.Predictor> predictors = new ArrayList<>();
        for (JsonNode predictor : fields.array("predictors")) {
            String place = fields.place("predictors[" + predictors.size() + "]");
            JsonFields both = JsonFields.of(fields.file(), place, predictor, "boxes", "classes");
            predictors.add(new SsdLite.Predictor(branch(both, "boxes"), branch(both, "classes")));
        }
        return new SsdLite(
                fields.text("tap"), network.conv(fields, "last"), network.blocks(fields, "extras"), predictors,
                postProcessing(fields));
    }

    private SsdLite.Branch branch(JsonFields parent, String name) {
        JsonFields fields = parent.fields(name, "depthwise", "project");
        return new SsdLite.Branch(network.optionalConv(fields, "depthwise"), network.conv(fields, "project"));
    }

    private static PostProcessing postProcessing(JsonFields parent) {
        JsonFields fields = parent.fields(
                "post_processing", "anchors", "scales", "scores", "background", "score_threshold", "iou_threshold",
                "class_wise", "classes_per_box", "boxes_per_class", "boxes");
        float[] scales = fields.floats("scales", Anchors.NUMBERS);
        return new PostProcessing(
                Anchors.of(fields.floats("anchors", fields.array("anchors").size())),
                new BoxCode(scales[0], scales[1], scales[2], scales[3]),
                fields.constant("scores", ScoreFunction.class),
                fields.flag("background"),
                new Suppression(
                        fields.number("score_threshold"),
                        fields.number("iou_threshold"),
                        fields.flag("class_wise"),
                        fields.integer("classes_per_box"),
                        fields.integer("boxes_per_class"),
                        fields.integer("boxes")));
    }
}
