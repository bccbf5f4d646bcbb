package dev.spindle.bench;

import dev.spindle.bench.SuiteResult.Failure;
import dev.spindle.bench.SuiteResult.FirstCallsResult;
import dev.spindle.bench.SuiteResult.LayerResult;
import dev.spindle.bench.SuiteResult.NetworkResult;
import dev.spindle.bench.SuiteResult.PeerResult;
import dev.spindle.kernel.KernelCandidate;
import dev.spindle.kernel.Kernels;
import dev.spindle.plan.Fusion;
import java.io.PrintStream;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.ListStatistics;

/**
 * Runs JMH's benchmarks, one fork after another: first one fork of every step, then the next of each, so that what slows
 * the machine down for a while spreads over all. A fork that fails costs its own figures alone.
 */
final class Suite {

    /** Of each roof, before the first step and after the last. */
    private static final double ROOF_SECONDS = 1;

    /** What a fork takes beside its warm-up and its iterations: start, checks against the plain loops. */
    private static final double FORK_SECONDS = 3;

    /** What one of the first calls takes, about. */
    private static final double CALL_SECONDS = 0.012;

    /** Not fused for the layers, as it is planned for the blocks. */
    private static final List<Fusion> FUSIONS = List.of(Fusion.NEVER, Fusion.AUTO);

    private static final List<String> FLAGS =
            List.of("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED");

    private final SuitePlan plan;
    private final List<String> backends;
    private final List<String> runners;
    private final OutputFormat log;
    private final String date = DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(
            ZonedDateTime.now().truncatedTo(ChronoUnit.SECONDS));
    private final Machine machine = Machine.here();
    private final List<RunResult> runs = new ArrayList<>();
    private final List<Failure> failures = new ArrayList<>();
    private final Map<Fusion, List<LayerGroup>> groups = new LinkedHashMap<>();
    private final List<Step> steps;
    private Roofs roofs;
    private int done;

    /** One fork. */
    private record Step(String name, ChainedOptionsBuilder options, double seconds) {}

    /**
     * Plans.
     *
     * @param plan what to measure
     * @param backends on which of Spindle's, in the order of preference; all of them can run here
     * @param log takes what JMH says
     */
    Suite(SuitePlan plan, List<String> backends, PrintStream log) {
        this.plan = plan;
        this.backends = List.copyOf(backends);
        this.runners = List.copyOf(plan.runners(backends));
        this.log = OutputFormatFactory.createFormatInstance(log, VerboseMode.NORMAL);
        steps = plan();
        NetworkCase profiled = plan.profiled();
        Workload workload = Workload.mobileNetV2(profiled.width(), profiled.resolution(), 1, 1);
        for (Fusion fusion : FUSIONS) {
            try (LayerRun run = new LayerRun(workload, Workload.SCALAR, fusion)) {
                groups.put(fusion, LayerGroup.of(run, fusion));
            }
        }
    }

    private List<Step> plan() {
        List<Step> planned = new ArrayList<>();
        for (int fork = 1; fork <= plan.forks(); fork++) {
            String number = plan.forks() == 1 ? "" : ", fork " + fork + " of " + plan.forks();
            for (String runner : runners) {
                for (Fusion fusion : FUSIONS) {
                    String what = fusion == Fusion.NEVER ? "layers" : "blocks";
                    planned.add(profile(runner, fusion, what + " on " + runner + number));
                }
            }
            for (NetworkCase network : plan.networks()) {
                planned.add(comparison(network, network.label() + number));
            }
            for (FirstCalls calls : FirstCalls.of(backends)) {
                planned.add(firstCalls(calls, "first calls, " + calls.label() + number));
            }
        }
        return planned;
    }

    private Step profile(String runner, Fusion fusion, String name) {
        double warmup = SpindlePeer.compiledByJvm(runner) ? plan.warmupSeconds() : Math.min(1, plan.warmupSeconds());
        ChainedOptionsBuilder options = options(ProfileBenchmark.class)
                .param("width", String.valueOf(plan.profiled().width()))
                .param("resolution", String.valueOf(plan.profiled().resolution()))
                .param("fusion", fusion.name())
                .param("backend", runner)
                .warmupIterations(1)
                .warmupTime(time(warmup))
                .measurementIterations(plan.iterations())
                .measurementTime(time(plan.iterationSeconds()));
        return new Step(name, options, FORK_SECONDS + warmup + plan.iterations() * plan.iterationSeconds());
    }

