package dev.spindle.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A result as one HTML file that needs nothing else: {@code report.html} from the resources, with its style, its script,
 * Apache ECharts and the data put in the places that it marks.
 */
final class ReportPage {

    private static final Pattern PLACE = Pattern.compile("@\\{(\\w+)}");

    private static final String ECHARTS_VERSION = "/META-INF/maven/org.webjars/echarts/pom.properties";

    private static final String ECHARTS = "/META-INF/resources/webjars/echarts/%s/echarts.common.min.js";

    private ReportPage() {}

    /** The data of the page. */
    private record Data(SuiteResult result, SuiteResult baseline, List<Change> changes) {}

    /**
     * Writes the page.
     *
     * @param file where to
     * @param result what it shows
     * @param baseline what that is compared with, if anything
     */
    static void write(Path file, SuiteResult result, Optional<SuiteResult> baseline) {
        Data data = new Data(
                result, baseline.orElse(null), baseline.map(before -> Change.between(before, result)).orElse(List.of()));
        try {
            Files.writeString(file, fill(resource("report.html"), Map.of(
                    "style", resource("report.css"),
                    "charts", echarts(),
                    "script", resource("report.js"),
                    "data", json(data))));
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written: " + e.getMessage(), e);
        }
    }

    private static String fill(String template, Map<String, String> parts) {
        return PLACE.matcher(template).replaceAll(place -> Matcher.quoteReplacement(parts.get(place.group(1))));
    }

    /** Nothing in a string may end the script element that holds it. */
    private static String json(Data data) throws IOException {
        return ResultFile.JSON.writeValueAsString(data).replace("<", "\\u003c");
    }

    private static String echarts() throws IOException {
        Properties properties = new Properties();
        try (InputStream in = ReportPage.class.getResourceAsStream(ECHARTS_VERSION)) {
            properties.load(in);
        }
        return resource(ECHARTS.formatted(properties.getProperty("version")));
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = ReportPage.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
