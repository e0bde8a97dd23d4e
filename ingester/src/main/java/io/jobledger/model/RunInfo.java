package io.jobledger.model;

import java.util.List;
import java.util.Map;

/**
 * What a run says of itself when it starts. Scalars may be null, collections are never null.
 *
 * @param kind {@code playbook} or {@code adhoc}
 * @param runName the operator's own identifier
 * @param argv the command line, without secrets
 */
public record RunInfo(
        String kind,
        String runName,
        String playbook,
        String playbookPath,
        String user,
        String controller,
        Long pid,
        String ansibleVersion,
        boolean checkMode,
        String limit,
        List<String> tags,
        List<String> skipTags,
        List<String> argv,
        Map<String, String> labels) {

    public RunInfo {
        tags = List.copyOf(tags);
        skipTags = List.copyOf(skipTags);
        argv = List.copyOf(argv);
        labels = Map.copyOf(labels);
    }
}
