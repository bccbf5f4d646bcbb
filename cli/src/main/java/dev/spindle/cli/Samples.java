package dev.spindle.cli;

import dev.spindle.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds pictures and the classes that they truly are. */
final class Samples {

    private static final Set<String> EXTENSIONS = Set.of("jpg", "jpeg", "png", "bmp", "gif", "webp");
    private static final Pattern INDEX_FIRST = Pattern.compile("(\\d+)[_-].*");
    private static final int DEEPEST = 16;

    private Samples() {}

    /** A picture of a class. */
    record Sample(Path file, int truth) {}

    /**
     * Finds the pictures of a folder: in sub-folders, each named by its class; or, where there are none with pictures, in the
     * folder itself, with a WordNet identifier in the name ({@code val_00000293_n01440764.JPEG}) or an index in front
     * ({@code 285_cat.png}).
     *
     * @param folder where they are
     * @param names the classes
     * @return at least one, by folder and name
     */
    static List<Sample> in(Path folder, ClassNames names) {
        Found found = find(folder);
        List<Sample> samples = new ArrayList<>();
        found.byFolder.forEach((child, pictures) -> {
            int truth = names.find(child.toString(), child.getFileName().toString());
            pictures.forEach(picture -> samples.add(new Sample(picture, truth)));
        });
        for (Path picture : found.beside) {
            samples.add(new Sample(picture, named(picture, names)));
        }
        if (samples.isEmpty()) {
            throw new InvalidInputException(folder + ": expected pictures, by folders named by class, found none");
        }
        return samples;
    }

    /**
     * Finds the pictures of a folder's sub-folders, each of which is a class of its own.
     *
     * @return the folders' names and their pictures, both in order; at least two
     */
    static Map<String, List<Path>> byFolder(Path folder) {
        Found found = find(folder);
        if (found.byFolder.size() < 2) {
            throw new InvalidInputException(folder
                    + ": expected pictures in a sub-folder for each of at least two classes, found "
                    + (found.beside.isEmpty() ? Text.count(found.byFolder.size(), "such folder") : "them beside each other"));
        }
        Map<String, List<Path>> byName = new LinkedHashMap<>();
        found.byFolder.forEach((child, pictures) -> byName.put(child.getFileName().toString(), pictures));
        return byName;
    }

    /** The pictures of a folder: those of its sub-folders, or those in itself. */
    private record Found(Map<Path, List<Path>> byFolder, List<Path> beside) {}

    private static Found find(Path folder) {
        Map<Path, List<Path>> byFolder = new LinkedHashMap<>();
        List<Path> beside = new ArrayList<>();
        for (Path child : children(folder)) {
            if (Files.isDirectory(child)) {
                List<Path> pictures = pictures(child);
                if (!pictures.isEmpty()) {
                    byFolder.put(child, pictures);
                }
            } else if (isPicture(child)) {
                beside.add(child);
            }
        }
        if (!byFolder.isEmpty() && !beside.isEmpty()) {
            throw new InvalidInputException(
                    folder + ": expected pictures in sub-folders or beside each other, found both, " + beside.getFirst()
                            + " and " + byFolder.values().iterator().next().getFirst());
        }
        return new Found(byFolder, beside);
    }

    /**
     * Finds the pictures of a folder and its sub-folders, whatever they show.
     *
     * @return at least one, by path
     */
    static List<Path> unlabelled(Path folder) {
        children(folder);
        List<Path> found = pictures(folder);
        if (found.isEmpty()) {
            throw new InvalidInputException(folder + ": expected pictures, found none");
        }
        return found;
    }

    /**
     * Reads which picture is of which class: a line each, the file (from the folder, if not absolute) and the class, with a tab,
     * else a comma, else white space between them. The comma is the first, the white space the last.
     *
     * @param list UTF-8 text
     * @param folder where the pictures are
     * @param names the classes
     * @return at least one, in the order of the list
     */
    static List<Sample> listed(Path list, Path folder, ClassNames names) {
        List<Sample> samples = new ArrayList<>();
        List<String> lines = Labels.lines(list);
        children(folder);
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isEmpty()) {
                samples.add(listed(list + ": line " + (i + 1), lines.get(i), folder, names));
            }
        }
        if (samples.isEmpty()) {
            throw new InvalidInputException(list + ": expected lines of file and class, found none");
        }
        return samples;
    }

    private static Sample listed(String place, String line, Path folder, ClassNames names) {
        int tab = line.indexOf('\t');
        int split = tab >= 0 ? tab : line.indexOf(',');
        if (split < 0) {
            split = line.lastIndexOf(' ');
        }
        if (split < 1) {
            throw new InvalidInputException(place + ": expected a file and a class, found " + line);
        }
        try {
            return new Sample(
                    folder.resolve(line.substring(0, split).strip()), names.find(place, line.substring(split + 1)));
        } catch (InvalidPathException e) {
            throw new InvalidInputException(place + ": expected a file, found " + e.getInput(), e);
        }
    }

    private static int named(Path picture, ClassNames names) {
        String name = picture.getFileName().toString();
        List<String> ids = ClassNames.WORDNET_ID
                .matcher(name.replace('_', ' '))
                .results()
                .map(id -> id.group())
                .distinct()
                .toList();
        Matcher index = INDEX_FIRST.matcher(name);
        boolean indexed = index.matches();
        if (ids.size() == 1) {
            return names.find(picture.toString(), ids.getFirst());
        }
        if (ids.isEmpty() && indexed) {
            return names.find(picture.toString(), index.group(1));
        }
        throw new InvalidInputException(
                picture + ": expected one WordNet identifier in the name, or an index and _ before it, found "
                        + (ids.isEmpty() ? "neither" : String.join(" and ", ids)));
    }

    private static List<Path> children(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new InvalidInputException(
                    folder + ": expected a folder, found " + (Files.exists(folder) ? "a file" : "no such folder"));
        }
        try (Stream<Path> children = Files.list(folder)) {
            return children.filter(child -> !isHidden(child)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be read", e);
        }
    }

    private static List<Path> pictures(Path folder) {
        try (Stream<Path> files = Files.walk(folder, DEEPEST, FileVisitOption.FOLLOW_LINKS)) {
            return files.filter(file -> isPicture(file) && Files.isRegularFile(file)).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be read", e);
        } catch (UncheckedIOException e) {
            throw new UncheckedIOException(folder + ": cannot be read", e.getCause());
        }
    }

    private static boolean isPicture(Path file) {
        String name = file.getFileName().toString();
        return !isHidden(file) && EXTENSIONS.contains(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
    }

    private static boolean isHidden(Path file) {
        return file.getFileName().toString().startsWith(".");
    }
}
