package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Checkpoint;
import dev.spindle.image.Preprocessing;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import java.util.List;
import org.junit.jupiter.api.Test;

class DefaultModelTest {

    @Test
    void itIsWhatItsMetadataSay() {
        Checkpoint checkpoint = DefaultModel.load();
        Network expected =
                MobileNetV2.builder().widthMultiplier(0.35).resolution(64).classes(10).build();
        assertEquals(expected, checkpoint.network());
        assertEquals(408_938, checkpoint.network().parameters());
        assertEquals(
                List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
                checkpoint.labels());
        assertEquals(
                Preprocessing.TF.withResizeRatio(1).toString(), checkpoint.preprocessing().toString());
        assertEquals(1e-5, checkpoint.source().epsilon());
        assertTrue(checkpoint.source().notes().contains("top1: 0.7751"), checkpoint.source().notes().toString());
    }

    @Test
    void itWorks() {
        float[] input = new float[64 * 64 * 3];
        double[] logits = new DoubleReference(DefaultModel.load()).logits(input, 0);
        assertEquals(10, logits.length);
        for (double logit : logits) {
            assertTrue(Math.abs(logit) < 100, String.valueOf(logit));
        }
    }
}
