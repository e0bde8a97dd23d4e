/**
 * The HTTP server: mounts the routes of the packages below in the order in which a request passes them.
 *
 * <p>{@code guard} stands before every route, {@code api} answers programs, {@code live} streams, {@code pages} answers
 * people. docs/openapi.yaml is the contract.
 *
 * <p>Threads: Vert.x' event loops never touch a database, a file or a mirror. {@code readers} serve resumes and stores,
 * {@code listers} lists, {@code live} the streams; work that blocks is theirs.
 */
package io.jobledger.http;
