/**
 * JSON in and out: one strict reader that says what is wrong field by field, and the one form of a job record on the
 * wire and in a mirror.
 */
package io.jobledger.json;
