package dev.spindle.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.network.MapNames.NamedMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MapNamesTest {

    private final Network network = MobileNetV2.builder().build();
    private final MapNames names = MapNames.of(network);

    /** Shapes as Keras's and torchvision's summaries of the network at 224x224 have them. */
    @ParameterizedTest
    @CsvSource({
        "block14.expand,          block14.expand,   14, 576",
        "block_13_expand,         block14.expand,   14, 576",
        "block_13_expand_relu,    block14.expand,   14, 576",
        "features.14.conv.0,      block14.expand,   14, 576",
        "stride16,                block14.expand,   14, 576",
        "block_13_depthwise_relu, block14.depthwise, 7, 576",
        "features.14.conv.1,      block14.depthwise, 7, 576",
        "block_13_project,        block14.project,   7, 160",
        "block_13_project_BN,     block14.project,   7, 160",
        "features.14,             block14.project,   7, 160",
        "block14,                 block14.project,   7, 160",
        "block_14_add,            block15.project,   7, 160",
        "block_16_project,        block17.project,   7, 320",
        "features.17,             block17.project,   7, 320",
        "Conv1_relu,              stem,            112, 32",
        "features.0,              stem,            112, 32",
        "expanded_conv_depthwise, block1.depthwise, 112, 32",
        "features.1.conv.0,       block1.depthwise, 112, 32",
        "expanded_conv_project,   block1.project,  112, 16",
        "stride2,                 block2.expand,   112, 96",
        "stride4,                 block4.expand,    56, 144",
        "stride8,                 block7.expand,    28, 192",
        "stride32,                head,              7, 1280",
        "Conv_1,                  head,              7, 1280",
        "out_relu,                head,              7, 1280",
        "features.18,             head,              7, 1280",
        "pool,                    pool,              1, 1280",
        "classifier,              classifier,        1, 1000"
    })
    void namesAreUnderstood(String name, String layer, int side, int channels) {
        assertEquals(layer, names.layer(name));
        NamedMap map = names.all().stream().filter(found -> found.name().equals(layer)).findFirst().orElseThrow();
        assertEquals(List.of(side, side, channels), List.of(map.height(), map.width(), map.channels()));
    }

    @Test
    void noNameStandsForTwoMaps() {
        Set<String> all = new HashSet<>();
        for (NamedMap map : names.all()) {
            assertTrue(all.add(map.name()), map.name());
            map.others().forEach(other -> assertTrue(all.add(other), other));
        }
        assertEquals(network.convolutions().size() + 2, names.all().size());
        all.forEach(name -> assertTrue(all.contains(names.layer(name)), name));
    }

    @Test
    void whatIsNotKeptHasNoName() {
        // What stands before the sum, and before normalisation.
        for (String name : List.of("block_2_project", "block_2_project_BN", "block_13_expand_BN", "features.3.conv.2")) {
            assertThrows(IllegalArgumentException.class, () -> names.layer(name));
        }
    }

    @Test
    void theNearestNamesAreNamed() {
        String message = assertThrows(IllegalArgumentException.class, () -> names.layer("block_2_project")).getMessage();
        assertTrue(message.contains("block_1_project"), message);
        assertTrue(
                assertThrows(IllegalArgumentException.class, () -> names.layer("strid16")).getMessage()
                        .endsWith("such as stride16, stride2, stride4"));
    }

    @Test
    void theFirstFamilyHasItsOwnNamesAlone() {
        Network first = MobileNetV1.builder().resolution(64).build();
        MapNames own = MapNames.of(first);
        assertEquals("block13.project", own.layer("stride32"));
        assertEquals("block5.project", own.layer("stride8"));
        assertEquals("block11.project", own.layer("block11"));
        assertThrows(IllegalArgumentException.class, () -> own.layer("features.3"));
        assertThrows(IllegalArgumentException.class, () -> own.layer("block_1_project"));
    }
}
