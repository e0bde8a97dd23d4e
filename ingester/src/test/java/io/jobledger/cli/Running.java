package io.jobledger.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;

/** A command that runs in this process, on a thread of its own. */
final class Running {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final CompletableFuture<Integer> code;

    /** Starts it. */
    Running(String... words) {
        CommandLine command = Main.commandLine(words);
        command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        code = CompletableFuture.supplyAsync(() -> command.execute(words));
    }

    /** Waits until it has written this to either of its streams. */
    void says(String text) {
        await().atMost(LIMIT).until(() -> code.isDone() || (out + "\n" + err).contains(text));
        assertThat(out + "\n" + err).contains(text);
    }

    Ran ended() throws Exception {
        return new Ran(code.get(LIMIT.toSeconds(), TimeUnit.SECONDS), out.toString(), err.toString());
    }
}
