/**
 * The pages for people: reads the ledger, and renders HTML. Templates are in src/main/jte, style and scripts in the
 * resources of this package.
 *
 * <p>Invariants: templates escape by the place in the HTML; every name is shown so that it cannot steer a reader; pages
 * load nothing from elsewhere.
 *
 * <p>Threads: workers; nothing here may run on an event loop but {@code PageRoutes} and {@code PageResponses}.
 */
package io.jobledger.http.pages;
