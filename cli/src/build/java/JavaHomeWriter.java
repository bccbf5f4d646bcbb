import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes the home folder of the JDK that runs it to a file: the launcher looks there. */
final class JavaHomeWriter {

    private JavaHomeWriter() {}

    /** The one argument is the file. */
    public static void main(String[] args) throws IOException {
        Files.writeString(Path.of(args[0]), System.getProperty("java.home") + "\n");
    }
}
