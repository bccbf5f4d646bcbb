package dev.spindle.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Warmup;
import dev.spindle.weights.DefaultModel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LanesTest {

    private static final Request REQUEST = new Request("content", 2, true, false);

    /** Five pictures, the second and the fourth corrupt, and a null. */
    private static List<byte[]> images() {
        List<byte[]> images = new ArrayList<>(List.of(
                TestImages.picture(1),
                TestImages.corrupt(1),
                TestImages.picture(2),
                TestImages.corrupt(2),
                TestImages.picture(3)));
        images.add(null);
        return images;
    }

    @Test
    void severalCpusGiveWhatOneGives() {
        Counters counters = new Counters(TestSpark.session().sparkContext());
        try (Model model = Model.of(DefaultModel.load(), Options.DEFAULT.withWarmup(Warmup.NONE));
                Lanes one = new Lanes(model, 1);
                Lanes four = new Lanes(model, 4)) {
            List<Prediction> expected = one.run(images(), REQUEST, counters);
            for (int round = 0; round < 3; round++) {
                List<Prediction> found = four.run(images(), REQUEST, counters);
                for (int i = 0; i < expected.size(); i++) {
                    assertEquals(expected.get(i).classes(), found.get(i).classes());
                    assertArrayEquals(expected.get(i).features(), found.get(i).features());
                    assertEquals(expected.get(i).error(), found.get(i).error());
                }
            }
            assertEquals(4 * 6, counters.sums().images());
            assertEquals(4 * 3, counters.sums().failures());
        }
    }

    @Test
    void aBugIsNotTakenForABadImage() {
        Counters counters = new Counters(TestSpark.session().sparkContext());
        try (Model model = Model.of(DefaultModel.load(), Options.DEFAULT)) {
            for (int cpus = 1; cpus <= 2; cpus++) {
                Lanes lanes = new Lanes(model, cpus);
                lanes.close();
                assertThrows(RuntimeException.class, () -> lanes.run(images(), REQUEST, counters));
            }
        }
    }
}
