package io.jobledger.model;

import java.util.Comparator;
import java.util.UUID;

/** The name a person resumes a job by. Each part obeys {@link Names}. */
public record JobKey(String host, String play, String job) implements Comparable<JobKey> {
    private static final Comparator<JobKey> ORDER =
            Comparator.comparing(JobKey::host).thenComparing(JobKey::play).thenComparing(JobKey::job);

    public JobKey {
        Names.require("host", host);
        Names.require("play", play);
        Names.require("job", job);
    }

    /** A fixed-size stand-in for the three names: equal keys have equal digests, in every ledger and for ever. */
    public UUID digest() {
        return Digests.uuid(host, play, job);
    }

    @Override
    public int compareTo(JobKey other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return host + " / " + play + " / " + job;
    }
}
