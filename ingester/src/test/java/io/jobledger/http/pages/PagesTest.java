package io.jobledger.http.pages;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.http.RunningService;
import io.jobledger.json.Json;
import io.jobledger.sink.mirror.file.FileMirror;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.parser.Parser;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The pages as a browser without scripts gets them, over a real ledger. */
class PagesTest {
    private static final String HOSTILE =
            "<script>alert(1)</script>\" onload='x' \u202egnp.exe\u200b & \n${7*7} " + "long ".repeat(200) + "end";

    @TempDir
    static Path directory;

    private static RunningService service;

    @BeforeAll
    static void history() {
        service = new RunningService(directory, List.of(new FileMirror(directory.resolve("mirror"))), Map.of());
        assertThat(service.post(Json.MAPPER
                                .valueToTree(List.of(
                                        json(
                                                "run_started",
                                                run(1),
                                                1,
                                                0,
                                                "kind",
                                                "playbook",
                                                "run_name",
                                                "CHG-7",
                                                "playbook",
                                                "site.yml",
                                                "user",
                                                "deploy",
                                                "controller",
                                                "ci",
                                                "labels",
                                                Map.of("team", "db"),
                                                "argv",
                                                List.of("ansible-playbook", "site.yml")),
                                        json("play_started", run(1), 2, 1, "play", "Upgrade", "playbook", "site.yml"),
                                        started(
                                                run(1),
                                                3,
                                                10,
                                                "db1",
                                                "Upgrade",
                                                "Migrate",
                                                "j1.1",
                                                "async",
                                                60,
                                                "playbook",
                                                "site.yml",
                                                "results_file",
                                                "/root/.ansible_async/j1.1"),
                                        json("job_polled", run(1), 4, 20, "host", "db1", "ansible_job_id", "j1.1"),
                                        started(run(1), 5, 30, "db2", "Upgrade", "Migrate", "j2.2", "async", 7200),
                                        json(
                                                "job_ended",
                                                run(1),
                                                6,
                                                90,
                                                "host",
                                                "db2",
                                                "ansible_job_id",
                                                "j2.2",
                                                "status",
                                                "failed",
                                                "rc",
                                                2,
                                                "message",
                                                "duplicate key",
                                                "details",
                                                Map.of(
                                                        "cmd",
                                                        "migrate --all",
                                                        "stdout",
                                                        "begin\n"
                                                                + "\u001b[31mbad <script>alert(1)</script>\u001b[0m\n"
                                                                + "end\n")),
                                        json(
                                                "job_unresumable",
                                                run(1),
                                                7,
                                                95,
                                                "host",
                                                "db3",
                                                "play",
                                                "Upgrade",
                                                "job",
                                                "Secret",
                                                "task",
                                                "Secret",
                                                "no_log",
                                                true,
                                                "reason",
                                                "no_log hides its id"),
                                        json(
                                                "job_intended",
                                                run(1),
                                                9,
                                                99,
                                                "host",
                                                "db4",
                                                "play",
                                                "Upgrade",
                                                "job",
                                                "Never",
                                                "task",
                                                "Never"),
                                        json(
                                                "run_finished",
                                                run(1),
                                                10,
                                                100,
                                                "stats",
                                                Map.of("db1", Map.of("ok", 3, "changed", 1))),
                                        json(
                                                "run_started",
                                                run(2),
                                                1,
                                                200,
                                                "kind",
                                                "playbook",
                                                "run_name",
                                                HOSTILE,
                                                "playbook",
                                                HOSTILE,
                                                "labels",
                                                Map.of(HOSTILE, HOSTILE)),
                                        started(
                                                run(2),
                                                2,
                                                210,
                                                HOSTILE,
                                                HOSTILE,
                                                HOSTILE,
                                                "<b>j3.3</b>",
                                                "action",
                                                HOSTILE,
                                                "results_file",
                                                HOSTILE),
                                        json(
                                                "job_ended",
                                                run(2),
                                                3,
                                                220,
                                                "host",
                                                HOSTILE,
                                                "ansible_job_id",
                                                "<b>j3.3</b>",
                                                "status",
                                                "lost",
                                                "message",
                                                HOSTILE)))
                                .toString())
                        .statusCode())
                .isEqualTo(200);
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    static List<String> pages() {
        String hostile = encode(HOSTILE);
        return List.of(
                "/",
                "/?window=1h",
                "/jobs",
                "/jobs?host=" + hostile,
                "/runs",
                "/runs/" + run(1),
                "/runs/" + run(2),
                "/runs/" + run(1) + "/compare/" + run(2),
                "/job?host=db1&play=Upgrade&job=Migrate",
                "/job?host=db3&play=Upgrade&job=Secret",
                "/job?host=" + hostile + "&play=" + hostile + "&job=" + hostile,
                "/hosts",
                "/host?host=db1",
                "/host?host=" + hostile,
                "/mirrors",
                "/no/such/page?q=" + hostile,
                "/host?host=nobody" + hostile);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static HttpResponse<String> get(String path) {
        return service.send(service.request(path).header("accept", "text/html,application/xhtml+xml"));
    }

    private static Document page(String path) {
        HttpResponse<String> answer = get(path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Jsoup.parse(answer.body());
    }

    @ParameterizedTest
    @MethodSource("pages")
    void page_isWellFormed_labelled_andHoldsNothingThatRuns(String path) {
        HttpResponse<String> answer = get(path);
        Parser parser = Parser.htmlParser().setTrackErrors(20);
        Document page = parser.parseInput(answer.body(), service.url);
        assertThat(parser.getErrors()).isEmpty();
        assertThat(page.select("h1")).hasSize(1);
        assertThat(page.select("html[lang=en] main#main, header nav")).hasSize(2);
        assertThat(page.select("[style], style, script:not([src]), b b, iframe, base, script[src^=http]"))
                .isEmpty();
        for (Element element : page.getAllElements()) {
            assertThat(element.attributes().asList())
                    .as(element.cssSelector())
                    .noneMatch(attribute -> attribute.getKey().startsWith("on"));
        }
        Set<String> ids = new HashSet<>();
        page.select("[id]")
                .forEach(element ->
                        assertThat(ids.add(element.id())).as(element.id()).isTrue());
        page.select("input:not([type=checkbox]):not([type=hidden]), select")
                .forEach(input -> assertThat(page.select("label[for=" + input.id() + "]"))
                        .as(input.outerHtml())
                        .hasSize(1));
        page.select("[aria-labelledby]").forEach(section -> assertThat(ids).contains(section.attr("aria-labelledby")));
        page.select("table")
                .forEach(table -> assertThat(table.select("> caption")).hasSize(1));
        page.select("th")
                .forEach(header ->
                        assertThat(header.attr("scope")).as(header.outerHtml()).isIn("col", "row"));
        page.select("time").forEach(time -> assertThat(time.attr("datetime")).endsWith("Z"));
        // A field of a form holds its value as it is; everywhere else nothing hides.
        page.select("input").remove();
        assertThat(page.html()).doesNotContain("\u202e", "\u200b", "<script>alert", "<b>j3");
    }

    @ParameterizedTest
    @MethodSource("pages")
    void page_tellsTheBrowserToTrustNothingElse(String path) {
        HttpResponse<String> answer = get(path);
        assertThat(answer.headers().firstValue("content-type")).hasValue("text/html; charset=utf-8");
        assertThat(answer.headers().firstValue("content-security-policy").orElseThrow())
                .contains("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'")
                .doesNotContain("unsafe");
        assertThat(answer.headers().firstValue("x-content-type-options")).hasValue("nosniff");
        assertThat(answer.headers().firstValue("referrer-policy")).isPresent();
    }

    @Test
    void asset_isKeptForEver_underItsDigest() {
        Document page = page("/");
        List<String> paths = page.select("link[href^=/assets/], script[src]").stream()
                .map(element -> element.attr("href") + element.attr("src"))
                .toList();
        assertThat(paths).hasSize(4);
        for (String path : paths) {
            HttpResponse<String> asset = service.get(path);
            assertThat(asset.statusCode()).as(path).isEqualTo(200);
            assertThat(asset.headers().firstValue("cache-control")).hasValue("public, max-age=31536000, immutable");
            assertThat(path).matches("/assets/[a-z.]+\\.[0-9a-f]{12}\\.(css|js|svg)");
        }
        assertThat(service.get("/assets/page.css").statusCode()).isEqualTo(404);
        assertThat(service.get("/assets/%2e%2e/%2e%2e/io/jobledger/cli/Main.class")
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    void overview_countsAndLinks() {
        Document page = page("/");
        assertThat(page.select(".figures .running b").text()).isEqualTo("2");
        assertThat(page.select(".figures .overdue b").text()).isEqualTo("1");
        assertThat(page.select(".figures .failed a").attr("href")).isEqualTo("/jobs?status=failed&since=24h");
        assertThat(page.select("table.bars svg a"))
                .hasSize(4)
                .allMatch(link -> !link.attr("aria-label").isEmpty());
        assertThat(page.select("#main").attr("data-stream")).isEqualTo("/api/v1/stream");
        assertThat(page.select("[aria-labelledby=mirrors] .badge").text()).isNotEmpty();
    }

    @Test
    void job_tellsItsLifeAndHowToResumeIt() {
        Document page = page("/job?host=db1&play=Upgrade&job=Migrate");
        assertThat(page.select(".life li > span:first-child").eachText())
                .containsExactly("Started", "Seen running", "Its deadline passed");
        assertThat(page.select("pre").eachText())
                .hasSize(3)
                .anyMatch(text -> text.contains("curl -fsS " + service.url + "/api/v1/jobs/db1/Upgrade/Migrate"));
        assertThat(page.select(".badge").first().text()).contains("overdue");
        assertThat(page.select("[aria-labelledby=history] tbody tr")).hasSize(1);
    }

    @Test
    void job_showsItsOutcomeAndWhatItPrinted_beforeItsFacts() {
        String address = "/job?host=db2&play=Upgrade&job=Migrate";
        Document page = page(address);
        assertThat(page.select(".note.failed").text()).isEqualTo("duplicate key");
        assertThat(page.select("section").eachAttr("aria-labelledby"))
                .containsExactly("recorded", "life", "history", "facts");
        assertThat(page.select("#cmd-1").text()).isEqualTo("migrate --all");
        assertThat(page.select("ol.lines").last().select("li").eachAttr("value"))
                .containsExactly("1", "2", "3");
        assertThat(page.select("#stdout-2 .ansi-red").text()).isEqualTo("bad <script>alert(1)</script>");
        assertThat(page.select("details pre")).hasSize(3);
        HttpResponse<String> raw = get(page.select("#o-stdout a").attr("href"));
        assertThat(raw.body()).isEqualTo("begin\n\u001b[31mbad <script>alert(1)</script>\u001b[0m\nend\n");
        assertThat(raw.headers().firstValue("content-type")).hasValue("text/plain; charset=utf-8");
        assertThat(raw.headers().firstValue("x-content-type-options")).hasValue("nosniff");
        assertThat(page(address + "&find=BAD").select("[id^=stdout]").eachAttr("id"))
                .containsExactly("stdout-2");
        assertThat(get("/job/raw?host=db2&play=Upgrade&job=Migrate&part=stderr").statusCode())
                .isEqualTo(404);
    }

    @Test
    void twoRuns_areComparedOnAPage() {
        Document page = page("/runs/" + run(1) + "/compare/" + run(2));
        assertThat(page.select(".note").text()).contains("not of the same playbook");
        assertThat(page.select("details.task > summary .what").eachText())
                .containsExactly("Failed now, and not before", "Gone");
        assertThat(page.select("details.task tbody tr")).hasSize(4);
        assertThat(get("/runs/" + run(1) + "/compare/" + run(99)).statusCode()).isEqualTo(404);
        assertThat(page("/runs/" + run(1) + "/compare/" + run(1))
                        .select("details.task > summary .what")
                        .eachText())
                .containsExactly("Failed both times", "As before");
    }

    @Test
    void job_thatCannotBeResumed_saysSo() {
        Document page = page("/job?host=db3&play=Upgrade&job=Secret");
        assertThat(page.select("pre")).isEmpty();
        assertThat(page.select("[aria-labelledby=resume]").text()).contains("cannot be resumed");
    }

    @Test
    void run_showsPlaysJobsGapsAndWhatWasNeverSeen() {
        Document page = page("/runs/" + run(1));
        assertThat(page.select(".note").text()).contains("1 event of this run did not arrive: the first gap is 8 to 8");
        assertThat(page.select("[aria-labelledby=unseen] tbody th").text()).contains("Never");
        assertThat(page.select("[aria-labelledby=plays] tbody tr")).hasSize(1);
        assertThat(page.select(".went").text())
                .contains("failed", "failed 1, overdue 1, running 1, of 3 jobs on 3 hosts");
        assertThat(page.select("details.task[open] table.look tbody tr")).hasSize(3);
        assertThat(page.select(".matrix tbody tr")).hasSize(3);
        assertThat(page.select(".matrix a.cell")).hasSize(3);
        assertThat(page.select("[aria-labelledby=stats] tbody td").eachText()).startsWith("3", "1", "0");
    }

    @Test
    void name_isShownExactly_andItsLinkLeadsBackToIt() {
        Document page = page("/jobs?host=" + encode(HOSTILE));
        Element link = page.select("table.jobs tbody [data-label=Job] a").first();
        assertThat(link.wholeText())
                .isEqualTo(HOSTILE.replace("\u202e", "U+202E")
                        .replace("\u200b", "U+200B")
                        .replace("\n", "U+000A"));
        assertThat(link.select("bdi")).hasSize(1);
        assertThat(page(link.attr("href")).select("h1").text()).contains("<script>alert(1)</script>");
    }

    @Test
    void refusal_saysOnAPageWhatTheProblemSays() {
        for (String path : List.of(
                "/jobs?nonsense=1",
                "/runs/x",
                "/runs/" + run(9),
                "/?window=9y",
                "/job?host=a",
                "/nowhere",
                "/hosts?cursor=x")) {
            HttpResponse<String> html = get(path);
            assertThat(html.statusCode()).as(path).isBetween(400, 404);
            Document page = Jsoup.parse(html.body());
            assertThat(page.select("h1 small").text()).isEqualTo(String.valueOf(html.statusCode()));
            assertThat(page.select("[role=alert]").text()).as(path).isNotBlank();
        }
        JsonNode problem = RunningService.json(service.get("/nowhere").body());
        assertThat(Jsoup.parse(get("/nowhere").body()).select("main").text())
                .contains(
                        problem.get("title").asText(),
                        problem.get("detail").asText(),
                        problem.get("hint").asText());
        assertThat(get("/api/v1/nowhere").headers().firstValue("content-type")).hasValue("application/problem+json");
    }

    @Test
    void form_withEmptyFields_leadsToAnAddressWithoutThem() {
        HttpResponse<String> answer = get("/jobs?host=db1&play=&q=&status=failed&status=lost");
        assertThat(answer.statusCode()).isEqualTo(303);
        assertThat(answer.headers().firstValue("location")).hasValue("/jobs?host=db1&status=failed&status=lost");
    }
}
