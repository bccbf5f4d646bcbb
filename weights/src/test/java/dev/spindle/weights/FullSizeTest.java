package dev.spindle.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.spindle.Checkpoint;
import dev.spindle.network.MobileNetV2;
import dev.spindle.network.Network;
import dev.spindle.network.Padding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * MobileNetV2 1.0 in fp32, written in every format and read again. With {@code -Dspindle.full.size.models=DIR} the files
 * stay in a folder, so that {@code bench load} measures them.
 */
class FullSizeTest {

    private static final String FOLDER = System.getProperty("spindle.full.size.models", "");
    private static final Checkpoint PAPER =
            SmallNetwork.normalised(MobileNetV2.builder().padding(Padding.SAME).build());

    @TempDir
    private Path folder;

    @BeforeEach
    void keep() throws IOException {
        folder = FOLDER.isEmpty() ? folder : Files.createDirectories(Path.of(FOLDER));
    }

    private void assertReadAgain(String name, byte[] content) throws IOException {
        Checkpoint found = new PublishedFormats().read(Files.write(folder.resolve(name), content));
        assertEquals(PAPER.network(), found.network());
        SmallNetwork.assertSameWeights(PAPER, found);
    }

    @Test
    void safetensors() {
        Path file = folder.resolve("paper.safetensors");
        SafetensorsWriter.write(file, PAPER);
        SmallNetwork.assertSameWeights(PAPER, new PublishedFormats().read(file));
    }

    @Test
    void keras() throws IOException {
        KerasFile file = KerasFile.of(PAPER);
        assertReadAgain("paper.h5", file.whole());
        assertReadAgain("paper.weights.h5", file.weights("layers"));
        assertReadAgain("paper.keras", ZipFiles.stored(file.entries()));
    }

    @Test
    void graphs() throws IOException {
        byte[] onnx = OnnxFile.of(PAPER).model.build().toByteArray();
        assertReadAgain("paper.onnx", onnx);
        assertReadAgain("paper.pb", FrozenFile.of(PAPER).graph.build().toByteArray());
        assertReadAgain("paper.zip", ZipFiles.deflated(Map.of("paper.onnx", onnx)));
        assertReadAgain("paper.tar.gz", ArchiveTest.gzip(ArchiveTest.tar(Map.of("paper.onnx", onnx))));
        assertReadAgain("paper.tar.zst", ArchiveTest.zstandard(ArchiveTest.tar(Map.of("paper.onnx", onnx))));
    }

    @Test
    void arraysOfPyTorch() throws IOException {
        Map<String, Safetensors.Tensor> tensors =
                TorchTensors.of(TorchTensors.Naming.TORCHVISION, TorchTensors.Shape.full());
        Map<String, byte[]> entries = NpzFile.entries(tensors);
        TorchFile legacy = new TorchFile();
        Map<String, byte[]> files = Map.of(
                "paper.pth", TorchFile.of(tensors),
                "paper-legacy.pth", legacy.legacy(legacy.state(Pickle.protocol2(), tensors).stop()),
                "paper.npz", ZipFiles.stored(entries),
                "paper-compressed.npz", ZipFiles.deflated(entries));
        Checkpoint expected = TorchTensors.read(Path.of("expected"), tensors);
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Checkpoint found = new PublishedFormats().read(Files.write(folder.resolve(file.getKey()), file.getValue()));
            assertEquals(expected.network(), found.network());
            SmallNetwork.assertSameWeights(expected, found);
        }
    }

    @Test
    void caffe() throws IOException {
        Network network = MobileNetV2.caffe().build();
        Path weights = CaffeFile.of(network, 1).write(folder, "paper.caffemodel", "paper.prototxt");
        assertEquals(network, new PublishedFormats().read(weights).network());
    }
}
