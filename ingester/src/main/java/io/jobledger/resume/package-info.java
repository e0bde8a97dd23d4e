/** Finds the record that a resume needs: in the ledger first, then in the mirrors. */
package io.jobledger.resume;
