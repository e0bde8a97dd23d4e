/**
 * The words of the product as Java types: runs, jobs, keys, events. Immutable, without I/O, and importing no other
 * package.
 */
package io.jobledger.model;
