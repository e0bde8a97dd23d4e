/**
 * {@code jobs}: lists them, says what is overdue and how to resume it, watches them while they change, waits for them,
 * and acts on them, where it takes a look at a host by the user's own Ansible.
 *
 * <p>Threads: {@code feed} follows the ingester and hands its news over a queue; the main thread draws.
 */
package io.jobledger.cli.jobs;
