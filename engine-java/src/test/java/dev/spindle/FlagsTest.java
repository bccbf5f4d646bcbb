package dev.spindle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.embedding.BackendsProbe;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is said to those who forget a flag of the JVM. */
class FlagsTest {

    private static final String FLAG = "--add-modules jdk.incubator.vector";

    @Test
    void withoutTheVectorApiOneLineNamesTheFlag() throws InterruptedException {
        ForkedJvm jvm =
                ForkedJvm.run(List.of("-cp", ForkedJvm.classPath(), BackendsProbe.class.getName()));
        assertTrue(jvm.output().contains("auto scalar"), jvm.output());
        List<String> logged = jvm.output().lines().filter(line -> line.contains("backend scalar is used")).toList();
        assertEquals(1, logged.size(), jvm.output());
        assertTrue(
                logged.getFirst().contains("without vector-512, vector-256, vector-128: "
                        + "the JVM runs without the Vector API: add " + FLAG),
                logged.getFirst());
    }
}
