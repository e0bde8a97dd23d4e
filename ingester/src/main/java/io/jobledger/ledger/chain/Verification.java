package io.jobledger.ledger.chain;

import io.jobledger.ledger.Verifier;
import io.jobledger.ledger.chain.ChainLink.StoredEvent;
import io.jobledger.ledger.chain.ChainWalk.Chain;
import io.jobledger.model.RunId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * One verification. It reads in short statements, so that it holds up nobody and keeps no old pages alive; where a
 * chain grows or is removed while it reads, it looks again. Used once, by one thread.
 */
final class Verification {
    private static final int PAGE = 500;

    private final Handle handle;
    private final Verifier.Listener listener;
    private final RecordCheck records;
    private long faults;
    private long stubs;
    private long chains;
    private long events;
    private long jobs;
    private long unprovable;

    Verification(Handle handle, Verifier.Listener listener) {
        this.handle = handle;
        this.listener = new Counting(listener);
        this.records = new RecordCheck(handle);
    }

    private final class Counting implements Verifier.Listener {
        private final Verifier.Listener inner;

        Counting(Verifier.Listener inner) {
            this.inner = inner;
        }

        @Override
        public void progress(long done, long of, long read) {
            inner.progress(done, of, read);
        }

        @Override
        public void fault(Verifier.Fault fault) {
            faults++;
            inner.fault(fault);
        }

        @Override
        public void stub(Verifier.Stub stub) {
            stubs++;
            inner.stub(stub);
        }
    }

    Verifier.Verdict run(Verifier.Moment wanted) {
        LedgerHead head = LedgerHead.read(handle);
        Verifier.Moment moment = wanted == null ? new Verifier.Moment(head.entry(), head.removals()) : wanted;
        Anchors anchors = new Anchors(moment);
        StubCheck stubCheck = new StubCheck(handle, listener);
        stubCheck.run(head, moment.removals());
        chains(head, anchors);
        beyond(head);
        orphans();
        jobs(head);
        return new Verifier.Verdict(
                chains, events, jobs, unprovable, stubs, faults, anchors.anchor(stubCheck.linkAtMoment()));
    }

    private void chains(LedgerHead head, Anchors anchors) {
        byte[] opening = null;
        boolean known = true;
        long next = 1;
        while (next <= head.chains()) {
            long last = Math.min(head.chains(), next + PAGE - 1);
            List<Chain> page = handle.createQuery("SELECT " + Chain.COLUMNS
                            + " FROM chains WHERE number >= ? AND number <= ? ORDER BY number")
                    .bind(0, next)
                    .bind(1, last)
                    .map((rows, context) -> Chain.of(rows))
                    .list();
            int at = 0;
            for (; next <= last; next++) {
                Chain chain = at < page.size() && page.get(at).number() == next ? page.get(at++) : null;
                byte[] own = chain == null ? null : chain(chain, opening, known, anchors);
                if (own == null) {
                    own = removed(next, anchors);
                }
                known = own != null;
                opening = own;
            }
            listener.progress(next - 1, head.chains(), events);
        }
        if (known && !Arrays.equals(opening, head.opening())) {
            listener.fault(new Verifier.Fault(
                    "ledger-head-changed", null, null, null, "the ledger's head does not name the last chain"));
        }
    }

    /** Verifies a chain; returns its opening, or null when it has been removed meanwhile. */
    private byte[] chain(Chain chain, byte[] previous, boolean known, Anchors anchors) {
        RecordCheck.RunFold fold = records.new RunFold();
        ChainWalk walk = new ChainWalk(chain, previous, anchors.moment().entry(), fold::add);
        walk.read(handle);
        List<Verifier.Fault> found = new ArrayList<>(walk.faults());
        if (!known) {
            // The chain before is missing, which was said; the first link cannot be recomputed without it.
            found.removeIf(fault -> fault.what().equals("event-changed") && fault.entry() == chain.firstEntry());
        }
        strangers(chain, walk, found);
        if (found.isEmpty()) {
            fold.fault(chain.run()).ifPresent(found::add);
            missingJob(chain).ifPresent(found::add);
        }
        if (!found.isEmpty() && StubCheck.ofChain(handle, chain.number()).isPresent()) {
            return null;
        }
        found.forEach(listener::fault);
        walk.anchor(anchors);
        chains++;
        events += walk.events();
        return chain.opening();
    }

    /** Events of the run that do not belong to the chain, though no other chain and no stub claims them. */
    private void strangers(Chain chain, ChainWalk walk, List<Verifier.Fault> found) {
        for (StoredEvent event : walk.before()) {
            if (!StubCheck.waits(handle, event.run(), event.entry())) {
                found.add(forged(event, "it is older than the chain of its run"));
            }
        }
        if (!walk.after().isEmpty() && chain.same(reread(chain.number()))) {
            walk.after().forEach(event -> found.add(forged(event, "the chain of its run ends before it")));
        }
    }

    private static Verifier.Fault forged(StoredEvent event, String why) {
        return new Verifier.Fault(
                "event-forged",
                new RunId(event.run()),
                event.seq(),
                event.entry(),
                "this event was never counted: " + why);
    }

