package io.jobledger.ledger.verify;

import io.jobledger.event.BatchDecoder;
import io.jobledger.log.LogEntry;
import io.jobledger.log.LogRecord;
import io.jobledger.model.Job;
import io.jobledger.model.RunId;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Says for people which runs and jobs a record of the log speaks of, as far as that can be read. */
final class RecordNames {
    private static final int MOST = 5;

    private RecordNames() {}

    static Set<RunId> runs(LogRecord record) {
        return record.entries().stream()
                .filter(entry -> !entry.run().equals(LogEntry.NO_RUN))
                .map(entry -> new RunId(entry.run()))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    static String text(LogRecord record) {
        return "the record of the entries " + record.first() + " to " + record.last() + ", received "
                + record.received() + some(", runs ", List.copyOf(runs(record))) + some(", jobs ", jobs(record));
    }

    private static List<String> jobs(LogRecord record) {
        return record.entries().stream()
                .filter(entry -> entry.kind() == LogEntry.Kind.EVENT)
                .map(RecordNames::job)
                .filter(job -> job != null)
                .distinct()
                .toList();
    }

    private static String job(LogEntry entry) {
        try {
            Job job = BatchDecoder.again(entry.body()).job();
            return job == null ? null : job.mainKey().toString();
        } catch (RuntimeException e) {
            // It may be just what was changed.
            return null;
        }
    }

    private static String some(String word, List<?> names) {
        return names.isEmpty()
                ? ""
                : word
                        + names.stream().limit(MOST).map(String::valueOf).collect(Collectors.joining(", "))
                        + (names.size() > MOST ? " and " + (names.size() - MOST) + " more" : "");
    }
}
