package io.jobledger.sink.mirror.bucket;

import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.sink.mirror.BackupName;
import io.jobledger.sink.mirror.CheckStep;
import io.jobledger.sink.mirror.CheckSteps;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorException;
import io.jobledger.sink.mirror.MirrorObjects;
import io.jobledger.sink.mirror.ReadBreaker;
import io.jobledger.sink.mirror.RecordFile;
import io.jobledger.sink.mirror.RecordFile.Version;
import io.jobledger.sink.mirror.RecordPath;
import io.jobledger.sink.mirror.bucket.Memory.State;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Objects {@code [PREFIX/]<host>/<play>/<job>.json} in a bucket. The bucket must exist. A put replaces exactly the
 * state of the object that it was told of, by reading it or by its own last put, so that even two ingesters on one
 * bucket never put an older record over a newer one. The store's library is loaded and the configuration read at the
 * first call; a configuration that cannot be used is read again at the next, since someone may have mended it.
 * Thread-safe.
 *
 * @param <S> the kind of store
 */
public abstract class BucketMirror<S extends ObjectStore> implements Mirror {
    // No record's path begins so: a leading dot is escaped in every name.
    private static final String PROBE = ".jobledger-probe-";
    private static final String BACKUPS = ".jobledger/backups/";
    /** More often, another writer of the same key is at work, and the outbox comes back later. */
    private static final int MAX_TRIES = 8;

    private static final Duration SLOW = Duration.ofSeconds(1);
    private static final Duration READ_PAUSE = Duration.ofSeconds(10);

    private final String uri;
    private final ReadBreaker breaker = new ReadBreaker(SLOW, READ_PAUSE, System::nanoTime);
    private final Memory memory = new Memory();
    private S store;
    private boolean closed;

    /** @param uri the mirror's name in settings, answers and logs */
    protected BucketMirror(String uri) {
        this.uri = uri;
    }

    /** Reads the configuration and makes the client, without connecting. Throws {@link MirrorException}. */
    protected abstract S open();

    /** Takes the steps of a check that come before the first put. */
    protected abstract void reach(CheckSteps steps, Supplier<S> reached);

    /** Takes the steps of a check that need the probe at {@code path}. */
    protected void prove(CheckSteps steps, Supplier<S> reached, String path) {}

    @Override
    public String uri() {
        return uri;
    }

    private synchronized S store() {
        if (closed) {
            throw MirrorException.passing("the mirror " + uri + " is closed", null);
        }
        if (store == null) {
            store = open();
        }
        return store;
    }

    @Override
    public boolean put(JobRecord record) {
        return breaker.watch(() -> putNewest(record));
    }

    private boolean putNewest(JobRecord record) {
        ObjectStore objects = store();
        String path = RecordPath.of(record.key());
        byte[] bytes = RecordFile.write(record);
        Map<String, String> metadata = Metadata.of(record);
        // Without conditions a guess that is wrong would take a newer record away.
        State held = objects.conditional() ? memory.guess(path) : null;
        if (held != null && replaces(record, held) && put(objects, path, bytes, metadata, held, record)) {
            return true;
        }
        for (int i = 0; i < MAX_TRIES; i++) {
            held = read(objects, path, record.key());
            if (!replaces(record, held)) {
                return false;
            }
            if (put(objects, path, bytes, metadata, held, record)) {
                return true;
            }
        }
        throw MirrorException.passing(
                "cannot put " + path + " in " + uri + ": something else changed the object " + MAX_TRIES
                        + " times in a row. See that only one ingester feeds this mirror",
                null);
    }

    private State read(ObjectStore objects, String path, JobKey key) {
        State state = objects.get(path, RecordFile.MAX_BYTES)
                .map(object -> new State(
                        object.etag(),
                        recordUnlessDamaged(object, key).map(Version::of).orElse(null)))
                .orElse(State.NOTHING);
        memory.read(state);
        return state;
    }

    private static boolean replaces(JobRecord record, State held) {
        return held.version() == null || held.version().givesWayTo(record);
    }

    /** Says whether the object still was in the state {@code held} and is replaced. */
    private boolean put(
            ObjectStore objects,
            String path,
            byte[] bytes,
            Map<String, String> metadata,
            State held,
            JobRecord record) {
        memory.forget(path);
        Optional<String> etag = objects.put(path, bytes, metadata, held.etag());
        etag.filter(now -> !now.isEmpty()).ifPresent(now -> memory.put(path, new State(now, Version.of(record))));
        return etag.isPresent();
    }

