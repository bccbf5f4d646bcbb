package dev.spindle.retarget;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * Minimises a smooth convex function (Nocedal and Wright, Numerical Optimization, algorithm 7.5): quasi-Newton steps from the
 * last few changes of the gradient, halved until the function falls far enough (Armijo's condition).
 */
final class Lbfgs {

    private static final int MEMORY = 10;
    private static final double SUFFICIENT = 1e-4;
    private static final int MOST_HALVINGS = 40;

    private final Deque<Change> changes = new ArrayDeque<>();

    /** A function with its gradient. */
    interface Function {

        /**
         * Evaluates at a point.
         *
         * @param x the point
         * @param gradient receives the gradient
         * @return the value
         */
        double at(double[] x, double[] gradient);
    }

    /** A step, what it did to the gradient, and the inverse of the product of both. */
    private record Change(double[] step, double[] gradient, double inverse) {}

    private Lbfgs() {}

    /**
     * Finds a minimum.
     *
     * @param function convex
     * @param start where to begin; not changed
     * @param tolerance of the largest component of the gradient
     * @param most iterations, after which the best point so far has to do
     * @return the point
     */
    static double[] minimise(Function function, double[] start, double tolerance, int most) {
        return new Lbfgs().run(function, start, tolerance, most);
    }

    private double[] run(Function function, double[] start, double tolerance, int most) {
        double[] x = start.clone();
        double[] gradient = new double[x.length];
        double value = function.at(x, gradient);
        for (int i = 0; i < most && largest(gradient) > tolerance; i++) {
            double[] direction = direction(gradient);
            double slope = dot(direction, gradient);
            double[] next = new double[x.length];
            double[] nextGradient = new double[x.length];
            double step = 1;
            double nextValue = evaluate(function, x, direction, step, next, nextGradient);
            for (int halving = 0; !(nextValue < value && nextValue <= value + SUFFICIENT * step * slope); halving++) {
                if (halving == MOST_HALVINGS) {
                    // Values differ by rounding alone.
                    return x;
                }
                step /= 2;
                nextValue = evaluate(function, x, direction, step, next, nextGradient);
            }
            remember(difference(next, x), difference(nextGradient, gradient));
            x = next;
            gradient = nextGradient;
            value = nextValue;
        }
        return x;
    }

    private static double evaluate(
            Function function, double[] x, double[] direction, double step, double[] next, double[] gradient) {
        for (int i = 0; i < x.length; i++) {
            next[i] = x[i] + step * direction[i];
        }
        return function.at(next, gradient);
    }

    private void remember(double[] step, double[] gradient) {
        double product = dot(step, gradient);
        if (product > 0) {
            if (changes.size() == MEMORY) {
                changes.removeFirst();
            }
            changes.addLast(new Change(step, gradient, 1 / product));
        }
    }

    /** Downhill, by the inverse Hessian that the changes show (algorithm 7.4). */
    private double[] direction(double[] gradient) {
        double[] direction = gradient.clone();
        double[] shares = new double[changes.size()];
        int i = changes.size();
        for (Iterator<Change> newest = changes.descendingIterator(); newest.hasNext(); ) {
            Change change = newest.next();
            shares[--i] = change.inverse * dot(change.step, direction);
            add(direction, -shares[i], change.gradient);
        }
        double scale = -1;
        if (!changes.isEmpty()) {
            Change last = changes.getLast();
            scale = -1 / (last.inverse * dot(last.gradient, last.gradient));
        }
        for (int k = 0; k < direction.length; k++) {
            direction[k] *= scale;
        }
        for (Change change : changes) {
            double share = change.inverse * dot(change.gradient, direction);
            add(direction, -shares[i++] - share, change.step);
        }
        return direction;
    }

    private static void add(double[] target, double factor, double[] values) {
        for (int i = 0; i < target.length; i++) {
            target[i] += factor * values[i];
        }
    }

    private static double[] difference(double[] a, double[] b) {
        double[] difference = a.clone();
        add(difference, -1, b);
        return difference;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private static double largest(double[] values) {
        double largest = 0;
        for (double value : values) {
            largest = Math.max(largest, Math.abs(value));
        }
        return largest;
    }
}
