import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * Adds the module's descriptor to the jars of one platform each, those that were built. Maven's jar plugin leaves it out,
 * because the JVM that runs Maven may be too old to read it:
 *
 * <pre>
 *   java PlatformJars.java TARGET NAME VERSION DATE
 * </pre>
 *
 * where NAME is what the jars' names start with, and DATE the time of each entry.
 */
final class PlatformJars {

    private PlatformJars() {}

    public static void main(String[] args) throws IOException {
        if (args.length != 4) {
            System.err.println("usage: PlatformJars TARGET NAME VERSION DATE");
            System.exit(2);
        }
        Path target = Path.of(args[0]);
        Path platforms = target.resolve("platforms");
        List<Path> built;
        try (Stream<Path> folders = Files.isDirectory(platforms) ? Files.list(platforms) : Stream.empty()) {
            built = folders.toList();
        }
        ToolProvider jar = ToolProvider.findFirst("jar").orElseThrow();
        for (Path platform : built) {
            int status = jar.run(
                    System.out,
                    System.err,
                    "--update",
                    "--file=" + target.resolve(args[1] + "-" + platform.getFileName() + ".jar"),
                    "--module-version=" + args[2],
                    "--date=" + args[3],
                    "-C", platform.toString(), "module-info.class");
            if (status != 0) {
                System.exit(status);
            }
        }
    }
}
