/**
 * How things look: words, times and names as people read them, and the geometry of pictures. Pure functions of what the
 * ledger answered: no I/O, no request, no template. Thread-safe. Public for the templates, which are of the package
 * above.
 */
package io.jobledger.http.pages.view;
