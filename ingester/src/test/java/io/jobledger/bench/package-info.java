/**
 * What the benchmarks in {@code bench/} need from Java: ledgers full of made-up history, a load generator, and the
 * floors that results are compared with. Packaged as {@code jobledger-bench.jar}; no part of the program uses it.
 */
package io.jobledger.bench;
