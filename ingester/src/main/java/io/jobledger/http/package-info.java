/** The HTTP API: routes on Vert.x, problems by RFC 9457. Database and mirrors are never touched on an event loop. docs/openapi.yaml is the contract. */
package io.jobledger.http;
