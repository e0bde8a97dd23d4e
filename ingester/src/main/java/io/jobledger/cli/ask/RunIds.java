package io.jobledger.cli.ask;

import java.util.regex.Pattern;

/** Ids of runs as people type them: whole, or as much of one as is enough. */
public final class RunIds {
    static final String MEANT = "As 'runs ls' shows it; its first 8 characters will do.";

    /** The beginning of one, and not all of it. */
    private static final Pattern BEGUN = Pattern.compile("[0-9a-f]{8}[0-9a-f-]{0,27}");

    private RunIds() {}

    /** The whole id; asks the ingester where it is only begun. What is no id at all, the ingester will refuse. */
    public static String whole(ApiClient api, String given) {
        return given != null && BEGUN.matcher(given).matches()
                ? api.get("/api/v1/runs/" + ApiClient.escape(given))
                        .path("run_id")
                        .asText(given)
                : given;
    }
}
