package io.jobledger.cli;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.cli.view.ExitCodes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code jobs wait} at a real ingester: each end, one job and many, and how it says that it does not know. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WaitCommandTest {
    @TempDir
    static Path directory;

    private ServedProcess ingester;

    @BeforeAll
    void start() throws IOException {
        ingester = new ServedProcess(
                directory.resolve("log"),
                Map.of(),
                "--data-dir",
                directory.resolve("data").toString());
    }

    @AfterAll
    void stop() {
        ingester.close();
    }

    private void post(Object... events) throws InterruptedException {
        assertThat(ingester.post(List.of(events).toString()).statusCode()).isEqualTo(200);
    }

    private String[] words(String... words) {
        return Stream.of(Stream.of("jobs", "wait"), Stream.of(words), Stream.of("--url", ingester.url))
                .flatMap(one -> one)
                .toArray(String[]::new);
    }

    private Ran await(String... words) {
        return Ran.of(words(words));
    }

    private static List<String> states(Ran ran) {
        return ran.lines().stream()
                .map(line -> line.replaceFirst("^\\S+ \\S+  ", ""))
                .toList();
    }

    @Test
    void job_isWaitedFor_withALineForEachChange_andThatOneOnly() throws Exception {
        post(started(run(1), 1, 0, "h1", "p q", "j/k", "a1"));
        Running wait = new Running(words("h1", "p q", "j/k", "--timeout", "5m"));
        wait.says("running    h1 / p q / j/k");
        post(started(run(2), 1, 5, "h1", "p q", "j/k", "a2"));
        post(
                json("job_polled", run(1), 2, 6, "host", "h1", "ansible_job_id", "a1"),
                json("job_ended", run(1), 3, 9, "host", "h1", "ansible_job_id", "a1", "status", "succeeded"));
        Ran ran = wait.ended();
        assertThat(ran.code()).as(ran.err()).isEqualTo(ExitCodes.OK);
        assertThat(states(ran)).containsExactly("running    h1 / p q / j/k", "succeeded  h1 / p q / j/k");
        assertThat(ran.err())
                .contains("only what somebody has seen", "ansible-playbook jobledger.core.settle -i INVENTORY");
    }

    @ParameterizedTest
    @CsvSource({"10, failed", "11, timed_out", "12, cancelled", "13, lost"})
    void otherEnds_exitWith4_andSayWhy_exceptWhereAnyEndWillDo(int number, String status) throws Exception {
        String host = "end-" + status;
        post(
                started(run(number), 1, 0, host, "p", "j", host),
                json(
                        "job_ended",
                        run(number),
                        2,
                        9,
                        "host",
                        host,
                        "ansible_job_id",
                        host,
                        "status",
                        status,
                        "message",
                        "it broke\u001b[31m"));
        Ran ran = await(host, "p", "j");
        assertThat(ran.code()).as(ran.err()).isEqualTo(ExitCodes.ATTENTION);
        assertThat(ran.err())
                .contains("not as asked", host + " / p / j: " + status, "it broke\\u001b[31m")
                .doesNotContain("settle");
        assertThat(await(host, "p", "j", "--for", "ended").code()).isEqualTo(ExitCodes.OK);
    }

    @Test
    void closedJob_exitsWith4() throws Exception {
        post(started(run(30), 1, 0, "h3", "p", "j", "c1"));
        Running wait = new Running(words("h3", "p", "j"));
        wait.says("running    h3");
        assertThat(Ran.of("jobs", "close", "h3", "p", "j", "--reason", "h3 is gone", "--url", ingester.url)
                        .code())
                .isZero();
        Ran ran = wait.ended();
        assertThat(ran.code()).isEqualTo(ExitCodes.ATTENTION);
        assertThat(ran.err()).contains("h3 / p / j: closed (", "h3 is gone", "by anonymous");
    }

    @Test
    void stillOpenAtTheTimeOut_exitsWith5_andSaysWhenItWasSeen_andHowToLook() throws Exception {
        post(started(run(31), 1, 0, "h4", "p", "j", "d1"));
        Ran ran = await("h4", "p", "j", "--timeout", "200ms");
        assertThat(ran.code()).isEqualTo(ExitCodes.STILL_OPEN);
        assertThat(ran.err().lines().toList().subList(1, 4))
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("jobledger: after ").endsWith("still open: 1 of 1"),
                        line -> assertThat(line).matches("  h4 / p / j: last seen .* ago"),
                        line -> assertThat(line).contains("ansible-playbook jobledger.core.settle -i INVENTORY"));
        assertThat(await("--host", "h4", "--timeout", "200ms").code()).isEqualTo(ExitCodes.STILL_OPEN);
    }

    @Test
    void jobsOfARun_allOrAny_endedOrSucceeded_andThoseThatStartMeanwhile() throws Exception {
        String id = run(40).toString();
        post(started(run(40), 1, 0, "r1", "p", "j", "e1"), started(run(40), 2, 0, "r2", "p", "j", "e2"));
        Running all = new Running(words("--run", id, "--for", "ended"));
        all.says("running    r2");
        Running good = new Running(words("--run", id));
        good.says("running    r2");
        post(
                started(run(40), 3, 2, "r3", "p", "j", "e3"),
                json("job_ended", run(40), 4, 9, "host", "r1", "ansible_job_id", "e1", "status", "failed"));
        Ran missed = good.ended();
        assertThat(missed.code()).as("it cannot come true any more").isEqualTo(ExitCodes.ATTENTION);
        assertThat(missed.err()).contains("1 of 3 ended otherwise, 2 still open");
        assertThat(await("--run", id, "--any", "--for", "ended").code()).isEqualTo(ExitCodes.OK);
        assertThat(await("--run", id, "--any", "--timeout", "200ms").code()).isEqualTo(ExitCodes.STILL_OPEN);
        all.says("running    r3");
        post(json("job_ended", run(40), 5, 9, "host", "r2", "ansible_job_id", "e2", "status", "succeeded"));
        all.says("succeeded  r2");
        assertThat(await("--run", id, "--any").code()).isEqualTo(ExitCodes.OK);
        assertThat(await("--run", id, "--open", "--timeout", "200ms").lines())
                .singleElement()
                .asString()
                .contains("r3");
        post(json("job_ended", run(40), 6, 9, "host", "r3", "ansible_job_id", "e3", "status", "lost"));
        Ran ran = all.ended();
        assertThat(ran.code()).as(ran.err()).isEqualTo(ExitCodes.OK);
        assertThat(states(ran))
                .hasSize(6)
                .contains("failed     r1 / p / j", "succeeded  r2 / p / j", "lost       r3 / p / j");
        assertThat(await("--run", id, "--host", "r3", "--any").code())
                .as("none succeeded, and none will")
                .isEqualTo(ExitCodes.ATTENTION);
    }

    @Test
    void whatIsNotThere_exitsWith3_andSeveralOpenOnesMustBeToldApart() throws Exception {
        assertThat(await("none", "p", "j").code()).isEqualTo(ExitCodes.NOT_FOUND);
        assertThat(await("--host", "none"))
                .extracting(Ran::code, Ran::err)
                .containsExactly(ExitCodes.NOT_FOUND, "jobledger: no job fits" + System.lineSeparator());
        assertThat(await("--host", "none", "--open"))
                .isEqualTo(new Ran(ExitCodes.OK, "", "no open job fits" + System.lineSeparator()));
        post(started(run(50), 1, 0, "h5", "p", "j", "f1"), started(run(50), 2, 0, "h5", "p", "j", "f2"));
        Ran ran = await("h5", "p", "j");
        assertThat(ran.code()).isEqualTo(ExitCodes.FAILED);
        assertThat(ran.err()).contains("2 open jobs", "f1", "f2", "--id");
        post(json("job_ended", run(50), 3, 9, "host", "h5", "ansible_job_id", "f1", "status", "succeeded"));
        assertThat(await("h5", "p", "j", "--id", "f1", "--run", run(50).toString())
                        .code())
                .isEqualTo(ExitCodes.OK);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "h p | HOST PLAY JOB",
                "'' | say which job",
                "--run r --status failed | no --status",
                "--host h --min-duration 5s | no --min-duration",
                "h p j --since 5m | no --since",
                "h p j --any | for several jobs",
                "--host h --any --all | exclude each other",
                "--host h --timeout soon | must be a time like",
                "--host h --timeout 0s | must be a time like",
                "--host h --for lost | ended",
                "h p j -o csv | no csv",
                "h p j k | Unmatched"
            })
    void wrongUse_exitsWith2(String line, String meant) {
        Ran ran = await(line.isEmpty() ? new String[0] : line.split(" "));
        assertThat(ran.code()).as(ran.err()).isEqualTo(ExitCodes.USAGE);
        assertThat(ran.err()).contains(meant, "Try 'jobledger jobs wait --help'");
    }

    @Test
    void ingesterThatIsAwayForAWhile_endsNoWait_andOneThatRefusesDoes() throws Exception {
        String job =
                "{\"host\":\"h\",\"play\":\"p\",\"job_name\":\"j\",\"status\":\"%s\",\"ansible_job_id\":\"j1\",\"save_time\":\"2020-01-01T10:00:00.000000Z\"}";
        try (FakeIngester fake = new FakeIngester()) {
            AtomicInteger asked = new AtomicInteger();
            fake.on("GET /api/v1/jobs/h/p/j", exchange -> {
                int number = asked.incrementAndGet();
                FakeIngester.text(
                        exchange,
                        number == 2 ? 503 : 200,
                        "application/json",
                        number == 2
                                ? "{\"detail\":\"stopping\"}"
                                : String.format(job, number < 3 ? "running" : "succeeded"));
            });
            Ran ran = Ran.of("jobs", "wait", "h", "p", "j", "-o", "json", "--url", fake.url());
            assertThat(ran.code()).as(ran.err()).isZero();
            assertThat(ran.err()).contains("jobledger: stopping; trying again");
            assertThat(ran.lines()).containsExactly(String.format(job, "running"), String.format(job, "succeeded"));
            assertThat(fake.asked).last().asString().matches("GET /api/v1/jobs/h/p/j\\?id=j1&wait=\\d+ms");

            asked.set(0);
            fake.on(
                    "GET /api/v1/jobs/h/p/j",
                    exchange -> FakeIngester.text(
                            exchange,
                            asked.incrementAndGet() == 1 ? 200 : 404,
                            "application/json",
                            asked.get() == 1 ? String.format(job, "running") : "{\"detail\":\"no job is known\"}"));
            assertThat(Ran.of("jobs", "wait", "h", "p", "j", "--url", fake.url())
                            .code())
                    .as("it was pruned")
                    .isEqualTo(ExitCodes.NOT_FOUND);

            fake.on(
                    "GET /api/v1/jobs",
                    exchange -> FakeIngester.text(
                            exchange,
                            200,
                            "application/json",
                            fake.asked.stream()
                                                    .filter(one -> one.startsWith("GET /api/v1/jobs?"))
                                                    .count()
                                            == 1
                                    ? "{\"jobs\":[" + String.format(job, "running") + "],\"next\":null}"
                                    : "{\"jobs\":[],\"next\":null}"));
            Ran gone = Ran.of("jobs", "wait", "--host", "h", "--url", fake.url());
            assertThat(gone.code()).isEqualTo(ExitCodes.NOT_FOUND);
            assertThat(gone.err()).contains("were removed from the ledger");
            fake.on(
                    "GET /api/v1/jobs/h/p/j",
                    exchange -> FakeIngester.text(
                            exchange, 403, "application/problem+json", "{\"detail\":\"no scope read\"}"));
            assertThat(Ran.of("jobs", "wait", "h", "p", "j", "--url", fake.url()))
                    .extracting(Ran::code, Ran::err)
                    .containsExactly(ExitCodes.FAILED, "jobledger: no scope read" + System.lineSeparator());
        }
    }
}
