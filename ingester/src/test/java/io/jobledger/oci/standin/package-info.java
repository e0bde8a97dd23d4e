/**
 * A stand-in for OCI Object Storage: a server that answers the SDK as OCI does, as far as a mirror can tell, and fails
 * as OCI fails when told to. It is not part of the program; the tests and the demo use it. Nothing outside this package
 * is imported but Vert.x and Jackson.
 */
package io.jobledger.oci.standin;
