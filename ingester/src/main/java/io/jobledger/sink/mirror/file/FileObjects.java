package io.jobledger.sink.mirror.file;

import io.jobledger.files.AtomicFiles;
import io.jobledger.files.PrivateFiles;
import io.jobledger.model.Digests;
import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.MirrorObjects;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Objects as files of a directory. A tag is the digest of a file's content. Whoever puts holds the lock of a file, so
 * that of two processes, on one machine or on a network's file system that has locks, one comes first.
 */
final class FileObjects implements MirrorObjects {
    private static final String LOCK = ".lock";

    /** What went wrong, as the mirror says it. */
    interface Failing {
        MirrorException of(String operation, Path file, IOException why);
    }

    private final Path root;
    private final AtomicFiles files;
    private final Failing failing;

    FileObjects(Path root, AtomicFiles files, Failing failing) {
        this.root = root;
        this.files = files;
        this.failing = failing;
    }

    private Path file(String name) {
        return root.resolve(MirrorObjects.require(name));
    }

    @Override
    public Optional<Held> get(String name) {
        Path file = file(name);
        try {
            if (Files.size(file) > MOST) {
                throw MirrorException.lasting(
                        file + " is larger than " + MOST + " bytes: it is none of Jobledger's", null);
            }
            byte[] bytes = Files.readAllBytes(file);
            return Optional.of(new Held(bytes, tag(bytes)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw failing.of("read", file, e);
        }
    }

    private static String tag(byte[] bytes) {
        return Digests.hex(bytes);
    }

    @Override
    public Optional<String> put(String name, byte[] bytes, String tag) {
        Path file = file(name);
        Path lock = root.resolve(LOCK);
        // A process may hold a lock of a file once; two threads of one take turns.
        synchronized (FileObjects.class) {
            try {
                PrivateFiles.createDirectory(root);
                try (FileChannel channel = FileChannel.open(
                        lock,
                        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                        PrivateFiles.fileAttributes(lock))) {
                    channel.lock();
                    if (!Objects.equals(get(name).map(Held::tag).orElse(null), tag)) {
                        return Optional.empty();
                    }
                    files.write(file, bytes);
                    return Optional.of(tag(bytes));
                }
            } catch (IOException e) {
                throw failing.of("write", file, e);
            }
        }
    }

    @Override
    public void delete(String name) {
        Path file = file(name);
        try {
            if (Files.deleteIfExists(file)) {
                AtomicFiles.sync(file.getParent());
            }
        } catch (IOException e) {
            throw failing.of("delete", file, e);
        }
    }

    @Override
    public List<String> list() {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (Stream<Path> found = Files.find(root, 8, (path, attributes) -> attributes.isRegularFile())) {
            return found.map(path -> root.relativize(path).toString())
                    .filter(name -> NAME.matcher(name).matches())
                    .toList();
        } catch (IOException e) {
            throw failing.of("list", root, e);
        } catch (UncheckedIOException e) {
            throw failing.of("list", root, e.getCause());
        }
    }
}
