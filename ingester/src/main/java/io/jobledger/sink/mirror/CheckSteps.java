package io.jobledger.sink.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Takes the steps of a check one after the other. After a failure only those are taken that clean up. Not thread-safe.
 */
public final class CheckSteps {
    private final List<CheckStep> steps = new ArrayList<>();
    private String failed;

    /** What a step does; its answer is the detail that people read. */
    public interface Step extends Callable<String> {
        @Override
        String call();
    }

    /** Takes a step, unless one before it failed; says whether it passed. */
    public boolean take(String name, Step step) {
        if (failed != null) {
            steps.add(CheckStep.skipped(name, "not tried, since '" + failed + "' failed"));
            return false;
        }
        return takeAnyway(name, step);
    }

    /** Takes a step whatever happened before. */
    public boolean takeAnyway(String name, Step step) {
        try {
            steps.add(CheckStep.passed(name, step.call()));
            return true;
        } catch (MirrorException e) {
            steps.add(CheckStep.failed(name, e));
            if (failed == null) {
                failed = name;
            }
            return false;
        }
    }

    public List<CheckStep> result() {
        return List.copyOf(steps);
    }
}
