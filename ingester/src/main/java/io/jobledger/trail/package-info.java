/** Who did what to the ledger itself: administrative acts, on disk before they are done. */
package io.jobledger.trail;
