package dev.spindle.weights;

import dev.spindle.InvalidInputException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A TensorFlow Lite graph as a chain of operators from its input to its output. Each reads what the one before it made;
 * only a sum may read another tensor of the chain, too. Operators that only change number formats are left out.
 */
final class TfliteChain {

    /**
     * One operator of the chain.
     *
     * @param operator not one that only changes the number format
     * @param input the tensor that the link before it made, number formats aside
     */
    record Link(TfliteOperator operator, int input) {}

    private final TfliteModel model;
    /** What a tensor is a copy of in another number format. */
    private final Map<Integer, Integer> copies = new HashMap<>();
    private final Map<Integer, List<TfliteOperator>> readers = new HashMap<>();
    private final List<Link> links = new ArrayList<>();

    private TfliteChain(TfliteModel model) {
        this.model = model;
    }

    /**
     * Orders a graph's operators.
     *
     * @param model a graph
     * @throws InvalidInputException where the graph branches other than around sums, runs in a circle, or has operators
     *     beside the chain
     */
    static TfliteChain of(TfliteModel model) {
        TfliteChain chain = new TfliteChain(model);
        chain.index();
        chain.follow();
        return chain;
    }

    /** The operators in execution order. */
    List<Link> links() {
        return links;
    }

    /** The tensor that a tensor is a copy of, number format aside; itself if it is none. */
    int original(int tensor) {
        int found = tensor;
        for (int i = 0; i <= copies.size(); i++) {
            Integer source = copies.get(found);
            if (source == null) {
                return found;
            }
            found = source;
        }
        throw model.tensors().get(tensor).wrong("an acyclic graph", "a tensor made from itself");
    }

    private void index() {
        for (TfliteOperator operator : model.operators()) {
            if (isCopy(operator)) {
                copies.put(operator.output(), operator.input(0));
            }
        }
        for (TfliteOperator operator : model.operators()) {
            if (!isCopy(operator)) {
                for (int input : operator.inputs()) {
                    if (input != TfliteOperator.ABSENT) {
                        readers.computeIfAbsent(original(input), key -> new ArrayList<>()).add(operator);
                    }
                }
            }
        }
    }

    private static boolean isCopy(TfliteOperator operator) {
        return operator.code() == TfliteOperator.QUANTIZE || operator.code() == TfliteOperator.DEQUANTIZE;
    }

    private void follow() {
        boolean[] visited = new boolean[model.operators().size()];
        int tensor = original(model.input());
        int end = original(model.output());
        while (tensor != end) {
            TfliteOperator operator = next(tensor);
            if (visited[operator.position()]) {
                throw operator.wrong("an acyclic graph", "the operator behind itself");
            }
            visited[operator.position()] = true;
            links.add(new Link(operator, tensor));
            tensor = original(operator.output());
        }
        for (TfliteOperator operator : model.operators()) {
            if (!visited[operator.position()] && !isCopy(operator)) {
                throw operator.wrong("one way from input to output", "an operator beside it");
            }
        }
    }

    /** The operator behind a tensor: what starts the next block, or else the sum that ends this one. */
    private TfliteOperator next(int tensor) {
        List<TfliteOperator> layers = new ArrayList<>();
        List<TfliteOperator> sums = new ArrayList<>();
        for (TfliteOperator reader : readers.getOrDefault(tensor, List.of())) {
            (reader.code() == TfliteOperator.ADD ? sums : layers).add(reader);
        }
        List<TfliteOperator> candidates = layers.isEmpty() ? sums : layers;
        if (candidates.size() != 1) {
            throw model.tensors().get(tensor).wrong(
                    "one layer that reads it",
                    candidates.isEmpty() ? "none" : candidates.get(0).place() + " and " + candidates.get(1).place());
        }
        TfliteOperator found = candidates.getFirst();
        if (found.code() != TfliteOperator.ADD && original(found.input(0)) != tensor) {
            throw found.wrong("its data from " + model.tensors().get(tensor).place(), "its parameters from there");
        }
        return found;
    }
}
