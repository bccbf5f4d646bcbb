package dev.spindle.retarget;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LbfgsTest {

    private int evaluations;

    /** A bowl that is a thousand times as steep in one direction as in another, around (0, 1, 2, ...). */
    private double bowl(double[] x, double[] gradient) {
        evaluations++;
        double value = 0;
        for (int i = 0; i < x.length; i++) {
            double steepness = Math.pow(1000, i / (x.length - 1.0));
            gradient[i] = steepness * (x[i] - i);
            value += steepness / 2 * (x[i] - i) * (x[i] - i);
        }
        return value;
    }

    @Test
    void findsTheBottomOfANarrowBowl() {
        double[] start = new Random(3).doubles(20, -50, 50).toArray();
        double[] before = start.clone();
        double[] bottom = Lbfgs.minimise(this::bowl, start, 1e-9, 1000);
        double[] expected = new double[20];
        for (int i = 0; i < 20; i++) {
            expected[i] = i;
        }
        assertArrayEquals(expected, bottom, 1e-8);
        assertArrayEquals(before, start);
        // Steepest descent needs some ten thousands.
        assertTrue(evaluations < 1000, evaluations + " evaluations");
    }

    /** Its quadratic model is wrong far from the bottom: the first steps are too long, and are halved. */
    @Test
    void findsTheBottomOfAFunctionThatIsNotQuadratic() {
        double[] bottom = Lbfgs.minimise(
                (x, gradient) -> {
                    double both = x[0] - 3 + x[1];
                    gradient[0] = 40 * Math.pow(x[0] - 3, 3) + both;
                    gradient[1] = Math.exp(x[1]) - 1 + both;
                    return 10 * Math.pow(x[0] - 3, 4) + Math.exp(x[1]) - x[1] + both * both / 2;
                },
                new double[] {9, -7}, 1e-10, 1000);
        assertArrayEquals(new double[] {3, 0}, bottom, 1e-6);
    }

    @Test
    void stopsAtTheBottomAndWhereNothingFalls() {
        double[] there = {0, 1, 2};
        assertArrayEquals(there, Lbfgs.minimise(this::bowl, there, 1e-9, 1000));
        assertTrue(evaluations == 1, evaluations + " evaluations");
        double[] stuck = Lbfgs.minimise(
                (x, gradient) -> {
                    gradient[0] = 1;
                    return 7;
                },
                new double[] {5}, 1e-9, 1000);
        assertArrayEquals(new double[] {5}, stuck);
    }
}
