package io.jobledger.sink.mirror.file;

import io.jobledger.files.AtomicFiles;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.sink.mirror.BackupName;
import io.jobledger.sink.mirror.CheckStep;
import io.jobledger.sink.mirror.CheckSteps;
import io.jobledger.sink.mirror.MendableMirror;
import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.MirrorObjects;
import io.jobledger.sink.mirror.RecordFile;
import io.jobledger.sink.mirror.RecordFile.Version;
import io.jobledger.sink.mirror.RecordPath;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A directory tree {@code <host>/<play>/<job>.json}. A put is atomic ({@link AtomicFiles}): a crash leaves the old
 * record or the new one. Directories are 0700, files 0600.
 */
public final class FileMirror implements MendableMirror {
    // A leading dot is escaped in every name, so no record can have such a path.
    private static final String OWN = ".jobledger";
    private static final String PROBE = ".probe-";

    private final Path root;
    private final AtomicFiles files;

    /** @param root need not exist yet */
    public FileMirror(Path root) {
        this.root = root.toAbsolutePath().normalize();
        this.files = new AtomicFiles(this.root.resolve(OWN).resolve("tmp"));
    }

    @Override
    public String uri() {
        return "file://" + root;
    }

    @Override
    public boolean put(JobRecord record) {
        Path file = file(record.key());
        try {
            Optional<JobRecord> held = heldUnlessDamaged(record.key());
            if (held.isPresent() && !Version.of(held.get()).givesWayTo(record)) {
                return false;
            }
            files.write(file, RecordFile.write(record));
            return true;
        } catch (IOException e) {
            throw failure("write", file, e);
        }
    }

    /** Makes this the record of its key, whatever is there. */
    @Override
    public void replace(JobRecord record) {
        Path file = file(record.key());
        try {
            files.write(file, RecordFile.write(record));
        } catch (IOException e) {
            throw failure("write", file, e);
        }
    }

