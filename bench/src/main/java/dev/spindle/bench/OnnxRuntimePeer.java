package dev.spindle.bench;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.spindle.network.Network;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;

/**
 * ONNX Runtime through its Java API, at its best: every optimisation on, input and output in tensors that are made once
 * and stand off the heap, so that a call copies nothing.
 */
final class OnnxRuntimePeer implements Peer {

    /** The name among peers. */
    static final String NAME = "onnxruntime";

    private final Network network;
    private final int batch;
    private final OrtSession session;
    private final FloatBuffer input;
    private final FloatBuffer logits;
    private final OnnxTensor inputTensor;
    private final OnnxTensor logitsTensor;
    private final Map<String, OnnxTensor> inputs;
    private final Map<String, OnnxTensor> outputs;

    OnnxRuntimePeer(Workload workload) {
        network = workload.network();
        batch = workload.batch();
        input = direct(batch * 3 * network.height() * network.width());
        logits = direct(batch * network.classes());
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = options(workload.threads())) {
            session = environment.createSession(
                    OnnxExport.write(network, workload.checkpoint().weights(), batch), options);
            inputTensor = OnnxTensor.createTensor(
                    environment, input, new long[] {batch, 3, network.height(), network.width()});
            logitsTensor = OnnxTensor.createTensor(environment, logits, new long[] {batch, network.classes()});
        } catch (OrtException e) {
            throw failed("refuses the model", e);
        }
        inputs = Map.of(OnnxExport.INPUT, inputTensor);
        outputs = Map.of(OnnxExport.LOGITS, logitsTensor);
    }

    /** Every optimisation on; to be closed. */
    static OrtSession.SessionOptions options(int threads) throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
        options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
        options.setIntraOpNumThreads(threads);
        options.setInterOpNumThreads(1);
        return options;
    }

    private static FloatBuffer direct(int floats) {
        return ByteBuffer.allocateDirect(Math.multiplyExact(floats, Float.BYTES))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    private static IllegalStateException failed(String what, OrtException cause) {
        return new IllegalStateException(NAME + " " + what + ": " + cause.getMessage(), cause);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean compiledByJvm() {
        return false;
    }

    @Override
    public void load(float[] images) {
        int pixels = network.height() * network.width();
        for (int image = 0; image < batch; image++) {
            for (int pixel = 0; pixel < pixels; pixel++) {
                for (int colour = 0; colour < 3; colour++) {
                    input.put(
                            (image * 3 + colour) * pixels + pixel, images[(image * pixels + pixel) * 3 + colour]);
                }
            }
        }
    }

    @Override
    public void run() {
        try {
            session.run(inputs, outputs).close();
        } catch (OrtException e) {
            throw failed("fails", e);
        }
    }

    @Override
    public float[] logits() {
        float[] copy = new float[logits.capacity()];
        logits.get(0, copy);
        return copy;
    }

    @Override
    public void close() {
        inputTensor.close();
        logitsTensor.close();
        try {
            session.close();
        } catch (OrtException e) {
            throw failed("cannot be closed", e);
        }
    }
}
