package io.jobledger.http.pages;

import io.jobledger.http.api.EpochId;
import io.jobledger.http.api.Filters;
import io.jobledger.http.guard.Parameters;
import io.jobledger.http.guard.Problem;
import io.jobledger.http.guard.Reads;
import io.jobledger.http.pages.view.Window;
import io.jobledger.json.Json;
import io.jobledger.ledger.AsOf;
import io.jobledger.ledger.query.JobFilter;
import io.jobledger.ledger.query.PageRequest;
import io.jobledger.ledger.query.RunFilter;
import io.jobledger.ledger.query.Sort;
import io.jobledger.model.AnsibleJobId;
import io.jobledger.model.JobKey;
import io.jobledger.model.Names;
import io.jobledger.model.RunId;
import io.jobledger.sink.SinkRelays;
import io.jobledger.sink.mirror.MirrorRelay;
import io.jobledger.sink.mirror.MirroredLog;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;

/** The pages for people, and what they are made of. */
public final class PageRoutes {
    /** Rows of a list where the address does not say. */
    private static final int ROWS = 50;

    private static final String[] PAGING = {"limit", "cursor", "sort"};

    private final Pages pages;
    private final Assets assets;
    private final List<MirrorRelay> relays;
    private final SinkRelays sinks;
    private final PageResponses answers;
    private final Supplier<AsOf> asOf;
    private final Clock clock;
    private final Duration silence;

    public PageRoutes(
            PageResponses answers,
            Assets assets,
            List<MirrorRelay> relays,
            SinkRelays sinks,
            Supplier<AsOf> asOf,
            Clock clock,
            Duration silence) {
        this.pages = answers.pages();
        this.assets = assets;
        this.relays = List.copyOf(relays);
        this.sinks = sinks;
        this.answers = answers;
        this.asOf = asOf;
        this.clock = clock;
        this.silence = silence;
    }

    public void mount(Router router) {
        page(router, "/", context -> {
            Window window = window(new Parameters(context, "window"));
            return () -> pages.overview(
                    window, mirrors(), sinks.all().stream().map(SinkRow::of).toList());
        });
        page(router, "/jobs", context -> {
            Parameters parameters = new Parameters(context, Filters.names(Filters.OF_JOBS, PAGING));
            JobFilter filter = Filters.jobs(parameters, clock.instant());
            PageRequest part = part(parameters, Sort.Key.STARTED_AT, Sort.Key.FINISHED_AT);
            return listed(() -> pages.jobs(filter, part, query(context)));
        });
        page(router, "/runs", context -> {
            Parameters parameters = new Parameters(context, Filters.names(Filters.OF_RUNS, PAGING));
            RunFilter filter = Filters.runs(parameters, clock.instant(), silence);
            PageRequest part = part(parameters, Sort.Key.STARTED_AT, Sort.Key.FINISHED_AT);
            return listed(() -> pages.runs(filter, part, query(context)));
        });
        page(router, "/hosts", context -> {
            PageRequest part = part(new Parameters(context, PAGING), Sort.Key.NAME);
            return listed(() -> pages.hosts(part, query(context)));
        });
        page(router, "/runs/:run_id", context -> {
            Parameters parameters = new Parameters(context, "hosts", "from", "to");
            RunId id = parameters.runId();
            RunPage.View view = view(parameters);
            return () -> pages.run(id, view)
                    .orElseThrow(() -> Problem.of(
                            404, "no-such-run", "no run " + id + " is known", "the page Runs lists the runs"));
        });
        page(router, "/runs/:run_id/compare/:other_id", context -> {
            Parameters parameters = new Parameters(context);
            RunId before = parameters.runId();
            RunId after = parameters.read("other_id", context.pathParam("other_id"), RunId::parse);
            return () -> pages.compare(before, after)
                    .orElseThrow(() -> Problem.of(
                            404, "no-such-run", "one of these runs is not known", "the page Runs lists the runs"));
        });
        page(router, "/job", context -> {
            JobPages.Wanted wanted = wanted(new Parameters(
                    context, "host", "play", "job", "ansible_job_id", "execution_host", "run_id", "find"));
            String server = server(context);
            return () -> pages.job(wanted, server)
                    .orElseThrow(() -> Problem.of(
                            404,
                            "no-such-job",
                            "no such job is known: '" + wanted.key().job() + "' of play '"
                                    + wanted.key().play() + "' on host '"
                                    + wanted.key().host() + "'",
                            "the page Jobs finds jobs by parts of their names"));
        });
        Reads.get(router, "/job/raw")
                .handler(context -> answers.text(context, () -> {
                    Parameters parameters = new Parameters(
                            context, "host", "play", "job", "ansible_job_id", "execution_host", "run_id", "part");
                    JobPages.Wanted wanted = wanted(parameters);
                    String part = name(parameters, "part");
                    return () -> pages.raw(wanted, part)
                            .orElseThrow(() -> Problem.of(
                                    404,
                                    "no-such-output",
                                    "nothing is recorded as '" + part + "' of such a job",
                                    "the setting details of the callback says what is recorded"));
                }));
        page(router, "/host", context -> {
            Parameters parameters = new Parameters(context, "host", "window");
            String host = name(parameters, "host");
            Window window = window(parameters);
            return () -> pages.host(host, window)
                    .orElseThrow(() -> Problem.of(
                            404,
                            "no-such-host",
                            "no job on a host '" + host + "' is known",
                            "the page Hosts lists the hosts"));
        });
        page(router, "/mirrors", context -> {
            new Parameters(context);
            return () -> pages.mirrors(new MirrorsPage(mirrors()));
        });
        Reads.get(router, Assets.PREFIX + ":file").handler(this::asset);
    }

