package io.jobledger.files;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.UUID;

/**
 * One private file for a person, in a directory of theirs: there whole and synced, or not at all. {@link AtomicFiles}
 * is for many files in a directory of our own, where it may tidy up.
 */
public final class NewFile {
    private NewFile() {}

    /**
     * Writes it beside its place, and moves it there when it is whole.
     *
     * @param replace whether a file that is there is replaced
     * @throws FileAlreadyExistsException when it is there and may not be replaced
     */
    public static void write(Path file, boolean replace, AtomicFiles.Content content) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        Path part = directory.resolve("." + UUID.randomUUID() + ".part");
        // Ctrl-C ends the program without a finally.
        Thread remove = new Thread(
                () -> {
                    try {
                        Files.deleteIfExists(part);
                    } catch (IOException e) {
                        System.err.println("could not remove " + part + ": " + e.getMessage());
                    }
                },
                "remove-part");
        Runtime.getRuntime().addShutdownHook(remove);
        try {
            try (FileChannel channel = FileChannel.open(
                    part,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    PrivateFiles.fileAttributes(part))) {
                content.writeTo(Channels.newOutputStream(channel));
                channel.force(true);
            }
            if (replace) {
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } else {
                // A move would replace a file that came meanwhile; a link does not.
                Files.createLink(file, part);
            }
            AtomicFiles.sync(directory);
        } finally {
            Files.deleteIfExists(part);
            try {
                Runtime.getRuntime().removeShutdownHook(remove);
            } catch (IllegalStateException e) {
                // The program is ending; the hook does the same.
            }
        }
    }
}
