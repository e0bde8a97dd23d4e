/** Files that only their owner may read, and files that are never seen half written. */
package io.jobledger.files;
