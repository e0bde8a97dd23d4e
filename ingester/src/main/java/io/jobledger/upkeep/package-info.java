/** What keeps the ledger small and honest, above its ports: verification and anchors as JSON, and retention in the background. */
package io.jobledger.upkeep;
