package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.InvalidInputException;
import dev.spindle.weights.catalogue.LabelSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClassNamesTest {

    @Test
    void findsClassesByIndexLabelAndIdentifier() {
        ClassNames names = new ClassNames(List.of("n00000001 tabby, tabby cat", "n00000002 Egyptian_cat", "dog"), 3);
        assertEquals(0, names.find("here", "0"));
        assertEquals(2, names.find("here", "002"));
        assertEquals(0, names.find("here", "n00000001"));
        assertEquals(0, names.find("here", "Tabby"));
        assertEquals(0, names.find("here", "tabby_cat"));
        assertEquals(0, names.find("here", "tabby, tabby cat"));
        assertEquals(1, names.find("here", "egyptian cat"));
        assertEquals(2, names.find("here", " dog "));
        assertEquals("n00000002 Egyptian_cat", names.label(1));
    }

    @Test
    void knowsTheIdentifiersOfImageNetsLabels() {
        for (LabelSet set : LabelSet.values()) {
            ClassNames names = new ClassNames(set.labels(), set.size());
            int tabby = set.labels().indexOf("tabby, tabby cat");
            assertEquals(tabby, names.find("here", "n02123045"));
            assertEquals(tabby, names.find("here", "tabby cat"));
        }
        refused(new ClassNames(List.of(), 1000), "n02123045", "expected a class", "0 to 999");
    }

    @Test
    void refusesWhatIsNoClassOrTwo() {
        ClassNames names = new ClassNames(List.of("crane", "crane", "7", "three", "d", "e", "f", "g"), 8);
        refused(names, "crane", "0 (crane) and 1 (crane)");
        refused(names, "7", "2 (7) and 7 (g)");
        refused(names, "8", "found 8");
        refused(names, "-1", "found -1");
        refused(names, "", "expected a class");
        assertEquals(3, names.find("here", "three"));
    }

    private static void refused(ClassNames names, String name, String... words) {
        InvalidInputException e = assertThrows(InvalidInputException.class, () -> names.find("here", name));
        assertTrue(e.getMessage().startsWith("here: expected "), e.getMessage());
        for (String word : words) {
            assertTrue(e.getMessage().contains(word), e.getMessage());
        }
    }
}
