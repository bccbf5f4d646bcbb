package dev.spindle.cli;

/** What a command found out: a record whose components, in snake case, are the JSON. */
interface Report {

    /** The same for people: whole lines, each with its end. */
    String text();
}
