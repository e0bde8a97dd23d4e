package io.jobledger.cli.view;

import java.util.List;
import java.util.Map;

/** An ingester's hints name its HTTP paths; who types commands is told the commands. */
public final class Hints {
    /** The longest first, since one may begin another. */
    private static final List<Map.Entry<String, String>> COMMANDS = List.of(
            Map.entry("POST /api/v1/jobs/{host}/{play}/{job}/close", "'jobledger jobs close'"),
            Map.entry("GET /api/v1/runs/RUN_ID/events", "'jobledger events RUN_ID'"),
            Map.entry("DELETE /api/v1/runs/RUN_ID", "'jobledger runs delete RUN_ID'"),
            Map.entry("GET /api/v1/jobs?play=unknown", "'jobledger jobs ls --play unknown'"),
            Map.entry("GET /api/v1/jobs?host=…", "'jobledger jobs ls --host HOST'"),
            Map.entry("GET /api/v1/hosts", "'jobledger hosts ls'"),
            Map.entry("GET /api/v1/runs", "'jobledger runs ls'"),
            Map.entry("GET /api/v1/jobs", "'jobledger jobs ls'"));

    private Hints() {}

    /** The hint, with a command for every path that there is one for. */
    public static String forCommands(String hint) {
        String text = hint;
        for (Map.Entry<String, String> each : COMMANDS) {
            text = text.replace(each.getKey(), each.getValue());
        }
        return text;
    }
}
