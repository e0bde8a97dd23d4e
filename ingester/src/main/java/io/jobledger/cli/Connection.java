package io.jobledger.cli;

import picocli.CommandLine.Option;

/** Which ingester a command talks to. */
final class Connection {
    @Option(names = "--url", paramLabel = "URL", defaultValue = "${env:JOBLEDGER_URL:-http://127.0.0.1:8740}",
            description = "The ingester (JOBLEDGER_URL). Default: http://127.0.0.1:8740.")
    private String url;

    ApiClient api() {
        return new ApiClient(url);
    }
}
