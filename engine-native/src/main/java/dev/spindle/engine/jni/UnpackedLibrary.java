package dev.spindle.engine.jni;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * The library as a file, which the system's loader wants: {@code spindle-<user>/<CRC-32>-<library>} among the temporary
 * files, shared by all JVMs of a user that bring the same bytes. Nobody else may read or change it. It has its name from the
 * moment when it is whole, whichever of several JVMs comes first.
 */
final class UnpackedLibrary {

    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private UnpackedLibrary() {}

    /**
     * Unpacks it, unless it is there.
     *
     * @param temporary the folder of temporary files
     * @return its file
     * @throws IOException whose message says for people what failed
     */
    static Path of(Path temporary, String fileName, byte[] content) throws IOException {
        try {
            return unpack(temporary.toAbsolutePath(), fileName, content);
        } catch (FileSystemException e) {
            String reason = switch (e) {
                case AccessDeniedException denied -> "access is denied";
                case NoSuchFileException absent -> "there is no such folder";
                case FileAlreadyExistsException other -> "expected a folder";
                default -> e.getReason();
            };
            throw new IOException(e.getFile() + ": " + reason, e);
        } catch (IOException e) {
            throw new IOException(temporary + ": " + e.getMessage(), e);
        }
    }

    private static Path unpack(Path temporary, String fileName, byte[] content) throws IOException {
        FileAttribute<?>[] ownerOnly = temporary.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
                : new FileAttribute<?>[0];
        Path part = Files.createTempFile(temporary, "spindle-", ".tmp", ownerOnly);
        try {
            Path folder = temporary.resolve("spindle-" + System.getProperty("user.name").replaceAll("\\W", "_"));
            Files.createDirectories(folder, ownerOnly);
            if (ownerOnly.length > 0) {
                requireOwn(folder, part);
            }
            String sum = sum(content);
            Path file = folder.resolve(sum + "-" + fileName);
            // A damaged file would crash the JVM; another JVM that runs on it keeps its own.
            if (!Files.isRegularFile(file) || !sum(Files.readAllBytes(file)).equals(sum)) {
                Files.write(part, content);
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            }
            return file;
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** Anybody may have made a folder of this name: what is loaded from there must be the user's own. */
    private static void requireOwn(Path folder, Path own) throws IOException {
        PosixFileAttributes found =
                Files.readAttributes(folder, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!found.isDirectory()
                || !found.owner().equals(Files.getOwner(own))
                || !found.permissions().equals(OWNER_ONLY)) {
            throw new FileSystemException(
                    folder.toString(), null, "expected a folder of this user's that nobody else may enter");
        }
    }

    /** Names the content. CRC-32, since the JVM interprets any other checksum while it is new. */
    private static String sum(byte[] content) {
        CRC32 sum = new CRC32();
        sum.update(content);
        return Long.toHexString(sum.getValue());
    }
}
