package dev.spindle.cli;

import dev.spindle.Model;

/**
 * What ran: how the JSON of commands that run a network begins.
 *
 * @param model what reports call the model
 * @param architecture of the network
 * @param backend what it ran on
 * @param precision what it computed in
 * @param threads how many it had
 */
record Ran(String model, String architecture, String backend, String precision, int threads) {

    static Ran of(ModelOptions options, Model model) {
        return new Ran(
                options.name(), model.network().architecture(), model.backend(), model.precision().label(), options.threads());
    }

    /** The same for people. */
    String text() {
        return Text.format("%s, on %s, %s%n", architecture, backend, Text.count(threads, "thread"));
    }
}
