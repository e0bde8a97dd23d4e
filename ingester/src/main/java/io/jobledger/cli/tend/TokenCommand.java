package io.jobledger.cli.tend;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.auth.Scope;
import io.jobledger.auth.Token;
import io.jobledger.auth.TokenAdmin;
import io.jobledger.auth.TokenStoreException;
import io.jobledger.cli.serve.AccessStores;
import io.jobledger.cli.serve.SettingFlags;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.cli.view.RecordColumn;
import io.jobledger.cli.view.ShownTimes;
import io.jobledger.config.Durations;
import io.jobledger.config.LedgerLocation;
import io.jobledger.config.Settings;
import io.jobledger.json.Json;
import io.jobledger.terminal.Palette;
import io.jobledger.terminal.Terminal;
import io.jobledger.trail.TrailException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/**
 * {@code token}: makes, lists and revokes bearer tokens in the data directory, or in the database that ingesters share.
 * Whoever may write there may make tokens: that is how the first one is made, with the server running or not. Give it
 * the same data directory and ledger as the server.
 */
@Command(
        name = "token",
        description =
                "Makes, lists and revokes bearer tokens. Works on the data directory or the PostgreSQL ledger itself,"
                        + " whether an ingester runs or not.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(create | ls | revoke)")
public final class TokenCommand implements Runnable {
    private static final Clock CLOCK = Clock.systemUTC();

    @Spec
    private CommandSpec spec;

    private TokenCommand() {}

    public static CommandLine commandLine() {
        TokenCommand token = new TokenCommand();
        CommandLine line = new CommandLine(token);
        for (Work command : List.of(new Create(), new Ls(), new Revoke())) {
            line.addSubcommand(command);
        }
        // A command stands there once for each of its names.
        line.getSubcommands().values().stream()
                .distinct()
                .forEach(command -> SettingFlags.add(command.getCommandSpec(), SettingFlags.ACCESS));
        return line;
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** What the three share. */
    private abstract static class Work implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @ParentCommand
        private TokenCommand parent;

        private String place;
        private Settings settings;

        @Override
        public Integer call() {
            settings = SettingFlags.load(spec);
            try (AccessStores access = AccessStores.open(settings, CLOCK)) {
                place = access.tokensIn();
                work(new TokenAdmin(access.tokens(), access.trail(), CLOCK));
            } catch (IllegalArgumentException | TokenStoreException | TrailException e) {
                throw new CommandFailed(e.getMessage());
            }
            return CommandLine.ExitCode.OK;
        }

        abstract void work(TokenAdmin tokens);

        final PrintWriter out() {
            return spec.commandLine().getOut();
        }

        final PrintWriter err() {
            return spec.commandLine().getErr();
        }

        /** Whether no ingester has worked with these settings yet, so that they may be those of none. */
        final boolean unused() {
            return settings.ledger() instanceof LedgerLocation.File file && !Files.exists(file.base());
        }

        /** Where the tokens are, for people. */
        final String place() {
            return place;
        }
    }

    /** Who uses this machine, for lists and the trail. */
    static String user() {
        return "user " + System.getProperty("user.name", "?");
    }

    @Command(name = "create", description = "Makes a token and shows it, this once.", mixinStandardHelpOptions = true)
    private static final class Create extends Work {
        @Option(
                names = "--scope",
                required = true,
                paramLabel = "SCOPE",
                split = ",",
                description = "ingest: send events, save jobs. read: read everything. admin: everything. Several are"
                        + " separated by commas.")
        private List<String> scopes;

        @Option(
                names = "--name",
                paramLabel = "NAME",
                description = "How lists and logs call it. Default: made from its id.")
        private String name;

        @Option(
                names = "--expires",
                paramLabel = "DURATION",
                description = "How long it works, like 12h or 90d. Default: until it is revoked.")
        private String expires;

        @Option(
                names = "--from-file",
                paramLabel = "FILE",
                description =
                        "Takes the token from the first line of this file instead of making one: jl_ and 64 random"
                                + " hexadecimal digits. One that works already is left as it is. For secrets that a"
                                + " machine is given.")
        private Path file;

