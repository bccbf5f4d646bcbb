package dev.spindle.cli;

import dev.spindle.InvalidInputException;
import dev.spindle.weights.catalogue.LabelSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What people call a network's classes: the output's index; the label, or one of its names where it lists several between
 * commas; the WordNet identifier, which a label may start with, and which is known of ImageNet's labels. Case does not
 * matter, and {@code _} stands for a space. What could be two classes is refused.
 */
final class ClassNames {

    /** A WordNet identifier that is no part of a longer word. */
    static final Pattern WORDNET_ID = Pattern.compile("(?<![A-Za-z0-9])n\\d{8}(?![A-Za-z0-9])");

    private final List<String> labels;
    private final int classes;
    private final Map<String, SortedSet<Integer>> known = new HashMap<>();

    /**
     * The names of a network's classes.
     *
     * @param labels one a class, or none
     * @param classes how many there are
     */
    ClassNames(List<String> labels, int classes) {
        this.labels = labels;
        this.classes = classes;
        for (int index = 0; index < classes; index++) {
            add(Integer.toString(index), index);
        }
        for (int index = 0; index < labels.size(); index++) {
            addLabel(labels.get(index), index);
        }
        for (LabelSet set : LabelSet.values()) {
            if (set.labels().equals(labels)) {
                List<String> ids = set.wordNetIds();
                for (int index = 0; index < ids.size(); index++) {
                    add(ids.get(index), index);
                }
            }
        }
    }

    private void addLabel(String label, int index) {
        String text = label;
        Matcher id = WORDNET_ID.matcher(label);
        if (id.lookingAt()) {
            add(id.group(), index);
            text = label.substring(id.end());
        }
        add(text, index);
        for (String name : text.split(",")) {
            add(name, index);
        }
    }

    private void add(String name, int index) {
        String key = key(name);
        if (!key.isEmpty()) {
            known.computeIfAbsent(key, unseen -> new TreeSet<>()).add(index);
        }
    }

    private static String key(String name) {
        String words = name.replace('_', ' ').strip().toLowerCase(Locale.ROOT);
        return words.matches("0+\\d+") ? words.replaceFirst("^0+(?=\\d)", "") : words;
    }

    /** The label of a class, or its index where it has none. */
    String label(int index) {
        return labels.isEmpty() ? Integer.toString(index) : labels.get(index);
    }

    /**
     * Finds a class.
     *
     * @param place where the name stands, for messages
     * @param name what somebody calls the class
     * @return its index
     * @throws InvalidInputException where no class is called so, or more than one
     */
    int find(String place, String name) {
        SortedSet<Integer> found = known.getOrDefault(key(name), new TreeSet<>());
        if (found.size() == 1) {
            return found.first();
        }
        if (found.isEmpty()) {
            throw new InvalidInputException(place + ": expected a class (an index of 0 to " + (classes - 1)
                    + ", a label, or a WordNet identifier where the labels have them), found " + name);
        }
        throw new InvalidInputException(place + ": expected a name of one class, found " + name + ", which is "
                + found.stream().map(index -> index + " (" + label(index) + ")").collect(Collectors.joining(" and ")));
    }
}
