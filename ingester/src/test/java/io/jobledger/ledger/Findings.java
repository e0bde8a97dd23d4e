package io.jobledger.ledger;

import java.util.ArrayList;
import java.util.List;

/** What a verification tells. */
public final class Findings implements Verifier.Listener {
    public final List<Verifier.Fault> faults = new ArrayList<>();
    public final List<Verifier.Removal> removals = new ArrayList<>();
    public final List<Verifier.Epoch> epochs = new ArrayList<>();
    public Verifier.Verdict verdict;

    /** Verifies the log, and the records too. */
    public static Findings deep(Ledger ledger) {
        return of(ledger.upkeep().verifier(), null, true);
    }

    public static Findings of(Verifier verifier, Long asOf, boolean deep) {
        Findings findings = new Findings();
        findings.verdict = verifier.verify(new Verifier.Question(asOf, deep), findings);
        return findings;
    }

    @Override
    public void progress(long entry, long of) {}

    @Override
    public void fault(Verifier.Fault fault) {
        faults.add(fault);
    }

    @Override
    public void removal(Verifier.Removal removal) {
        removals.add(removal);
    }

    @Override
    public void epoch(Verifier.Epoch epoch) {
        epochs.add(epoch);
    }
}