    private void page(Router router, String path, Function<RoutingContext, Callable<String>> reading) {
        Reads.get(router, path).handler(context -> {
            if (!tidied(context)) {
                answers.page(context, reading);
            }
        });
    }

    /** A form sends its empty fields too; an address that people pass on has none of them. */
    private static boolean tidied(RoutingContext context) {
        ListAddress query = query(context);
        Map<String, List<String>> filled = new LinkedHashMap<>();
        query.values().forEach((name, values) -> {
            List<String> texts =
                    values.stream().filter(value -> !value.isEmpty()).toList();
            if (!texts.isEmpty()) {
                filled.put(name, texts);
            }
        });
        if (filled.equals(query.values())) {
            return false;
        }
        context.response()
                .setStatusCode(303)
                .putHeader(
                        "location", new ListAddress(filled).on(context.request().path()))
                .end();
        return true;
    }

    private static ListAddress query(RoutingContext context) {
        Map<String, List<String>> values = new LinkedHashMap<>();
        context.queryParams()
                .names()
                .forEach(name -> values.put(name, context.queryParams().getAll(name)));
        return new ListAddress(values);
    }

    /** A cursor that can be read, but is of another list or sort, is found out where the list is read. */
    private static Callable<String> listed(Callable<String> list) {
        return () -> {
            try {
                return list.call();
            } catch (IllegalArgumentException e) {
                throw Problem.badField("cursor", e.getMessage());
            }
        };
    }

    private static RunPage.View view(Parameters parameters) {
        String hosts = parameters.text("hosts");
        if (hosts != null && !hosts.equals("all")) {
            throw Problem.badField("hosts", "must be all");
        }
        Instant from = parameters.parsed("from", Json::time);
        Instant to = parameters.parsed("to", Json::time);
        if (from != null && to != null && !to.isAfter(from)) {
            throw Problem.badField("to", "must be after from");
        }
        return new RunPage.View(hosts != null, from, to);
    }

    private static Window window(Parameters parameters) {
        Window window = parameters.parsed("window", Window::parse);
        return window == null ? Window.DAY : window;
    }

    private PageRequest part(Parameters parameters, Sort.Key... sorts) {
        return new PageRequest(
                (int) parameters.number("limit", ROWS, 1, PageRequest.MOST),
                parameters.parsed("sort", text -> Sort.parse(text, sorts)),
                parameters.parsed("cursor", text -> EpochId.cursor(asOf.get(), text)));
    }

    private static JobPages.Wanted wanted(Parameters parameters) {
        String executionHost = parameters.text("execution_host");
        if (executionHost != null) {
            name(parameters, "execution_host");
        }
        return new JobPages.Wanted(
                new JobKey(name(parameters, "host"), name(parameters, "play"), name(parameters, "job")),
                executionHost,
                parameters.parsed("ansible_job_id", AnsibleJobId::new),
                parameters.parsed("run_id", RunId::parse),
                parameters.text("find"));
    }

    private static String name(Parameters parameters, String field) {
        String name = parameters.text(field);
        Names.fault(name).ifPresent(why -> {
            throw Problem.badField(field, why);
        });
        return name;
    }

    private List<MirrorsPage.Row> mirrors() {
        return relays.stream()
                .map(relay -> new MirrorsPage.Row(
                        relay.mirror().uri(),
                        relay.backlog(),
                        relay.copy().map(MirroredLog::standing).orElse(null)))
                .toList();
    }

    /** The ingester's URL as the reader's browser knows it: it is shown to that reader and nobody else. */
    private static String server(RoutingContext context) {
        HostAndPort authority = context.request().authority();
        return context.request().scheme() + "://" + (authority == null ? "127.0.0.1" : authority.toString());
    }

    private void asset(RoutingContext context) {
        assets.at(context.request().path())
                .ifPresentOrElse(
                        asset -> {
                            PageResponses.secure(context);
                            context.response()
                                    .putHeader("content-type", asset.contentType())
                                    .putHeader("cache-control", "public, max-age=31536000, immutable")
                                    .end(Buffer.buffer(asset.bytes()));
                        },
                        () -> answers.fail(
                                context,
                                Problem.of(
                                        404,
                                        "no-such-path",
                                        "there is no such file",
                                        "reload the page that named it")));
    }
}
