/**
 * Text for people: tables that fit, names that cannot steer a terminal, colours, durations. Knows nothing of the
 * product.
 */
package io.jobledger.terminal;
