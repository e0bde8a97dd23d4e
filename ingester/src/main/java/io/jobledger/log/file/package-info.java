/**
 * The log in files: {@link io.jobledger.log.file.FileLog} keeps it in segments {@code <first entry>.jlog} of one
 * directory, with {@code head} beside them, which says how far the log must reach, and {@code lock}.
 *
 * <p>A segment begins with a {@link io.jobledger.log.file.SegmentHeader}, written and synced before the file gets its
 * name. Records follow as they are appended ({@link io.jobledger.log.file.RecordCodec}), in blocks of some 128 KiB,
 * which are only a way to count them. A closed segment is rewritten: each block compressed, and behind them the blocks'
 * places and the numbers of each run ({@link io.jobledger.log.file.SegmentIndex}). The file keeps its name, so a reader
 * has the old file or the new.
 *
 * <p>Why 128 KiB: of 20,000 events of a made-up site, 628 bytes each when each is a record of its own, blocks of 64,
 * 128 and 256 KiB leave 91, 87 and 84; of 100,000 in records of 64, 558 bytes each, they leave 37, 34 and 32. More than
 * half of an event that is a record of its own is then hash and checksum. Larger blocks save little, and each event of
 * a run that is looked up costs a block. {@code bench/LogBench} measures it.
 *
 * <p>Invariants: a record is written when the record before it is synced; after a failure nothing is written to that
 * file again, and the next segment's header says which record it follows, so what else is there is ignored; readers get
 * only what is synced; a rewritten segment is whole and synced before it has the name. Only the end of the last
 * segment, and only where nothing whole follows, is taken for what a loss of power left, and cut.
 *
 * <p>Threads: the caller's, one at a time, appends and purges; {@code log-compressor} rewrites closed segments; any
 * thread reads. All may block on the disk, except in {@code head}.
 */
package io.jobledger.log.file;
