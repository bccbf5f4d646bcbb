package dev.spindle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/** The report in a real browser: Chromium without a window. */
class ReportPageTest {

    private static final List<String> FLAGS = List.of(
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--window-size=1366,900");

    @TempDir
    private static Path folder;

    private static ChromeDriver browser;

    /** Starts the browser; skips where there is none, unless {@code spindle.required.chromium} says that there must be. */
    @BeforeAll
    static void start() {
        Optional<File> chromium = onPath("chromium", "chromium-browser", "google-chrome");
        Optional<File> driver = onPath("chromedriver");
        boolean present = chromium.isPresent() && driver.isPresent();
        if (Boolean.getBoolean("spindle.required.chromium")) {
            assertTrue(present, "required, but not on the PATH: chromium and chromedriver");
        }
        assumeTrue(present, "no chromium and chromedriver on the PATH");
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        logs.enable(LogType.PERFORMANCE, Level.ALL);
        ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium.get());
        options.addArguments(FLAGS);
        options.addArguments("--user-data-dir=" + folder.resolve("profile"));
        options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
        browser = new ChromeDriver(
                new ChromeDriverService.Builder().usingDriverExecutable(driver.get()).usingAnyFreePort().build(), options);
    }

    private static Optional<File> onPath(String... names) {
        return Stream.of(names)
                .flatMap(name -> Stream.of(System.getenv("PATH").split(File.pathSeparator))
                        .map(place -> Path.of(place, name)))
                .filter(Files::isExecutable)
                .map(Path::toFile)
                .findFirst();
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.quit();
        }
    }

    /** Shows the page; whatever a test does, the browser then has nothing to complain of. */
    @BeforeEach
    void open() {
        open(Optional.of(TestResults.make(1)));
    }

    private static void open(Optional<SuiteResult> baseline) {
        Path page = folder.resolve("report.html");
        ReportPage.write(page, TestResults.make(2), baseline);
        media("", "light");
        browser.get(page.toUri().toString());
        assertEquals(List.of(), browser.manage().logs().get(LogType.BROWSER).getAll());
    }

    private static void media(String type, String scheme) {
        browser.executeCdpCommand("Emulation.setEmulatedMedia", Map.of(
                "media", type, "features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    private static Object script(String body, Object... arguments) {
        return browser.executeScript(body, arguments);
    }

    private static List<WebElement> all(String selector) {
        return browser.findElements(By.cssSelector(selector));
    }

    private static List<String> texts(String selector) {
        return all(selector).stream().map(WebElement::getText).toList();
    }

    @Test
    void nothingIsFetched() throws IOException {
        List<String> requests = new ArrayList<>();
        for (LogEntry entry : browser.manage().logs().get(LogType.PERFORMANCE)) {
            JsonNode message = ResultFile.JSON.readTree(entry.getMessage()).path("message");
            JsonNode parameters = message.path("params");
            if (message.path("method").asText().equals("Network.requestWillBeSent")
                    && parameters.path("documentURL").asText().endsWith("/report.html")) {
                requests.add(parameters.path("request").path("url").asText().replaceFirst(":.*/", ":"));
            }
        }
        assertTrue(requests.contains("file:report.html"), requests::toString);
        assertEquals(List.of(), requests.stream().filter(url -> !url.matches("file:report.html|data:.*")).toList());
        assertEquals(List.of(), script("return performance.getEntriesByType('resource').map(entry => entry.name)"));
    }

    @Test
    void noticesAndReasonsAreTextAndNothingElse() {
        assertEquals(null, script("return window.broken ?? null"));
        assertTrue(texts("#backends td").contains(TestResults.HOSTILE), () -> texts("#backends td").toString());
        List<String> notices = texts("#notices li");
        assertEquals(2, notices.size());
        assertEquals("layers on scalar, fork 2 of 2: it fell over", notices.getFirst());
        assertTrue(notices.getLast().startsWith("Other processes used 20 % of the processors"), notices::getLast);
    }

    @Test
    void everyLayerIsAPointAndEveryLevelARoof() {
        SuiteResult result = TestResults.make(2);
        long points = result.layers().stream().filter(layer -> layer.flops() > 0).mapToLong(layer -> layer.micros().size()).sum();
        for (String runner : result.runners()) {
            points -= pointsOf(runner);
        }
        assertEquals(0, points);
        List<String> labels = texts("#roofline text");
        for (String label : List.of(
                "L1 200 GB/s", "DRAM 16.0 GB/s", "FMA peak 110 GFLOP/s, 256-bit vectors",
                "Products of bytes 220 GOP/s, native-avx2", "GFLOP/s",
                "Operational intensity, FLOP/byte")) {
            assertTrue(labels.contains(label), () -> label + " is not in " + labels);
        }
    }

    /** What the roofline draws in a backend's colour: hollow in integers. */
    private static long pointsOf(String runner) {
        return (Long) script("""
                const probe = document.createElement('i');
                const name = '--' + arguments[0].split(':')[0];
                probe.style.color = getComputedStyle(document.documentElement).getPropertyValue(name);
                document.body.append(probe);
                const colour = getComputedStyle(probe).color;
                probe.remove();
                return [...document.querySelectorAll('#roofline path')]
                    .filter(path => getComputedStyle(path)[arguments[0].includes(':') ? 'stroke' : 'fill'] === colour)
                    .length;""", runner);
    }

    @Test
    void hoveringShowsValues() {
        WebElement chart = all("#networks-chart svg").getFirst();
        script("arguments[0].scrollIntoView({block: 'center'})", chart);
        List<WebElement> dots = all("#networks-chart svg path[fill='#0068a8']");
        WebElement dot = dots.stream().max(Comparator.comparingInt(path -> path.getRect().x)).orElseThrow();
        new Actions(browser).moveToElement(dot).perform();
        List<String> tips = texts("#networks-chart .tip");
        assertEquals(1, tips.size());
        assertTrue(
                tips.getFirst().matches("(?s)1\\.0 at 224, .*vector-256: median .* ms a call.*of onnxruntime's time.*"),
                tips::getFirst);
        assertTrue(all("#layers td.bar").getFirst().getDomAttribute("title").contains("of the FMA peak"));
    }

    /** Rates of native code in integers are held against products of bytes, those of Java against multiply-adds. */
    @Test
    void integersHaveTheirOwnRoof() {
        SuiteResult.LayerResult layer = TestResults.make(2).layers().get(1);
        Map<String, Double> peaks = Map.of("native-avx2", 110.0, "native-avx2:int8", 220.0, "vector-256:int8", 110.0);
        peaks.forEach((runner, peak) -> {
            int column = 7 + TestResults.make(2).runners().indexOf(runner);
            double share = layer.flops() / layer.micros().get(runner).mean() * 1e-3 / peak;
            String cell = "#layers tbody tr:nth-child(2) td:nth-child(%d)".formatted(column);
            String shown = texts(cell + " .second").getFirst().replace(" %", "");
            assertEquals(100 * share, Double.parseDouble(shown), 0.51, runner);
            assertEquals(
                    runner.startsWith("native-avx2:"),
                    all(cell).getFirst().getDomAttribute("title").contains(" GOP/s, " + shown + " % of the peak of products"));
        });
    }

    @Test
    void firstCallsAreACurveAndATable() {
        List<String> labels = texts("#first-calls-chart text");
        assertTrue(
                labels.containsAll(List.of("vector-256, warm-up background", "Number of the call", "Milliseconds", "256")),
                labels::toString);
        assertEquals(
                List.of("vector-256, warm-up background", "150", "65.0", "7.00", "5.25"),
                texts("#first-calls tbody tr:nth-child(2) td"));
        assertEquals("–", texts("#first-calls tbody tr:nth-child(1) td").getLast());
        WebElement chart = all("#first-calls-chart svg").getFirst();
        script("arguments[0].scrollIntoView({block: 'center'})", chart);
        WebElement last = all("#first-calls-chart svg path[fill='#0068a8']").stream()
                .max(Comparator.comparingInt(path -> path.getRect().x))
                .orElseThrow();
        new Actions(browser).moveToElement(last).perform();
        assertEquals(List.of("vector-256, warm-up background\ncall 1000: 5.25 ms"), texts("#first-calls-chart .tip"));
    }

    @Test
    void filtersHideInPlotAndTable() {
        long before = pointsOf("vector-256");
        WebElement chip = chip("vector-256");
        chip.click();
        assertEquals(0, pointsOf("vector-256"));
        assertFalse(texts("#layers th button").contains("vector-256"));
        chip.click();
        assertEquals(before, pointsOf("vector-256"));
        assertTrue(texts("#layers th button").contains("vector-256"));

        chip("depthwise").click();
        assertTrue(pointsOf("vector-256") < before);
        assertTrue(all("#layers tr[data-kind=depthwise]").stream().noneMatch(WebElement::isDisplayed));
        assertTrue(all("#layers tr[data-kind=stem]").stream().allMatch(WebElement::isDisplayed));
    }

    private static WebElement chip(String name) {
        return all("#filters label").stream().filter(label -> label.getText().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void tablesSort() {
        String second = "#layers tbody tr td:nth-child(5)";
        List<Double> unsorted = numbers(second);
        WebElement head = all("#layers th:nth-child(5) button").getFirst();
        head.click();
        assertEquals("descending", all("#layers th:nth-child(5)").getFirst().getDomAttribute("aria-sort"));
        assertEquals(unsorted.stream().sorted(Comparator.reverseOrder()).toList(), numbers(second));
        head.click();
        assertEquals("ascending", all("#layers th:nth-child(5)").getFirst().getDomAttribute("aria-sort"));
        assertEquals(unsorted.stream().sorted().toList(), numbers(second));

        all("#layers th:nth-child(9) button").getFirst().click();
        List<String> scalar = texts("#layers tbody tr td:nth-child(9)");
        long rates = scalar.stream().takeWhile(text -> text.endsWith("%")).count();
        assertEquals(scalar.size() - 2, rates, "what has no rate comes last: the pool, and what was not measured");
        assertTrue(scalar.contains("–"), scalar::toString);
        assertEquals(1, all("#layers th[aria-sort]").size());
        all("#layers th:nth-child(1) button").getFirst().click();
        List<String> names = texts("#layers tbody tr td:nth-child(1)");
        assertTrue(names.indexOf("block2") < names.indexOf("block10"), () -> "sorted by their numbers: " + names);
    }

    private static List<Double> numbers(String selector) {
        return texts(selector).stream().map(Double::valueOf).toList();
    }

    @Test
    void changesAreShownWhereThereIsABaseline() {
        SuiteResult now = TestResults.make(2);
        List<Change> changes = Change.between(TestResults.make(1), now);
        assertEquals(changes.size(), all("#changes tbody tr").size());
        long slower = changes.stream().filter(change -> change.verdict() == Change.Verdict.SLOWER).count();
        assertEquals(slower, all("#changes td.slower").size());
        assertTrue(texts("#baseline").getFirst().contains(slower + " slower, "), () -> texts("#baseline").toString());
        open(Optional.empty());
        assertFalse(all("#changes-section").getFirst().isDisplayed());
    }

    @Test
    void darkAndLightAndPaperLookTheirPart() {
        String page = "return getComputedStyle(document.body).backgroundColor";
        String axis = "return getComputedStyle(document.querySelector('#roofline text')).fill";
        Object lightPage = script(page);
        Object lightAxis = script(axis);
        assertEquals("rgb(255, 255, 255)", lightPage);
        media("", "dark");
        assertEquals("rgb(20, 24, 28)", script(page));
        assertNotEquals(lightAxis, script(axis));
        media("print", "dark");
        assertEquals(lightPage, script(page));
        assertEquals(lightAxis, script(axis));
        String pdf = (String) browser.executeCdpCommand("Page.printToPDF", Map.of("preferCSSPageSize", true)).get("data");
        assertTrue(pdf.length() > 10_000, pdf);
        assertEquals(List.of(), browser.manage().logs().get(LogType.BROWSER).getAll());
    }

    @Test
    void allFitsALaptopsWidth() {
        assertEquals(
                script("return document.documentElement.clientWidth"),
                script("return document.documentElement.scrollWidth"));
    }
}
