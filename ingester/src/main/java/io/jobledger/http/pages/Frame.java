package io.jobledger.http.pages;

import io.jobledger.ledger.AsOf;
import java.time.Instant;

/**
 * What surrounds every page.
 *
 * @param title of the document, with names spelt safely
 * @param section which link of the navigation is the current one; empty for none
 * @param stream where the page listens for changes; null when it does not change by itself
 * @param now when it was made: ages are counted from here
 * @param asOf of which moment it speaks at least; null where it says nothing of the ledger
 * @param version of the program
 */
record Frame(String title, String section, String stream, Instant now, AsOf asOf, Assets assets, String version) {}