    /** A file that cannot be read as a record has nothing that a put could take away. */
    private Optional<JobRecord> heldUnlessDamaged(JobKey key) throws IOException {
        try {
            return read(file(key), key);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    @Override
    public Optional<JobRecord> get(JobKey key) {
        Path file = file(key);
        try {
            return read(file, key).filter(record -> record.key().equals(key));
        } catch (IOException e) {
            throw failure("read", file, e);
        } catch (IllegalArgumentException e) {
            throw MirrorException.lasting(
                    "the mirror's file " + file + " cannot be used: " + e.getMessage() + ". Mend or remove it", e);
        }
    }

    private Optional<JobRecord> read(Path file, JobKey key) throws IOException {
        try {
            // Not Files.isRegularFile: it says no as well when it may not look, and "not known" must never read as "not
            // there".
            if (!Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .isRegularFile()) {
                return Optional.empty();
            }
            if (Files.size(file) > RecordFile.MAX_BYTES) {
                throw new IllegalArgumentException("it is larger than " + RecordFile.MAX_BYTES + " bytes");
            }
            return Optional.of(RecordFile.read(Files.readAllBytes(file), key));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    public void delete(JobKey key, AnsibleJobId jobId) {
        Path file = file(key);
        try {
            Optional<JobRecord> held = heldUnlessDamaged(key);
            if (held.isPresent() && jobId.equals(held.get().jobId())) {
                Files.deleteIfExists(file);
                AtomicFiles.sync(file.getParent());
            }
        } catch (IOException e) {
            throw failure("delete", file, e);
        }
    }

    @Override
    public void requireReadable() {
        if (!Files.isDirectory(root)) {
            throw MirrorException.lasting(
                    "the mirror " + uri()
                            + " is no directory that can be read. See that the path is right and what it is on is"
                            + " mounted",
                    null);
        }
    }

    @Override
    public void list(Consumer<Listed> consumer) {
        if (!Files.isDirectory(root)) {
            return;
        }
        try (Stream<Path> files = Files.find(root, 3, (path, attributes) -> attributes.isRegularFile())) {
            files.forEach(file -> listed(file).ifPresent(consumer));
        } catch (IOException e) {
            throw failure("list", root, e);
        } catch (UncheckedIOException e) {
            // A directory below the root that cannot be read comes this way.
            throw failure("list", root, e.getCause());
        }
    }

    private Optional<Listed> listed(Path file) {
        Path path = root.relativize(file);
        String name = file.getFileName().toString();
        // A leading dot is escaped in every name: a temporary file or a backup is no record.
        boolean hidden = StreamSupport.stream(path.spliterator(), false)
                .anyMatch(segment -> segment.toString().startsWith("."));
        if (path.getNameCount() != 3 || !name.endsWith(RecordPath.SUFFIX) || hidden) {
            return Optional.empty();
        }
        try {
            JobKey key = new JobKey(
                    RecordPath.name(path.getName(0).toString()),
                    RecordPath.name(path.getName(1).toString()),
                    RecordPath.name(name.substring(0, name.length() - RecordPath.SUFFIX.length())));
            return read(file, key).map(record -> new Listed.Found(path.toString(), record));
        } catch (IOException | IllegalArgumentException e) {
            return Optional.of(new Listed.Damaged(path.toString(), e.getMessage()));
        }
    }

    @Override
    public List<CheckStep> probe() {
        Path probe = root.resolve(PROBE + UUID.randomUUID());
        byte[] content = probe.toString().getBytes(StandardCharsets.UTF_8);
        CheckSteps steps = new CheckSteps();
        boolean put = steps.take("put", () -> {
            attempt("write a probe to", () -> files.write(probe, content));
            return "wrote a hidden file in " + root;
        });
        steps.take("get", () -> {
            attempt("read a probe from", () -> {
                if (!Arrays.equals(content, Files.readAllBytes(probe))) {
                    throw new IOException("what was read is not what was written");
                }
            });
            return "read the same bytes";
        });
        steps.take("list", () -> {
            attempt("list", () -> {
                try (Stream<Path> files = Files.list(root)) {
                    if (files.noneMatch(probe::equals)) {
                        throw new IOException("the file that was written is not there");
                    }
                }
            });
            return "found it in the directory";
        });
        if (put) {
            steps.takeAnyway("delete", () -> {
                attempt("delete a probe from", () -> Files.delete(probe));
                return "removed it";
            });
        } else {
            steps.take("delete", () -> "");
        }
        return steps.result();
    }

    private interface Attempt {
        void run() throws IOException;
    }

    private void attempt(String operation, Attempt attempt) {
        try {
            attempt.run();
        } catch (IOException e) {
            throw failure(operation, root, e);
        }
    }

    @Override
    public void putBackup(String name, Path file) {
        Path target = backup(name);
        try (InputStream in = Files.newInputStream(file)) {
            files.write(target, in::transferTo);
        } catch (IOException e) {
            throw failure("write the backup", target, e);
        }
    }

    @Override
    public List<String> backups() {
        Path directory = root.resolve(OWN).resolve("backups");
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith("."))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw failure("list the backups in", directory, e);
        }
    }

    @Override
    public void getBackup(String name, Path file) {
        Path source = backup(name);
        if (!Files.isRegularFile(source)) {
            throw MirrorException.lasting(
                    "the mirror " + uri() + " has no backup '" + name + "'; it has: " + String.join(", ", backups()),
                    null);
        }
        try {
            Files.copy(source, file);
        } catch (IOException e) {
            throw failure("read the backup", source, e);
        }
    }

    @Override
    public MirrorObjects objects() {
        return new FileObjects(root.resolve(MirrorObjects.FOLDER), files, this::failure);
    }

    private Path backup(String name) {
        return root.resolve(OWN).resolve("backups").resolve(BackupName.require(name));
    }

    @Override
    public void close() {
        // Nothing is held open between calls.
    }

    private Path file(JobKey key) {
        Path file;
        try {
            file = root.resolve(RecordPath.of(key)).normalize();
        } catch (InvalidPathException e) {
            throw MirrorException.lasting(
                    "the locale of this process cannot spell the name of " + key + " in the mirror " + uri()
                            + ". Start the ingester with LC_ALL=C.UTF-8",
                    e);
        }
        // RecordPath rules it out; this line is for the day when someone changes RecordPath.
        if (!file.startsWith(root) || root.relativize(file).getNameCount() != 3) {
            throw MirrorException.lasting("the key " + key + " does not stay inside " + root, null);
        }
        return file;
    }

    /**
     * Everything that can go wrong with a directory can be mended while the ingester runs (room, rights, a mount), so
     * all of it may pass.
     */
    private MirrorException failure(String operation, Path file, IOException e) {
        String why = e.getClass().getSimpleName().replace("Exception", "") + ": " + e.getMessage();
        return MirrorException.passing(
                "cannot " + operation + " " + file + " in the mirror " + uri() + " (" + why
                        + "). See that the directory exists, has room, and belongs to this user",
                e);
    }
}
