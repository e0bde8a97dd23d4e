/**
 * A mirror in a bucket of a store that speaks S3. The SDK is named only here, and none of it is loaded unless such a
 * mirror is used.
 *
 * <p>Invariants: a put replaces exactly the state that it was told of where the store can do that, and is preceded by a
 * read where it cannot; complaints name what is wrong and where, and never a secret.
 *
 * <p>Threads: callers' own.
 */
package io.jobledger.sink.mirror.s3;
