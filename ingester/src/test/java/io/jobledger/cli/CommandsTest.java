package io.jobledger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import io.jobledger.cli.ask.ApiClient;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What commands ask of an ingester, what they make of its answers, and how they end. */
class CommandsTest {
    private static final String JOB =
            "{\"host\":\"%s\",\"play\":\"p\",\"job_name\":\"j\",\"status\":\"running\",\"overdue\":true,\"ansible_job_id\":\"j1.2\",\"execution_host\":\"%1$s\","
                    + "\"async_dir\":\"/home/d/.ansible_async\",\"async\":3600,\"started_at\":\"2020-01-01T10:00:00.000000Z\",\"deadline\":\"2020-01-01T11:00:00.000000Z\"}";

    @TempDir
    Path directory;

    private FakeIngester ingester;

    @BeforeEach
    void start() throws IOException {
        ingester = new FakeIngester();
    }

    @AfterEach
    void stop() {
        ingester.close();
    }

    private Ran run(String... words) {
        return Ran.of(Stream.concat(Stream.of(words), Stream.of("--url", ingester.url()))
                .toArray(String[]::new));
    }

    private void twoPages() {
        ingester.on(
                "GET /api/v1/jobs",
                exchange -> FakeIngester.text(
                        exchange,
                        200,
                        "application/json",
                        exchange.getRequestURI().getRawQuery().contains("cursor=a%2Fb")
                                ? "{\"jobs\":[" + job("third") + "],\"next\":null}"
                                : "{\"jobs\":[" + job("first") + "," + job("second")
                                        + "],\"next\":\"a/b\",\"total\":3}"));
    }

    private static String job(String host) {
        return String.format(JOB, host);
    }

    @Test
    void everyFilter_becomesAParameter() {
        ingester.json("GET /api/v1/jobs", "{\"jobs\":[],\"next\":null}");
        Ran ran = run(
                "jobs",
                "ls",
                "--host",
                "a b",
                "--execution-host",
                "e",
                "--play",
                "p/q",
                "--playbook",
                "s.yml",
                "--job",
                "j",
                "--task",
                "t",
                "--action",
                "a",
                "--user",
                "u",
                "--controller",
                "c",
                "--status",
                "failed,LOST",
                "--label",
                "k=v",
                "--label",
                "x=y",
                "--ansible-job-id",
                "1.2",
                "--run",
                "r",
                "--run-name",
                "n",
                "--since",
                "7d",
                "--until",
                "now",
                "--finished-since",
                "1d",
                "--finished-until",
                "1h",
                "--min-duration",
                "90s",
                "--max-duration",
                "2h",
                "--q",
                "ü",
                "--open",
                "--sort=-started_at",
                "--limit",
                "7",
                "--total");
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ingester.asked)
                .containsExactly(
                        "GET /api/v1/jobs?host=a%20b&execution_host=e&play=p%2Fq&playbook=s%2Eyml&job=j&task=t&action=a&user=u&controller=c"
                                + "&status=failed&status=lost&label=k%3Dv&label=x%3Dy&ansible_job_id=1%2E2&run_id=r&run_name=n&since=7d&until=now&finished_since=1d&finished_until=1h"
                                + "&min_duration=90s&max_duration=2h&q=%C3%BC&status=open&sort=-started_at&limit=7&total=true");
        assertThat(ran.out()).isEqualTo("no jobs" + System.lineSeparator());

