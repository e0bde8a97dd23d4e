/**
 * A mirror in a bucket of OCI Object Storage. The SDK is named only here, and none of it is loaded unless such a mirror
 * is used.
 *
 * <p>Invariants: a put replaces exactly the state that it was told of, so that two ingesters on one bucket never put an
 * older record over a newer one; complaints name the file, the profile or the permission that is wrong, and never a
 * secret.
 *
 * <p>Threads: callers' own.
 */
package io.jobledger.sink.mirror.oci;
