package io.jobledger.sink.copy;

import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import io.jobledger.sink.mirror.CheckStep;
import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorObjects;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A mirror that has objects and no records. */
record ObjectsOnly(MirrorObjects objects) implements Mirror {
    @Override
    public String uri() {
        return "memory";
    }

    @Override
    public boolean put(JobRecord record) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<JobRecord> get(JobKey key) {
        return Optional.empty();
    }

    @Override
    public void delete(JobKey key, AnsibleJobId jobId) {}

    @Override
    public void list(Consumer<Listed> consumer) {}

    @Override
    public List<CheckStep> probe() {
        return List.of();
    }

    @Override
    public void putBackup(String name, Path file) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<String> backups() {
        return List.of();
    }

    @Override
    public void getBackup(String name, Path file) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
