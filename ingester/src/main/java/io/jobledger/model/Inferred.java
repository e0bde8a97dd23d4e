package io.jobledger.model;

/**
 * What speaks for and against an end that nobody saw, besides the job's results file: the latest of each, which is
 * enough in every order of deliveries. All parts may be null.
 *
 * @param vanished its process was not there
 * @param closed somebody closed it
 * @param sighting its process was seen
 */
public record Inferred(JobEnd vanished, JobEnd closed, Sighting sighting) {
    public static final Inferred NOTHING = new Inferred(null, null, null);

    /**
     * Only a process that was seen later takes these ends back: the file of a killed job says for ever that it runs.
     */
    public Inferred {
        vanished = after(vanished, sighting);
        closed = after(closed, sighting);
    }

    private static JobEnd after(JobEnd end, Sighting sighting) {
        return end != null
                        && sighting != null
                        && !end.evidence().at().isAfter(sighting.evidence().at())
                ? null
                : end;
    }

    Inferred merge(Inferred other) {
        return new Inferred(
                later(vanished, other.vanished), later(closed, other.closed), Sighting.later(sighting, other.sighting));
    }

    private static JobEnd later(JobEnd a, JobEnd b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        return a.evidence().compareTo(b.evidence()) >= 0 ? a : b;
    }
}