        private String text() {
            try (Stream<String> lines = Files.lines(file)) {
                return lines.findFirst().orElse("").strip();
            } catch (IOException | UncheckedIOException e) {
                throw new CommandFailed("the file " + file + " (--from-file) cannot be read: "
                        + e.getClass().getSimpleName());
            }
        }

        private Set<Scope> parsed() {
            try {
                return Scope.parse(String.join(",", scopes));
            } catch (IllegalArgumentException e) {
                throw new CommandFailed(ExitCodes.USAGE, e.getMessage());
            }
        }

        private Duration life() {
            try {
                return Durations.parse(expires);
            } catch (IllegalArgumentException e) {
                throw new CommandFailed(
                        ExitCodes.USAGE, "--expires must be a time like 12h or 90d, not '" + expires + "'");
            }
        }

        @Override
        void work(TokenAdmin tokens) {
            Set<Scope> parsed = parsed();
            Duration life = expires == null ? null : life();
            boolean first = tokens.list().isEmpty();
            if (file != null) {
                Token taken = tokens.take(text(), parsed, name, life, user());
                err().println("token '" + taken.name() + "' (" + taken.id() + ") is kept as a hash in " + place());
                return;
            }
            TokenAdmin.Made made = tokens.create(parsed, name, life, user());
            out().println(made.text());
            err().println("token '" + made.token().name() + "' (" + made.token().id() + ") is kept as a hash in "
                    + place() + "; the line above is shown this once");
            if (first) {
                err().println("it is the first one there: an ingester that takes its tokens from " + place()
                        + " wants one with every request from now on");
            }
            if (unused()) {
                err().println("jobledger: warning: no ingester has used this place yet. If one runs with another"
                        + " --data-dir, --ledger or --config, or as another user, give this command the same");
            }
        }
    }

    @Command(
            name = "ls",
            aliases = "list",
            description = "Lists tokens, oldest first; never what they are.",
            mixinStandardHelpOptions = true)
    private static final class Ls extends Work {
        private enum Format {
            table,
            json
        }

        @Option(
                names = {"-o", "--output"},
                paramLabel = "FORMAT",
                defaultValue = "table",
                description = "table or json. Default: table.")
        private Format format;

        @Override
        void work(TokenAdmin tokens) {
            Instant now = CLOCK.instant();
            ArrayNode rows = JsonNodeFactory.instance.arrayNode();
            for (Token token : tokens.list()) {
                rows.addObject()
                        .put("id", token.id())
                        .put("name", token.name())
                        .put(
                                "scopes",
                                token.scopes().stream()
                                        .sorted()
                                        .map(Scope::wire)
                                        .collect(Collectors.joining(",")))
                        .put("state", token.state(now))
                        .put("created_at", Json.time(token.createdAt()))
                        .put("created_by", token.createdBy())
                        .put("expires_at", Json.time(token.expiresAt()))
                        .put("revoked_at", Json.time(token.revokedAt()));
            }
            if (format == Format.json) {
                ObjectNode all = JsonNodeFactory.instance.objectNode();
                all.set("tokens", rows);
                out().println(all.toPrettyString());
            } else if (rows.isEmpty()) {
                out().println("no tokens in " + place());
            } else {
                RecordColumn.table(
                                out(),
                                Stream.of("id", "name", "scopes", "state", "created_at", "created_by", "expires_at")
                                        .map(RecordColumn::named)
                                        .toList(),
                                new ShownTimes(ZoneId.systemDefault(), now),
                                Terminal.width(System.getenv()),
                                Palette.of(Palette.When.auto, Terminal.output(), System.getenv()))
                        .print(rows);
            }
        }
    }

    @Command(
            name = "revoke",
            description = "Ends a token, within a second or two wherever an ingester runs.",
            mixinStandardHelpOptions = true)
    private static final class Revoke extends Work {
        @Parameters(
                paramLabel = "TOKEN",
                description = "Its id or its name, as 'token ls' shows them; never the token itself.")
        private String which;

        @Override
        void work(TokenAdmin tokens) {
            if (which.startsWith("jl_")) {
                throw new CommandFailed(
                        ExitCodes.USAGE, "name the token by its id or name: a command line can be read by other users");
            }
            Token revoked = tokens.revoke(which, user());
            out().println("revoked '" + revoked.name() + "' (" + revoked.id() + ")");
        }
    }
}
