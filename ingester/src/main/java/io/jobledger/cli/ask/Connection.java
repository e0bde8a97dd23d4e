package io.jobledger.cli.ask;

import picocli.CommandLine.Option;

/** Which ingester a command talks to. */
public final class Connection {
    @Option(
            names = "--url",
            paramLabel = "URL",
            defaultValue = "${env:JOBLEDGER_URL:-http://127.0.0.1:8740}",
            description = "The ingester (JOBLEDGER_URL). Default: http://127.0.0.1:8740.")
    private String url;

    public ApiClient api() {
        return new ApiClient(url);
    }
}