    private Chain reread(long number) {
        return handle.createQuery("SELECT " + Chain.COLUMNS + " FROM chains WHERE number = ?")
                .bind(0, number)
                .map((rows, context) -> Chain.of(rows))
                .findOne()
                .orElse(null);
    }

    private Optional<Verifier.Fault> missingJob(Chain chain) {
        return handle.createQuery(
                        "SELECT e.seq AS seq, e.job AS job FROM events e LEFT JOIN jobs j ON j.entry = e.job WHERE"
                                + " e.run_id = ? AND e.type IN ('job_started', 'job_unresumable') AND"
                                + " j.entry IS NULL AND"
                                + " e.job IS NOT NULL ORDER BY e.seq LIMIT 1")
                .bind(0, chain.run())
                .map((rows, context) -> new Verifier.Fault(
                        "job-missing",
                        new RunId(chain.run()),
                        rows.getLong("seq"),
                        rows.getLong("job"),
                        "job " + rows.getLong("job") + ", which this event tells of, is missing"))
                .findOne();
    }

    /** The opening of a chain that is no chain any more; null when nothing is left of it. */
    private byte[] removed(long number, Anchors anchors) {
        Optional<StubCheck.Row> stub = StubCheck.ofChain(handle, number);
        if (stub.isEmpty()) {
            listener.fault(new Verifier.Fault(
                    "chain-missing",
                    null,
                    null,
                    null,
                    "chain " + number + " is missing: a run or a save was taken out whole"));
            anchors.addUnknown();
            return null;
        }
        ChainLink.StubFacts facts = stub.get().facts();
        if (facts.lastEntry() <= anchors.moment().entry()) {
            anchors.add(number, facts.run(), facts.events(), facts.head());
        } else if (facts.firstEntry() <= anchors.moment().entry()) {
            anchors.addUnknown();
        }
        return facts.opening();
    }

    /**
     * Chains that the head does not count. A new one is counted in the same commit, so the head is read in the same
     * statement.
     */
    private void beyond(LedgerHead head) {
        handle.createQuery("SELECT c.number AS number, c.run_id AS run_id, c.first_entry AS entry FROM chains c,"
                        + " ledger_head h WHERE c.number > h.chains OR c.number < 1 ORDER BY c.number LIMIT 10")
                .map((rows, context) -> new Verifier.Fault(
                        "chain-forged",
                        new RunId(rows.getObject("run_id", UUID.class)),
                        null,
                        null,
                        "chain " + rows.getLong("number") + " is not among the ledger's " + head.chains() + " chains"))
                .forEach(listener::fault);
    }

    /** Events whose run has no chain, one step into the index for each run. */
    private void orphans() {
        record Found(UUID run, boolean chained, StoredEvent first) {}
        UUID run = new UUID(0, 0);
        String sql =
                "SELECT e.run_id AS run_id, e.seq AS seq, e.entry AS entry, c.number AS number FROM events e LEFT JOIN"
                        + " chains c ON c.run_id = e.run_id WHERE e.run_id > ? ORDER BY e.run_id, e.seq LIMIT 1";
        for (Optional<Found> found; ; run = found.get().run) {
            found = handle.createQuery(sql)
                    .bind(0, run)
                    .map((rows, context) -> {
                        UUID id = rows.getObject("run_id", UUID.class);
                        return new Found(
                                id,
                                rows.getObject("number", Long.class) != null,
                                new StoredEvent(
                                        id, rows.getLong("seq"), rows.getLong("entry"), null, null, null, null, null));
                    })
                    .findOne();
            if (found.isEmpty()) {
                return;
            }
            if (!found.get().chained
                    && !StubCheck.waits(
                            handle, found.get().run, found.get().first.entry())
                    && there(found.get().first)) {
                listener.fault(forged(found.get().first, "its run has no chain"));
            }
        }
    }

    /** Whether the event is still there and its run still without a chain: it may have been swept meanwhile. */
    private boolean there(StoredEvent event) {
        return handle.createQuery("SELECT COUNT(*) FROM events e LEFT JOIN chains c ON c.run_id = e.run_id WHERE"
                                + " e.run_id = ? AND e.seq = ? AND c.number IS NULL")
                        .bind(0, event.run())
                        .bind(1, event.seq())
                        .mapTo(Long.class)
                        .one()
                > 0;
    }

    private void jobs(LedgerHead head) {
        for (long last = 0; ; ) {
            List<Long> page = handle.createQuery("SELECT entry FROM jobs WHERE entry > ? ORDER BY entry LIMIT ?")
                    .bind(0, last)
                    .bind(1, PAGE)
                    .mapTo(Long.class)
                    .list();
            if (page.isEmpty()) {
                return;
            }
            for (long entry : page) {
                switch (records.job(entry)) {
                    case PROVEN -> jobs++;
                    case UNPROVABLE -> unprovable++;
                    case CHANGED ->
                        listener.fault(new Verifier.Fault(
                                "job-changed",
                                null,
                                null,
                                entry,
                                "what the ledger shows of job " + entry + " does not follow from its events"));
                    case GONE -> {}
                }
            }
            last = page.get(page.size() - 1);
            listener.progress(chains + stubs, head.chains(), events);
        }
    }
}
