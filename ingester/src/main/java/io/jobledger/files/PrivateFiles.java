package io.jobledger.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Files and directories that only their owner may read: 0600 and 0700. Where the file system has no such rights, its
 * own rules hold.
 */
public final class PrivateFiles {
    private static final Set<PosixFilePermission> DIRECTORY = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");

    private PrivateFiles() {}

    /**
     * Makes a directory and its missing parents, each 0700. A directory that is there already keeps its rights: they
     * are its owner's choice.
     */
    public static void createDirectory(Path directory) throws IOException {
        if (posix(directory)) {
            Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(DIRECTORY));
        } else {
            Files.createDirectories(directory);
        }
    }

    /** Attributes for making a file 0600 from its first moment. */
    public static FileAttribute<?>[] fileAttributes(Path file) {
        return posix(file)
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(FILE)}
                : new FileAttribute<?>[0];
    }

    /** Makes an existing file 0600. */
    public static void restrict(Path file) throws IOException {
        if (posix(file)) {
            Files.setPosixFilePermissions(file, FILE);
        }
    }

    /** Whether its group, or everybody, may write a file. */
    public static boolean writableByOthers(Path file) throws IOException {
        return posix(file)
                && Files.getPosixFilePermissions(file).stream()
                        .anyMatch(right ->
                                right == PosixFilePermission.GROUP_WRITE || right == PosixFilePermission.OTHERS_WRITE);
    }

    /** Whether everybody may read a file. */
    public static boolean readableByAll(Path file) throws IOException {
        return posix(file) && Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ);
    }

    private static boolean posix(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix");
    }
}