    private Step comparison(NetworkCase network, String name) {
        List<String> peers = plan.peers(network, backends);
        ChainedOptionsBuilder options = options(PeersBenchmark.class)
                .param("width", String.valueOf(network.width()))
                .param("resolution", String.valueOf(network.resolution()))
                .param("batch", String.valueOf(network.batch()))
                .param("threads", String.valueOf(network.threads()))
                .param("peers", String.join("+", peers))
                .param("warmup", String.valueOf(plan.warmupSeconds()))
                .measurementIterations(plan.rounds());
        long compiled = peers.stream().filter(backends::contains).filter(SpindlePeer::compiledByJvm).count();
        return new Step(name, options, FORK_SECONDS + compiled * plan.warmupSeconds() + peers.size()
                + plan.rounds() * peers.size() * Comparison.TURN_SECONDS);
    }

    private Step firstCalls(FirstCalls calls, String name) {
        ChainedOptionsBuilder options = options(FirstCallsBenchmark.class)
                .param("width", String.valueOf(plan.profiled().width()))
                .param("resolution", String.valueOf(plan.profiled().resolution()))
                .param("backend", calls.asked())
                .param("warmup", calls.warmup().name())
                .jvmArgsAppend(Stream.concat(FLAGS.stream(), calls.options().stream()).toArray(String[]::new))
                .measurementIterations(plan.firstCalls());
        return new Step(name, options, FORK_SECONDS + plan.firstCalls() * CALL_SECONDS);
    }

    private static ChainedOptionsBuilder options(Class<?> benchmark) {
        return new OptionsBuilder()
                .include(benchmark.getName())
                .forks(1)
                .shouldFailOnError(true)
                .addProfiler(Readings.class);
    }

    private static TimeValue time(double seconds) {
        return TimeValue.milliseconds(Math.max(1, Math.round(seconds * 1000)));
    }

    /**
     * Runs all steps.
     *
     * @param progress is told of each
     * @param afterStep is called whenever there is something new to {@link #result}
     */
    void run(Consumer<String> progress, Runnable afterStep) {
        progress.accept("the roofs: FMA peak, products of bytes and read bandwidths");
        roofs = Roofs.measure(machine.caches(), backends, ROOF_SECONDS);
        TimeLeft left = new TimeLeft(steps.stream().mapToDouble(Step::seconds).sum());
        for (Step step : steps) {
            progress.accept(String.format("%d of %d: %s; %s", done + 1, steps.size(), step.name, left));
            try {
                runs.addAll(new Runner(step.options.build(), log).run());
            } catch (RunnerException e) {
                Failure failure = new Failure(step.name, cause(e));
                failures.add(failure);
                progress.accept(failure.step() + " failed: " + failure.reason());
            }
            done++;
            left.worked(step.seconds);
            afterStep.run();
        }
        roofs = roofs.highest(Roofs.measure(machine.caches(), backends, ROOF_SECONDS));
        afterStep.run();
    }

    /** The deepest cause, in one line. */
    private static String cause(RunnerException e) {
        Throwable deepest = e;
        while (deepest.getCause() != null || deepest.getSuppressed().length > 0) {
            deepest = deepest.getCause() != null ? deepest.getCause() : deepest.getSuppressed()[0];
        }
        return deepest.toString().lines().findFirst().orElseThrow();
    }

    /** What JMH measured, one entry a fork. */
    Collection<RunResult> runs() {
        return runs;
    }

    List<Failure> failures() {
        return failures;
    }

    /** All that is known by now; after the roofs. */
    SuiteResult result() {
        double others = readings(runs, Readings.OTHERS).stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
        return new SuiteResult(
                date,
                plan.quick(),
                machine,
                backends(),
                runners,
                roofs,
                layers(),
                plan.profiled(),
                plan.networks().stream().map(this::network).filter(network -> !network.peers().isEmpty()).toList(),
                FirstCalls.of(backends).stream().map(this::firstCalls).filter(calls -> !calls.millis().isEmpty()).toList(),
                others,
                List.copyOf(failures),
                steps.size() - done);
    }

