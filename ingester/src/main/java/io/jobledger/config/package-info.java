/**
 * Every setting of the ingester, in one table ({@link io.jobledger.config.Setting}), and its typed value
 * ({@link io.jobledger.config.Settings}).
 */
package io.jobledger.config;
