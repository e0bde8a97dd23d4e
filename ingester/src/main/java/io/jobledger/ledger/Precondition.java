package io.jobledger.ledger;

import io.jobledger.ledger.JobLookup.Known;
import io.jobledger.ledger.JobLookup.Narrowing;
import io.jobledger.model.JobKey;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What must hold of a key for a batch to be stored. The writer asks inside the transaction that stores the batch, so
 * nothing comes in between, whichever ingester it comes from.
 *
 * @param narrowing of the question that the caller asked before
 * @param holds is given what the ledger knows of the key then; quick, and without side effects
 */
public record Precondition(JobKey key, Narrowing narrowing, Predicate<Optional<Known>> holds) {}