        ingester.json("GET /api/v1/runs", "{\"runs\":[],\"next\":null}");
        run(
                "runs",
                "ls",
                "--state",
                "running",
                "--state",
                "interrupted",
                "--kind",
                "adhoc",
                "--check-mode",
                "false",
                "--incomplete",
                "--host",
                "h");
        assertThat(ingester.asked.get(1))
                .isEqualTo(
                        "GET /api/v1/runs?host=h&state=running&state=interrupted&kind=adhoc&check_mode=false&incomplete=true");
    }

    @Test
    void onePage_saysThatThereIsMore_besideTheList() {
        twoPages();
        Ran ran = run("jobs", "ls", "--limit", "2");
        assertThat(ran.lines()).hasSize(3);
        assertThat(ran.err()).contains("There are more", "--all");
        assertThat(run("jobs", "ls", "--limit", "2", "--total").err()).contains("2 of 3 jobs");
    }

    @Test
    void all_followsTheCursors_inEveryFormat() throws IOException {
        twoPages();
        assertThat(run("jobs", "ls", "--all", "-o", "wide").lines())
                .hasSize(4)
                .last()
                .asString()
                .contains("third");
        assertThat(ingester.asked)
                .containsExactly("GET /api/v1/jobs?limit=1000", "GET /api/v1/jobs?limit=1000&cursor=a%2Fb");
        assertThat(Json.MAPPER.readTree(run("jobs", "ls", "--all", "-o", "json").out()))
                .isEqualTo(Json.MAPPER.readTree("{\"total\":3,\"jobs\":[" + job("first") + "," + job("second") + ","
                        + job("third") + "],\"next\":null}"));
        assertThat(run("jobs", "ls", "--overdue", "--all").out()).contains("first / p / j", "third / p / j");
    }

    @Test
    void overdue_saysWhatAPersonOnCallNeeds_andTellsAMonitor() {
        twoPages();
        Ran ran = run("jobs", "ls", "--overdue", "--utc", "--exit-code");
        assertThat(ran.code()).isEqualTo(ExitCodes.ATTENTION);
        assertThat(ran.lines().get(0)).matches("overdue  first / p / j  over by \\d+d( \\d+h)?");
        assertThat(ran.lines().get(1))
                .matches("  started    2020-01-01 10:00:00Z \\(\\d+d( \\d+h)? ago\\), allowed 1h");
        assertThat(ran.out())
                .contains("  resume     ansible first -i INVENTORY -m ansible.builtin.async_status -a jid=j1.2 -e"
                        + " ansible_async_dir=/home/d/.ansible_async");
        assertThat(ingester.asked).containsExactly("GET /api/v1/jobs?status=overdue");
        ingester.json("GET /api/v1/jobs", "{\"jobs\":[],\"next\":null}");
        assertThat(run("jobs", "ls", "--overdue", "--exit-code"))
                .isEqualTo(new Ran(ExitCodes.OK, "no overdue jobs" + System.lineSeparator(), ""));
    }

    @Test
    void names_areEscapedInPaths_andInWhatIsShown() {
        String path = "/api/v1/jobs/h%2F%2E%2E/p%20q/%E6%97%A5";
        ingester.json(
                "GET " + path,
                "{\"host\":\"h\\u001b[31m\",\"status\":\"succeeded\",\"started_at\":\"2020-01-01T10:00:00.000000Z\",\"metadata\":{}}");
        Ran ran = run("jobs", "show", "h/..", "p q", "日", "--utc");
        assertThat(ran.lines()).hasSize(3).startsWith("host             h\\u001b[31m", "status           succeeded");
        assertThat(ran.lines().get(2)).startsWith("started_at       2020-01-01 10:00:00Z (");
        assertThat(ApiClient.escape("../a b*/ä")).isEqualTo("%2E%2E%2Fa%20b%2A%2F%C3%A4");
    }

    @Test
    void idOfAnsible_isEnough_whereOneNameHasIt() {
        ingester.json("GET /api/v1/jobs", "{\"jobs\":[" + job("db1") + "],\"next\":null}");
        ingester.json("GET /api/v1/jobs/db1/p/j", job("db1"));
        assertThat(run("jobs", "show", "j1.2").lines()).first().asString().contains("db1");
        assertThat(ingester.asked)
                .containsExactly(
                        "GET /api/v1/jobs?ansible_job_id=j1%2E2&limit=5", "GET /api/v1/jobs/db1/p/j?id=j1%2E2");
        ingester.json("GET /api/v1/jobs", "{\"jobs\":[" + job("db1") + "," + job("db2") + "],\"next\":null}");
        assertThat(run("jobs", "show", "j1.2"))
                .extracting(Ran::code, ran -> ran.err().contains("db1 / p / j; db2 / p / j"))
                .containsExactly(2, true);
        ingester.json("GET /api/v1/jobs", "{\"jobs\":[],\"next\":null}");
        assertThat(run("jobs", "wait", "j1.2").code()).isEqualTo(3);
        assertThat(run("jobs", "show", "db1", "p").code()).isEqualTo(2);
    }

    @Test
    void beginningOfARunsId_isEnough_andAListHasASecondName() {
        String id = "5f0c9a3e-7d7c-4c3b-9f0e-2a4b6c8d0e1f";
        ingester.json("GET /api/v1/runs/5f0c9a3e", "{\"run_id\":\"" + id + "\"}");
        ingester.json("GET /api/v1/runs/" + id + "/events", "{\"events\":[],\"next\":null}");
        ingester.json("GET /api/v1/jobs", "{\"jobs\":[],\"next\":null}");
        assertThat(run("events", "5f0c9a3e").code()).isZero();
        assertThat(run("jobs", "list", "--run", "5f0c9a3e").code()).isZero();
        assertThat(ingester.asked).last().isEqualTo("GET /api/v1/jobs?run_id=" + id);
    }

    @Test
    void job_isShownForPeople_withoutJson() {
        ingester.json(
                "GET /api/v1/jobs/h/p/j",
                "{\"host\":\"h\",\"status\":\"failed\",\"details\":{\"cmd\":\"make\",\"stdout\":\"one\\ntwo\\n\"},\"resumed_by\":[\"a\",\"b\"]}");
        assertThat(run("jobs", "show", "h", "p", "j").lines())
                .containsExactly(
                        "host             h",
                        "status           failed",
                        "details.cmd      make",
                        "details.stdout",
                        "  one",
                        "  two",
                        "resumed_by       a, b");
    }

    @Test
    void hints_nameCommands_andWhatTheIngesterCannotUse_isWrongUse() {
        ingester.on(
                "GET /api/v1/runs/r1",
                exchange -> FakeIngester.text(
                        exchange,
                        404,
                        "application/problem+json",
                        "{\"detail\":\"no run\",\"hint\":\"GET /api/v1/runs lists the runs\"}"));
        assertThat(run("runs", "show", "r1").err()).contains("'jobledger runs ls' lists the runs");
        ingester.on(
                "GET /api/v1/runs",
                exchange -> FakeIngester.text(exchange, 400, "application/problem+json", "{\"detail\":\"since\"}"));
        assertThat(run("runs", "ls", "--since", "never").code()).isEqualTo(2);
        assertThat(Ran.of("runs", "ls", "--url", "nonsense").code()).isEqualTo(2);
        assertThat(Ran.of("token", "create", "--scope", "write", "--data-dir", directory.toString())
                        .code())
                .isEqualTo(2);
    }

    @Test
    void token_saysWhereItCounts() {
        Ran ran = Ran.of("token", "create", "--scope", "read", "--data-dir", directory.toString());
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.err())
                .contains("takes its tokens from " + directory, "no ingester has used this place yet")
                .doesNotContain("from now on every request needs a token");
    }

    @Test
    void whatIsNotThere_exitsWith3_andSaysWhereToLook() {
        assertThat(run("jobs", "show", "h", "p", "j"))
                .isEqualTo(new Ran(
                        3,
                        "",
                        "jobledger: no such thing" + System.lineSeparator() + "look elsewhere"
                                + System.lineSeparator()));
        assertThat(run("runs", "show", "x").code()).isEqualTo(3);
        assertThat(run("hosts", "show", "x").code()).isEqualTo(3);
        ingester.json("GET /api/v1/jobs/h/p/j/history", "{\"jobs\":[],\"next\":null}");
        assertThat(run("jobs", "history", "h", "p", "j").code()).isEqualTo(3);
    }

    @Test
    void whatDoesNotWork_exitsWith1() {
        ingester.on(
                "GET /api/v1/runs",
                exchange -> FakeIngester.text(
                        exchange, 503, "application/problem+json", "{\"detail\":\"too slow\",\"hint\":\"add since\"}"));
        assertThat(run("runs", "ls").err()).contains("too slow", "add since");
        assertThat(run("runs", "ls").code()).isEqualTo(1);
        ingester.on("GET /api/v1/runs", exchange -> FakeIngester.text(exchange, 200, "text/html", "<html>"));
        assertThat(run("runs", "ls"))
                .extracting(Ran::code, ran -> ran.err().contains("does not answer like an ingester"))
                .containsExactly(1, true);
        ingester.json("GET /api/v1/runs", "{}");
        assertThat(run("runs", "ls").err()).contains("has no runs");
        String closed = ingester.url();
        ingester.close();
        assertThat(Ran.of("runs", "ls", "--url", closed))
                .extracting(Ran::code, ran -> ran.err().contains("no ingester answers at " + closed))
                .containsExactly(1, true);
        assertThat(Ran.of("runs", "ls", "--url", "http://user:secret@h").err())
                .contains("must not hold")
                .doesNotContain("secret");
        assertThat(Ran.of("runs", "ls", "--url", "file:///etc/passwd").err()).contains("is no URL");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "jobs ls --stauts failed | --status | jobledger jobs ls --help", "jobbs ls | 'jobs' | jobledger --help",
                        "jobs ls --status sleeping | overdue | jobledger jobs ls --help",
                "jobs | cancel, close, history, ls, name, output, show, wait, watch | jobledger jobs --help",
                        "restore | --from | jobledger restore --help",
                        "jobs ls --all --limit 3 | exclude | jobledger jobs ls --help",
                "runs show x -o csv | is for lists | jobledger runs show --help",
                        "jobs watch --status lost | no --status | jobledger jobs watch --help"
            })
    void wrongCommandLine_exitsWith2_andSaysWhatWasMeant_inAFewLines(String line, String meant, String help) {
        ingester.json("GET /api/v1/runs/x", "{}");
        Ran ran = line.startsWith("restore") || line.equals("jobs") || line.startsWith("jobbs")
                ? Ran.of(line.split(" "))
                : run(line.split(" "));
        assertThat(ran.code()).as(ran.err()).isEqualTo(2);
        assertThat(ran.err()).contains(meant, "Try '" + help + "'");
        assertThat(ran.err().lines())
                .hasSizeLessThanOrEqualTo(3)
                .first()
                .asString()
                .startsWith("jobledger: ");
    }

    @Test
    void deleting_isAskedFor_andPruneShowsFirst() {
        ingester.json("GET /api/v1/runs/r1", "{\"playbook\":\"site.yml\",\"events\":7}");
        ingester.json("DELETE /api/v1/runs/r1", "{\"complete\":true,\"events\":7}");
        assertThat(run("runs", "delete", "r1"))
                .extracting(Ran::code, ran -> ran.err().contains("--yes"))
                .containsExactly(1, true);
        assertThat(ingester.asked).noneMatch(one -> one.startsWith("DELETE"));
        assertThat(run("runs", "delete", "r1", "--yes", "--force", "--reason", "a b")
                        .out())
                .contains("events           7");
        assertThat(ingester.asked).last().isEqualTo("DELETE /api/v1/runs/r1?force=true&reason=a%20b");

        ingester.json("POST /api/v1/prune", "{\"dry_run\":true,\"jobs\":{\"lost\":3}}");
        assertThat(run("prune", "--older-than", "90d", "--status", "lost,failed", "--keep", "5")
                        .err())
                .contains("Nothing was deleted", "--yes");
        assertThat(ingester.asked)
                .last()
                .isEqualTo("POST /api/v1/prune?older_than=90d&keep=5&status=lost&status=failed&dry_run=true");
        assertThat(run("prune", "--older-than", "90d", "--yes").err()).isEmpty();
        assertThat(ingester.asked).last().isEqualTo("POST /api/v1/prune?older_than=90d&dry_run=false");
        assertThat(run("prune", "--older-than", "90d").out())
                .contains("would delete 0 runs and saves with 0 events and jobs: 3 lost");
    }

    @Test
    void numbers_areShownForPeople() {
        ingester.json(
                "GET /api/v1/stats",
                "{\"jobs\":3,\"running\":1,\"days\":[{\"day\":\"2026-11-20\",\"jobs\":3,\"lost\":1}],\"durations\":{\"count\":2,\"median\":61.5,\"p95\":null,\"max\":90000},"
                        + "\"oldest_open\":null,\"runs\":{\"running\":0,\"finished\":5,\"interrupted\":1},\"ledger_bytes\":1048577}");
        assertThat(run("stats", "--since", "7d").out())
                .contains(
                        "took             median 1m 1s, 95 of 100 within -, longest 1d 1h",
                        "runs             5 finished, 0 running, 1 interrupted",
                        "ledger           2 MiB",
                        "DAY (UTC)",
                        "2026-11-20");
        ingester.json(
                "GET /api/v1/hosts/h",
                "{\"host\":\"h\",\"jobs\":2,\"names\":[{\"play\":\"p\",\"job\":\"j\",\"jobs\":2}],\"newest\":["
                        + job("h") + "]}");
        assertThat(run("hosts", "show", "h").lines())
                .contains("host             h", "PLAY  JOB  JOBS", "p     j       2");
        ingester.json("POST /api/v1/mirrors/retry", "{\"released\":0}");
        assertThat(run("mirror", "retry").out()).contains("No entry was blocked", "mirror ls");
        ingester.json("POST /api/v1/mirrors/retry", "{\"released\":2}");
        assertThat(run("mirror", "retry").out()).contains("2 entries were blocked");
    }

    @Test
    void export_isAPrivateFile_thereWholeOrNotAtAll() throws IOException {
        Path file = directory.resolve("jobs.csv");
        ingester.on("GET /api/v1/jobs", exchange -> {
            assertThat(exchange.getRequestHeaders().getFirst("Accept")).isEqualTo("text/csv");
            FakeIngester.text(exchange, 200, "text/csv", "host,message\r\na,\"two\nlines \"\"\"\r\nü,x\r\n");
        });
        assertThat(run("export", "jobs", "--since", "7d", "--format", "csv", "--to", file.toString())
                        .out())
                .startsWith("2 rows in ");
        assertThat(ingester.asked).containsExactly("GET /api/v1/jobs?since=7d");
        assertThat(Files.readString(file)).isEqualTo("host,message\r\na,\"two\nlines \"\"\"\r\nü,x\r\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(run("export", "jobs", "--format", "csv", "--to", file.toString()))
                .extracting(Ran::code, ran -> ran.err().contains("--replace"))
                .containsExactly(1, true);
        ingester.on("GET /api/v1/jobs", CommandsTest::brokenOff);
        Ran broken = run("export", "jobs", "--format", "csv", "--to", file.toString(), "--replace");
        assertThat(broken.code()).as(broken.err()).isEqualTo(1);
        assertThat(Files.readString(file)).as("the old one is untouched").startsWith("host,message");
        try (Stream<Path> left = Files.list(directory)) {
            assertThat(left).containsExactly(file);
        }
    }

    /** Less than it said, and the connection is gone. */
    private static void brokenOff(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, 1000);
        exchange.getResponseBody().write("host\r\nh".getBytes(StandardCharsets.UTF_8));
        exchange.getResponseBody().flush();
        exchange.close();
    }
}
