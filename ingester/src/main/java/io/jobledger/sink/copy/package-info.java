/**
 * The copy of the log that a mirror keeps beside its records: written while the log grows, and read back where the
 * ledger's machine is lost. docs/reference/log-copy.md describes its form.
 *
 * <p>Invariants: an object is put once, under a name of its own, and never changed; the manifest alone is replaced, by
 * a conditional put, after all that it names is there; what it does not name any more is deleted only after that. So
 * after a crash at any put or delete, the manifest that is there names a whole log. Who finds another's manifest where
 * its own should be stops: of two ledgers on one place, one writes.
 *
 * <p>Threads: {@code log-copy}, one a mirror, does all of it. It may block on the mirror, the disk, and the database of
 * what mirrors have; nobody waits for it.
 */
package io.jobledger.sink.copy;