    /**
     * As the port says; while the store does not answer, it fails at once but for one call in ten seconds, since
     * lookups wait for it.
     */
    @Override
    public Optional<JobRecord> get(JobKey key) {
        String path = RecordPath.of(key);
        try {
            return breaker.read(() -> store().get(path, RecordFile.MAX_BYTES))
                    .map(object -> record(object, key))
                    .filter(record -> record.key().equals(key));
        } catch (IllegalArgumentException e) {
            throw MirrorException.lasting(
                    "the object " + path + " in " + uri + " cannot be used: " + e.getMessage() + ". Mend or remove it",
                    e);
        }
    }

    private static JobRecord record(ObjectStore.Held object, JobKey key) {
        if (object.bytes() == null) {
            throw new IllegalArgumentException("it is larger than " + RecordFile.MAX_BYTES + " bytes");
        }
        return RecordFile.read(object.bytes(), key);
    }

    /** An object that cannot be read as a record has nothing that a put could take away. */
    private static Optional<JobRecord> recordUnlessDamaged(ObjectStore.Held object, JobKey key) {
        try {
            return Optional.of(record(object, key));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    @Override
    public void delete(JobKey key, AnsibleJobId jobId) {
        ObjectStore objects = store();
        String path = RecordPath.of(key);
        memory.forget(path);
        for (int i = 0; i < MAX_TRIES; i++) {
            Optional<ObjectStore.Held> held = objects.get(path, RecordFile.MAX_BYTES);
            boolean own = held.flatMap(object -> recordUnlessDamaged(object, key))
                    .filter(record -> jobId.equals(record.jobId()))
                    .isPresent();
            if (!own || objects.delete(path, held.get().etag())) {
                return;
            }
        }
        throw MirrorException.passing(
                "cannot delete " + path + " in " + uri + ": something else changed the object " + MAX_TRIES
                        + " times in a row",
                null);
    }

    @Override
    public void list(Consumer<Listed> consumer) {
        new ObjectListing(store()).forEach(consumer);
    }

    @Override
    public void putBackup(String name, Path file) {
        store().putFile(BACKUPS + BackupName.require(name), file);
    }

    @Override
    public List<String> backups() {
        ObjectStore objects = store();
        List<String> names = new ArrayList<>();
        String start = null;
        do {
            ObjectStore.Page page = objects.list(BACKUPS, start, ObjectListing.PAGE);
            page.names().stream()
                    .map(name -> name.substring(BACKUPS.length()))
                    .filter(name -> !name.startsWith("."))
                    .forEach(names::add);
            start = page.next();
        } while (start != null);
        return names.stream().sorted().toList();
    }

    @Override
    public void getBackup(String name, Path file) {
        if (!store().getFile(BACKUPS + BackupName.require(name), file)) {
            throw MirrorException.lasting(
                    "the mirror " + uri + " has no backup '" + name + "'; it has: " + String.join(", ", backups()),
                    null);
        }
    }

    @Override
    public MirrorObjects objects() {
        return new BucketObjects(this::store);
    }

    @Override
    public List<CheckStep> probe() {
        String path = PROBE + UUID.randomUUID();
        byte[] content = path.getBytes(StandardCharsets.UTF_8);
        AtomicReference<S> opened = new AtomicReference<>();
        String[] etag = new String[1];
        CheckSteps steps = new CheckSteps();
        steps.take("configuration", () -> {
            opened.set(store());
            return opened.get().description();
        });
        reach(steps, opened::get);
        boolean put = steps.take("put", () -> {
            if (opened.get().put(path, content, Map.of(), null).isEmpty()) {
                throw MirrorException.passing(
                        "cannot put the probe " + path + ": an object of this name is there already", null);
            }
            return "wrote a probe of " + content.length + " bytes";
        });
        prove(steps, opened::get, path);
        steps.take("get", () -> {
            etag[0] = opened.get()
                    .get(path, content.length)
                    .filter(held -> Arrays.equals(content, held.bytes()))
                    .orElseThrow(() -> MirrorException.lasting(
                            "the probe " + path + " that was put in " + uri + " does not come back as it was written",
                            null))
                    .etag();
            return "read the same bytes";
        });
        steps.take("list", () -> {
            if (!opened.get().list(path, null, 1).names().contains(path)) {
                throw MirrorException.lasting("the probe " + path + " that was put in " + uri + " is not listed", null);
            }
            return "found it in the bucket";
        });
        if (put) {
            steps.takeAnyway("delete", () -> {
                opened.get().delete(path, etag[0]);
                return "removed it";
            });
        } else {
            steps.take("delete", () -> "");
        }
        return steps.result();
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (store != null) {
            store.close();
            store = null;
        }
    }
}
