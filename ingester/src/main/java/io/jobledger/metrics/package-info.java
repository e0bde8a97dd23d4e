/**
 * What the ingester counts, for Prometheus. Micrometer stands only here. docs/reference/metrics.md lists every metric.
 */
package io.jobledger.metrics;
