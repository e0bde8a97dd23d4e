/**
 * The pages for people: reads the ledger, and renders HTML text. Templates are in src/main/jte, style and scripts in the resources of this package. Knows nothing of HTTP but
 * the form of its own links.
 */
package io.jobledger.http.pages;
