/**
 * Wire JSON to events, and what is wrong with it, said per event and field. docs/reference/events.md is the contract.
 */
package io.jobledger.event;