    private List<SuiteResult.Backend> backends() {
        String best = Kernels.best().name();
        List<SuiteResult.Backend> all = new ArrayList<>();
        for (KernelCandidate candidate : Kernels.all()) {
            String name = candidate.name();
            all.add(new SuiteResult.Backend(
                    name, candidate.supported(), backends.contains(name), name.equals(best), candidate.reason()));
        }
        return all;
    }

    private List<LayerResult> layers() {
        List<LayerResult> layers = new ArrayList<>();
        groups.forEach((fusion, ofFusion) -> ofFusion.forEach(group -> {
            Map<String, Score> micros = new LinkedHashMap<>();
            for (String runner : runners) {
                List<RunResult> own = runs.stream()
                        .filter(run -> has(run, "fusion", fusion) && has(run, "backend", runner))
                        .toList();
                if (!own.isEmpty()) {
                    micros.put(runner, Score.of(readings(own, group.label())));
                }
            }
            layers.add(new LayerResult(
                    group.name(), group.shape(), group.kind(), group.count(), group.flops(), group.bytes(),
                    group.integerBytes(), micros));
        }));
        return layers;
    }

    private NetworkResult network(NetworkCase network) {
        List<String> names = plan.peers(network, backends);
        List<RunResult> own = runs.stream()
                .filter(run -> has(run, "peers", String.join("+", names)) && has(run, "width", network.width())
                        && has(run, "resolution", network.resolution()) && has(run, "batch", network.batch())
                        && has(run, "threads", network.threads()))
                .toList();
        Map<String, PeerResult> peers = new LinkedHashMap<>();
        String reference = names.getFirst();
        if (!own.isEmpty()) {
            List<Double> first = readings(own, reference);
            for (String name : names) {
                peers.put(name, peer(readings(own, name), first));
            }
        }
        return new NetworkResult(network, network.flops(), reference, peers);
    }

    private FirstCallsResult firstCalls(FirstCalls calls) {
        List<List<Double>> forks = runs.stream()
                .filter(run -> run.getParams().getBenchmark().startsWith(FirstCallsBenchmark.class.getName())
                        && has(run, "backend", calls.asked()) && has(run, "warmup", calls.warmup()))
                .flatMap(run -> run.getBenchmarkResults().stream())
                .map(fork -> fork.getIterationResults().stream().map(call -> call.getPrimaryResult().getScore()).toList())
                .toList();
        List<Integer> numbers = new ArrayList<>();
        List<Double> millis = new ArrayList<>();
        int number = 1;
        while (!forks.isEmpty() && number <= plan.firstCalls()) {
            ListStatistics times = new ListStatistics();
            for (List<Double> fork : forks) {
                times.addValue(fork.get(number - 1));
            }
            numbers.add(number);
            millis.add(times.getPercentile(50));
            // Two digits of a number say enough.
            number += Math.max(1, (int) Math.pow(10, (int) Math.log10(number) - 1));
        }
        return new FirstCallsResult(calls.label(), calls.runner(), calls.warmup().name(), numbers, millis);
    }

    private static PeerResult peer(List<Double> millis, List<Double> reference) {
        ListStatistics times = new ListStatistics();
        ListStatistics ratios = new ListStatistics();
        for (int i = 0; i < millis.size(); i++) {
            times.addValue(millis.get(i));
            ratios.addValue(millis.get(i) / reference.get(i));
        }
        return new PeerResult(
                times.getPercentile(50), Score.of(millis), ratios.getPercentile(50), ratios.getPercentile(25),
                ratios.getPercentile(75));
    }

    private static boolean has(RunResult run, String param, Object value) {
        BenchmarkParams params = run.getParams();
        return params.getParamsKeys().contains(param) && params.getParam(param).equals(value.toString());
    }

    /** One value an iteration. */
    private static List<Double> readings(List<RunResult> runs, String label) {
        List<Double> values = new ArrayList<>();
        for (RunResult run : runs) {
            for (BenchmarkResult fork : run.getBenchmarkResults()) {
                for (IterationResult iteration : fork.getIterationResults()) {
                    Result<?> reading = iteration.getSecondaryResults().get(label);
                    if (reading != null) {
                        values.add(reading.getScore());
                    }
                }
            }
        }
        return values;
    }
}
