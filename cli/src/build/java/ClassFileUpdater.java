import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeElement;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * Brings the classes in a folder's jars up to date that were compiled for Java 5: the JVM keeps none as old as that in its cache
 * of loaded classes, and verifies them anew each time that the command starts. They stay as they are but for their version and
 * the maps of the stack that come with it.
 *
 * <p>Run with {@code java ClassFileUpdater.java FOLDER}.
 */
final class ClassFileUpdater {

    private static final String CLASS = ".class";

    private ClassFileUpdater() {}

    public static void main(String[] arguments) throws IOException {
        List<Path> jars;
        try (Stream<Path> files = Files.list(Path.of(arguments[0]))) {
            jars = files.filter(file -> file.toString().endsWith(".jar")).toList();
        }
        for (Path jar : jars) {
            Map<String, byte[]> entries = read(jar);
            if (entries.entrySet().stream().anyMatch(entry -> isOld(entry.getKey(), entry.getValue()))) {
                ClassFile upToDate = classFile(entries);
                entries.replaceAll((name, bytes) -> isOld(name, bytes) ? update(upToDate, bytes) : bytes);
                Path changed = jar.resolveSibling(jar.getFileName() + ".new");
                write(changed, entries);
                Files.move(changed, jar, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private static Map<String, byte[]> read(Path jar) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (ZipInputStream in = new ZipInputStream(Files.newInputStream(jar))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                entries.put(entry.getName(), in.readAllBytes());
            }
        }
        return entries;
    }

    private static void write(Path jar, Map<String, byte[]> entries) throws IOException {
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            entries.forEach((name, bytes) -> {
                try {
                    out.putNextEntry(new ZipEntry(name));
                    out.write(bytes);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    /** The major version is in the second half of the second word. */
    private static boolean isOld(String name, byte[] bytes) {
        return name.endsWith(CLASS) && ((bytes[6] & 0xff) << Byte.SIZE | bytes[7] & 0xff) < ClassFile.JAVA_6_VERSION;
    }

    /** Knows the classes of the jar, and those of the JDK. */
    private static ClassFile classFile(Map<String, byte[]> entries) {
        ClassHierarchyResolver inJar = ClassHierarchyResolver.ofResourceParsing(type -> {
            String descriptor = type.descriptorString();
            byte[] bytes = entries.get(descriptor.substring(1, descriptor.length() - 1) + CLASS);
            return bytes == null ? null : new ByteArrayInputStream(bytes);
        });
        return ClassFile.of(
                ClassFile.ClassHierarchyResolverOption.of(inJar.orElse(ClassHierarchyResolver.defaultResolver())),
                ClassFile.StackMapsOption.GENERATE_STACK_MAPS);
    }

    /** Bodies are made anew, for those that are only copied get no maps. */
    private static byte[] update(ClassFile upToDate, byte[] bytes) {
        ClassTransform bodies = ClassTransform.transformingMethodBodies((code, element) -> code.with((CodeElement) element));
        ClassTransform version = (type, element) -> type.with(newVersion(element));
        return upToDate.transformClass(upToDate.parse(bytes), bodies.andThen(version));
    }

    private static ClassElement newVersion(ClassElement element) {
        return element instanceof ClassFileVersion ? ClassFileVersion.of(ClassFile.latestMajorVersion(), 0) : element;
    }
}
