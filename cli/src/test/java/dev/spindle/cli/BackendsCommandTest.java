package dev.spindle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import java.util.List;
import org.junit.jupiter.api.Test;

class BackendsCommandTest {

    @Test
    void listsEveryBackendWithItsReasonAndTheChoice() {
        JsonNode result = Cli.json("backends");
        List<KernelCandidate> all = Kernels.all();
        assertEquals(all.size(), result.get("backends").size());
        for (int i = 0; i < all.size(); i++) {
            JsonNode backend = result.get("backends").get(i);
            assertEquals(all.get(i).name(), backend.get("name").textValue());
            assertEquals(all.get(i).supported(), backend.get("supported").booleanValue());
            assertEquals(all.get(i).reason(), backend.get("description").textValue());
            assertEquals(
                    Backends.withIntegers().contains(all.get(i).name()), backend.get("int8").booleanValue(), backend.toString());
        }
        assertEquals(Kernels.best().name(), result.get("chosen").textValue());
        assertTrue(result.get("why").textValue().length() > 10, result.toString());
    }

    @Test
    void marksTheChoiceForPeople() {
        List<String> lines = Cli.run("backends").succeeded().out().lines().toList();
        assertEquals(Kernels.all().size() + 1, lines.size());
        String chosen = Kernels.best().name();
        assertTrue(lines.stream().anyMatch(line -> line.matches("\\* " + chosen + " +yes .*")), lines.toString());
        assertTrue(lines.getLast().startsWith(chosen + " is chosen: "), lines.toString());
        KernelCandidate unsupported = Backends.unsupported();
        assertTrue(
                lines.stream().anyMatch(line -> line.matches("  " + unsupported.name() + " +no .*")
                        && line.endsWith(unsupported.reason())),
                lines.toString());
    }
}
