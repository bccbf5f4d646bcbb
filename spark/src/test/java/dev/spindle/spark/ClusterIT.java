package dev.spindle.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.spindle.Classification;
import dev.spindle.InvalidInputException;
import dev.spindle.Model;
import dev.spindle.Options;
import dev.spindle.Warmup;
import dev.spindle.image.ImageDecoder;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.apache.spark.launcher.JavaModuleOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jar that users get, submitted to executors that are JVMs of their own and have Spindle from nowhere else. */
class ClusterIT {

    private static final Path JAR = Path.of(System.getProperty("spindle.spark.jar"));

    private static final int IMAGES = 100;

    @TempDir
    private Path folder;

    @Test
    void theJarHasNoClassUnderANameOfOthers() throws IOException {
        try (ZipFile jar = new ZipFile(JAR.toFile())) {
            List<String> foreign = jar.stream()
                    .map(ZipEntry::getName)
                    .filter(name -> name.endsWith(".class") && !name.startsWith("dev/spindle/"))
                    .toList();
            assertEquals(List.of(), foreign);
        }
    }

    @Test
    void executorsGiveWhatOneMachineGivesWhateverBecomesOfThem() throws Exception {
        Path images = TestImages.folder(folder.resolve("images"), IMAGES);
        Path model = folder.resolve("net");
        try (InputStream in = ClusterIT.class.getResourceAsStream("/fixtures/onnx/weights-folded.onnx")) {
            Files.copy(in, model);
        }
        Path result = folder.resolve("result");
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        submit(temporary, images, result, model);

        List<String> expected = expected(images, model);
        List<String> lines = Files.readAllLines(result);
        assertEquals(2 * (IMAGES + 1), lines.size());
        assertEquals(expected, lines.subList(0, IMAGES));
        assertEquals("100 images, 1 failures, 2 models", lines.get(IMAGES));
        assertEquals(expected, lines.subList(IMAGES + 1, 2 * IMAGES + 1));
        assertEquals("200 images, 2 failures, 3 models", lines.getLast());
        // The native library stays, for the next JVM.
        Path library = temporary.resolve("spindle-" + System.getProperty("user.name"));
        try (Stream<Path> left = Files.list(temporary)) {
            assertEquals(
                    List.of(),
                    left.filter(path -> path.getFileName().toString().startsWith("spindle-") && !path.equals(library)).toList());
        }
    }

    /** What the library says. */
    private static List<String> expected(Path images, Path file) throws IOException {
        List<String> lines = new ArrayList<>();
        try (Model model = Model.load(file, Options.DEFAULT.withWarmup(Warmup.NONE)); Stream<Path> files = Files.list(images)) {
            for (Path image : files.toList()) {
                try {
                    Classification best =
                            model.classify(ImageDecoder.decode(Files.readAllBytes(image), "content"), 1).getFirst();
                    lines.add(ClusterApp.line(image, best.label(), best.probability(), null));
                } catch (InvalidInputException e) {
                    lines.add(ClusterApp.line(image, null, null, e.getMessage()));
                }
            }
        }
        return lines.stream().sorted().toList();
    }

    private void submit(Path temporary, Path... arguments) throws IOException, InterruptedException {
        Path home = sparkHome();
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(JavaModuleOptions.defaultModuleOptionArray()));
        command.addAll(List.of("-Xmx1g", "-cp", home.resolve("jars") + File.separator + "*"));
        command.addAll(List.of(
                "org.apache.spark.deploy.SparkSubmit",
                "--master", "local-cluster[2,1,1024]",
                "--jars", JAR.toString(),
                "--conf", "spark.ui.enabled=false",
                "--conf", "spark.driver.host=127.0.0.1",
                "--conf", "spark.scheduler.minRegisteredResourcesRatio=1",
                "--conf", "spark.sql.files.minPartitionNum=8",
                "--conf", "spark.executor.extraJavaOptions=-XX:+UseSerialGC -Djava.io.tmpdir=" + temporary,
                "--class", ClusterApp.class.getName(),
                application().toString()));
        Stream.of(arguments).map(Path::toString).forEach(command::add);
        Path log = folder.resolve("log");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().put("SPARK_HOME", home.toString());
        builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
        builder.environment().put("SPARK_SCALA_VERSION", "2.13");
        Process submitted = builder.start();
        try {
            assertTrue(submitted.waitFor(10, TimeUnit.MINUTES), () -> text(log));
            assertEquals(0, submitted.exitValue(), () -> text(log));
        } finally {
            submitted.descendants().forEach(ProcessHandle::destroyForcibly);
            submitted.destroyForcibly();
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** A folder like that of Spark's distribution, with the jars of this class path but for Spindle's. */
    private Path sparkHome() throws IOException {
        Path home = folder.resolve("spark");
        Path jars = Files.createDirectories(home.resolve("jars"));
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path jar = Path.of(entry);
            String name = jar.getFileName().toString();
            if (name.endsWith(".jar") && !name.startsWith("spindle-")) {
                Files.createSymbolicLink(jars.resolve(name), jar);
            }
        }
        return home;
    }

    /** A jar with {@link ClusterApp} alone. */
    private Path application() throws IOException {
        Path application = folder.resolve("application.jar");
        String name = ClusterApp.class.getName().replace('.', '/') + ".class";
        try (OutputStream file = Files.newOutputStream(application);
                JarOutputStream jar = new JarOutputStream(file);
                InputStream content = ClusterApp.class.getClassLoader().getResourceAsStream(name)) {
            jar.putNextEntry(new ZipEntry(name));
            content.transferTo(jar);
        }
        return application;
    }
}
