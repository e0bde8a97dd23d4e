package io.jobledger.log.file;

import io.jobledger.files.AtomicFiles;
import io.jobledger.files.PrivateFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The disk that the operating system has. */
public final class SystemDisk implements LogDisk {
    /** A process that closes a file gives up all its locks on it, so it must not open a locked one again. */
    private static final Set<Path> LOCKED = ConcurrentHashMap.newKeySet();

    private record Channel(FileChannel channel) implements LogFile {
        @Override
        public ByteBuffer read(ByteBuffer into, long at) throws IOException {
            long next = at;
            while (into.hasRemaining()) {
                int read = channel.read(into, next);
                if (read < 0) {
                    break;
                }
                next += read;
            }
            return into.flip();
        }

        @Override
        public void write(ByteBuffer bytes, long at) throws IOException {
            long next = at;
            while (bytes.hasRemaining()) {
                next += channel.write(bytes, next);
            }
        }

        @Override
        public void force() throws IOException {
            channel.force(false);
        }

        @Override
        public void truncate(long size) throws IOException {
            channel.truncate(size);
        }

        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    @Override
    public void createDirectory(Path directory) throws IOException {
        Path missing = directory.toAbsolutePath();
        if (Files.isDirectory(missing)) {
            return;
        }
        PrivateFiles.createDirectory(missing);
        for (Path made = missing; made.getParent() != null; made = made.getParent()) {
            AtomicFiles.sync(made.getParent());
        }
    }

    @Override
    public List<String> list(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .toList();
        }
    }

    @Override
    public LogFile open(Path file) throws IOException {
        return new Channel(FileChannel.open(file, StandardOpenOption.READ));
    }

    @Override
    public LogFile edit(Path file) throws IOException {
        return new Channel(editing(file));
    }

    private static FileChannel editing(Path file) throws IOException {
        return FileChannel.open(
                file,
                Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE),
                PrivateFiles.fileAttributes(file));
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void delete(Path file) throws IOException {
        Files.deleteIfExists(file);
    }

    @Override
    public void sync(Path directory) throws IOException {
        AtomicFiles.sync(directory);
    }

    @Override
    public Closeable lock(Path file) throws IOException {
        Path real = file.getParent().toRealPath().resolve(file.getFileName());
        if (!LOCKED.add(real)) {
            return null;
        }
        FileChannel channel = null;
        boolean locked = false;
        try {
            channel = editing(real);
            locked = channel.tryLock() != null;
        } finally {
            if (!locked) {
                LOCKED.remove(real);
                if (channel != null) {
                    channel.close();
                }
            }
        }
        FileChannel held = channel;
        return locked
                ? () -> {
                    held.close();
                    LOCKED.remove(real);
                }
                : null;
    }

    @Override
    public long usable(Path directory) throws IOException {
        return Files.getFileStore(directory).getUsableSpace();
    }
}
