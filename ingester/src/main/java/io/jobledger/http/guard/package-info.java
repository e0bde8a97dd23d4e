/**
 * What stands before every route: limits on connections, requests and bytes, TLS, tokens and sessions, the log of
 * requests; and how all routes refuse.
 *
 * <p>Invariants: nothing that a client sends is held without being counted; every refusal is a problem document of RFC
 * 9457 that says what is wrong, where, and what to do; a token never reaches a log. Netty below Vert.x is named only
 * here.
 *
 * <p>Threads: event loops; {@code access-log} writes the log of requests and drops lines rather than hold up a request.
 */
package io.jobledger.http.guard;
