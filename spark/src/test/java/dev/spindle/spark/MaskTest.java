package dev.spindle.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Checkpoint;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Segmentation;
import dev.spindle.Segmenter;
import dev.spindle.Warmup;
import dev.spindle.image.Image;
import dev.spindle.image.ImageDecoder;
import dev.spindle.network.Activation;
import dev.spindle.network.Conv;
import dev.spindle.network.DeepLab;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.Sampling;
import dev.spindle.plan.Weights;
import dev.spindle.weights.DefaultModel;
import dev.spindle.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MaskTest {

    @TempDir
    private static Path folder;

    private static Checkpoint checkpoint;
    private static Path model;
    private static Path images;

    @BeforeAll
    static void make() throws IOException {
        Network backbone = MobileNetV2.builder().widthMultiplier(0.1).divisor(4).resolution(65).outputStride(16).build();
        Network network = new Network(
                "DeepLabv3 on MobileNetV2 0.1", backbone.height(), backbone.width(), backbone.padding(), backbone.stem(),
                backbone.blocks(),
                new DeepLab(
                        Conv.pointwise("aspp", backbone.channels(), 8, Activation.RELU),
                        Conv.pointwise("image_pooling", backbone.channels(), 8, Activation.RELU),
                        Conv.pointwise("projection", 16, 8, Activation.RELU),
                        Conv.pointwise("logits", 8, 5, Activation.LINEAR),
                        true,
                        Sampling.ALIGN_CORNERS));
        Checkpoint classifier = DefaultModel.load();
        checkpoint = new Checkpoint(
                network, Weights.random(network, 7), classifier.preprocessing(), List.of(), classifier.source());
        model = folder.resolve("deeplab.safetensors");
        SafetensorsWriter.write(model, checkpoint);
        images = TestImages.folder(folder.resolve("images"), TestImages.CORRUPT_EVERY);
    }

    private static SpindleTransformer transformer() {
        return new SpindleTransformer("t").setModel(model.toString()).setMaskCol("mask");
    }

    @Test
    void givesWhatTheLibraryGives() {
        Dataset<Row> masked = transformer().transform(TestSpark.images(images)).drop("path", "modificationTime", "length");
        assertEquals(List.of("content", "mask", "error"), Arrays.asList(masked.columns()));
        boolean varied = false;
        try (Model loaded = Model.of(checkpoint, Options.DEFAULT.withWarmup(Warmup.NONE))) {
            Segmenter segmenter = new Segmenter(loaded);
            for (Row row : masked.collectAsList()) {
                Row mask = row.getAs("mask");
                Image image;
                try {
                    image = ImageDecoder.decode(row.<byte[]>getAs("content"), "content");
                } catch (InvalidInputException e) {
                    assertNull(mask);
                    assertEquals(e.getMessage(), row.getAs("error"));
                    continue;
                }
                Segmentation expected = segmenter.segment(image);
                assertNull(row.getAs("error"));
                assertEquals(image.width(), mask.<Integer>getAs("width"));
                assertEquals(image.height(), mask.<Integer>getAs("height"));
                assertArrayEquals(expected.toMask(), mask.<byte[]>getAs("classes"));
                varied |= expected.areas().size() > 1;
            }
        }
        assertTrue(varied, "every mask is of one class");
    }

    @Test
    void worksInSql() {
        SpindleFunctions.register(TestSpark.session(), transformer().setErrorCol(""));
        TestSpark.images(images).createOrReplaceTempView("pictures");
        Row first = TestSpark.session()
                .sql("select spindle_classify(content).mask as mask from pictures where path like '%/0'")
                .first();
        assertNotNull(first.<Row>getAs("mask").<byte[]>getAs("classes"));
    }

    @Test
    void otherColumnsAreRefusedBesideIt() {
        SpindleTransformer both = transformer().setLabelCol("label");
        assertEquals(
                "t: expected, with maskCol set, no other column but that of errors, found label, mask, error",
                assertThrows(IllegalArgumentException.class, () -> both.transform(TestSpark.images(images))).getMessage());
    }

    @Test
    void modelsThatDoNotFitTheColumnsAreRefused() {
        assertEquals(
                "maskCol: expected a segmentation network, found " + DefaultModel.load().network().architecture(),
                assertThrows(
                        IllegalArgumentException.class, () -> transformer().setModel("").transform(TestSpark.images(images)))
                        .getMessage());
        assertEquals(
                "model: expected a classifier, or maskCol set, found DeepLabv3 on MobileNetV2 0.1",
                assertThrows(
                        IllegalArgumentException.class, () -> transformer().setMaskCol("").transform(TestSpark.images(images)))
                        .getMessage());
    }
}
