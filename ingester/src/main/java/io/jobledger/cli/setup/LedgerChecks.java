package io.jobledger.cli.setup;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.ask.ApiClient;
import io.jobledger.cli.context.ClientSettings;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.Refused;
import io.jobledger.cli.view.ShownTimes;
import io.jobledger.cli.view.Version;
import io.jobledger.terminal.ShortDurations;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a command finds when it asks the ingester: reach, certificate, versions, clocks, token, records, mirrors. */
final class LedgerChecks {
    /** Below it somebody should see to the next certificate. */
    private static final long CERTIFICATE_DAYS = 14;
    /** What the way there and back does not explain; deadlines and ages are wrong by as much. */
    private static final Duration SKEW = Duration.ofSeconds(5);

    private static final Duration SOON = Duration.ofDays(14);

    private final ClientSettings settings;
    private final Clock clock;
    private final List<Finding> found = new ArrayList<>();

    LedgerChecks(ClientSettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
    }

    /** Asks; a failure is a finding. */
    List<Finding> all() {
        ApiClient api;
        JsonNode about;
        Instant before;
        try {
            api = new ApiClient(settings);
            before = clock.instant();
            about = api.get("/api/v1");
        } catch (Refused e) {
            found.add(Finding.good("ingester", settings.url() + " answers (" + settings.urlFrom() + ")"));
            found.add(Finding.bad("token", firstLine(e), lines(e)));
            return found;
        } catch (CommandFailed e) {
            found.add(Finding.bad("ingester", firstLine(e), lines(e)));
            return found;
        }
        found.add(Finding.good("ingester", settings.url() + " answers (" + settings.urlFrom() + ")"));
        certificate(api);
        versions(about.path("version").asText("?"));
        clocks(about, before, clock.instant());
        token(about.path("caller"));
        records(api);
        mirrors(api, about.path("caller"));
        return found;
    }

    private void certificate(ApiClient api) {
        Optional<X509Certificate> certificate;
        try {
            certificate = api.certificate();
        } catch (CommandFailed e) {
            found.add(Finding.bad("certificate", firstLine(e), null));
            return;
        }
        if (certificate.isEmpty()) {
            boolean local = settings.url().matches("http://(127\\.0\\.0\\.1|localhost|\\[::1])(:.*|/.*|)");
            found.add(
                    local
                            ? Finding.none("certificate", "none is needed on this machine's own address")
                            : Finding.bad(
                                    "certificate",
                                    "the ingester has none: tokens and records cross the network unencrypted",
                                    "give it --tls-cert and --tls-key, and use https://"));
            return;
        }
        Instant end = certificate.get().getNotAfter().toInstant();
        long days = Duration.between(clock.instant(), end).toDays();
        String text = "lasts " + days + " days more, until " + end;
        found.add(
                days >= CERTIFICATE_DAYS
                        ? Finding.good("certificate", text)
                        : Finding.bad(
                                "certificate",
                                text,
                                "put a new one in its place; the ingester takes it without a restart"));
    }

    private void versions(String theirs) {
        String ours = Version.number();
        found.add(
                theirs.equals(ours)
                        ? Finding.good("versions", "both sides are jobledger " + ours)
                        : Finding.none("versions", "the ingester is " + theirs + ", this command is " + ours));
    }

    private void clocks(JsonNode about, Instant before, Instant after) {
        Optional<Instant> theirs = ShownTimes.parse(about.path("time").asText(null));
        if (theirs.isEmpty()) {
            found.add(Finding.none("clocks", "the ingester does not say what time it is"));
            return;
        }
        // At some moment between the two it was that time there.
        Duration ahead = Duration.between(after, theirs.get());
        Duration behind = Duration.between(theirs.get(), before);
        Duration apart = ahead.compareTo(behind) > 0 ? ahead : behind;
        found.add(
                apart.compareTo(SKEW) <= 0
                        ? Finding.good("clocks", "this machine and the ingester agree")
                        : Finding.bad(
                                "clocks",
                                "the ingester's clock is " + ShortDurations.text(apart)
                                        + (ahead.compareTo(behind) > 0 ? " ahead of" : " behind") + " this machine's",
                                "let both take their time from NTP: deadlines and ages are wrong by as much"));
    }

    private void token(JsonNode caller) {
        if (!caller.path("token_id").isTextual()) {
            found.add(Finding.none("token", "the ingester wants none: whoever reaches it may do everything"));
            return;
        }
        List<String> scopes = new ArrayList<>();
        caller.path("scopes").forEach(scope -> scopes.add(scope.asText()));
        Optional<Instant> end = ShownTimes.parse(caller.path("expires_at").asText(null));
        String text = "'" + caller.path("name").asText() + "' may " + String.join(", ", scopes)
                + end.map(at -> ", until " + at).orElse("");
        if (end.isPresent() && end.get().isBefore(clock.instant().plus(SOON))) {
            found.add(Finding.bad(
                    "token", text, "make another in time: jobledger token create, where the ingester runs"));
        } else {
            found.add(Finding.good("token", text));
        }
    }

    private void records(ApiClient api) {
        try {
            JsonNode ready = api.get("/readyz");
            String status = ready.path("status").asText();
            found.add(
                    status.equals("ok")
                            ? Finding.good("ledger", "it can store events, and its records are up to date")
                            : Finding.bad(
                                    "ledger",
                                    "it is " + status + ": its records are "
                                            + ready.path("records")
                                                    .path("lag_entries")
                                                    .asLong() + " entries behind, "
                                            + ready.path("records")
                                                    .path("set_aside")
                                                    .asLong() + " are set aside",
                                    status.equals("behind")
                                            ? "wait until it has caught up; 'jobledger stats' shows as of when it is"
                                            : "read the ingester's log, and docs/how-to/recover.md"));
        } catch (CommandFailed e) {
            found.add(Finding.bad("ledger", firstLine(e), "read the ingester's log"));
        }
    }

    private void mirrors(ApiClient api, JsonNode caller) {
        List<String> scopes = new ArrayList<>();
        caller.path("scopes").forEach(scope -> scopes.add(scope.asText()));
        if (!scopes.contains("read") && !scopes.contains("admin")) {
            found.add(Finding.none("mirrors", "the token may not read, so they are not seen"));
            return;
        }
        try {
            for (JsonNode mirror : api.get("/api/v1/mirrors").path("mirrors")) {
                long pending = mirror.path("pending").asLong();
                long blocked = mirror.path("blocked").asLong();
                boolean failing = mirror.path("last_error").isTextual();
                String text =
                        mirror.path("uri").asText() + " lacks " + pending + " records, " + blocked + " of them blocked"
                                + (failing ? ": " + mirror.path("last_error").asText() : "");
                found.add(
                        failing || blocked > 0
                                ? Finding.bad("mirror", text, "jobledger mirror check; then jobledger mirror retry")
                                : Finding.good("mirror", text));
            }
        } catch (CommandFailed e) {
            found.add(Finding.bad("mirrors", firstLine(e), null));
        }
    }

    static String firstLine(CommandFailed e) {
        return e.getMessage().lines().findFirst().orElse("");
    }

    private static String lines(CommandFailed e) {
        List<String> more = e.getMessage().lines().skip(1).toList();
        return more.isEmpty() ? null : String.join(" ", more);
    }
}
