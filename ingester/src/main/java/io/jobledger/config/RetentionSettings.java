package io.jobledger.config;

import java.time.Duration;

/**
 * How much history is kept. Null parts keep everything.
 *
 * @param succeeded how long after their start jobs that succeeded are kept
 * @param failed the same for jobs that failed, timed out or were lost
 * @param succeededCount how many of the newest jobs that succeeded are kept
 * @param failedCount the same for each of failed, timed_out and lost
 * @param interval time between two rounds
 */
public record RetentionSettings(
        Duration succeeded, Duration failed, Long succeededCount, Long failedCount, Duration interval) {}
