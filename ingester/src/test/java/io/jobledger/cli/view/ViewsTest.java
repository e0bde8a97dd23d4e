package io.jobledger.cli.view;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.jobs.ResumeHint;
import io.jobledger.json.Json;
import io.jobledger.terminal.Palette;
import io.jobledger.terminal.Printable;
import io.jobledger.terminal.Table;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The lists as a person sees them, at the widths that terminals have. */
class ViewsTest {
    private static final ShownTimes UTC = new ShownTimes(ZoneOffset.UTC, Instant.parse("2026-11-20T12:00:00Z"));

    private static final String JOBS = """
        [{"job_name":"Migrate schema","host":"db1.example.org","play":"Upgrade databases","playbook":"site.yml","status":"running","overdue":true,"rc":null,
          "started_at":"2026-11-18T10:00:00.000000Z","finished_at":null,"deadline":"2026-11-18T14:00:00.000000Z","ansible_job_id":"j889214147243.9938",
          "run_id":"12345678-1234-4000-8000-000000000001","execution_host":"db1.example.org","message":null},
         {"job_name":"再インデックス (orders)","host":"検索1","play":"Upgrade databases","playbook":"site.yml","status":"failed","overdue":false,"rc":3,
          "started_at":"2026-11-20T11:00:00.123456Z","finished_at":"2026-11-20T11:05:03.000000Z","deadline":null,"ansible_job_id":"j2.1",
          "run_id":"12345678-1234-4000-8000-000000000001","execution_host":"検索1","message":"no room\\nleft"},
         {"job_name":"a","host":"h","play":"p","playbook":null,"status":"lost","overdue":false,"rc":null,"started_at":null,"finished_at":null,"deadline":null,
          "ansible_job_id":null,"run_id":null,"execution_host":"h","message":null}]
        """;

    private static final String RUNS = """
        [{"run_id":"12345678-1234-4000-8000-000000000001","state":"interrupted","playbook":"upgrade_everything_there_is.yml","run_name":"release-42","user":"deploy",
          "controller":"ci-17.example.org","started_at":"2026-11-20T11:00:00.000000Z","finished_at":null,"events":7,"last_seq":9},
         {"run_id":"12345678-1234-4000-8000-000000000002","state":"finished","playbook":"site.yml","run_name":null,"user":"anna","controller":"laptop",
          "started_at":"2026-11-20T10:00:00.000000Z","finished_at":"2026-11-20T10:20:00.000000Z","events":12,"last_seq":12}]
        """;

    private static List<String> table(String rows, List<RecordColumn> fields, int width) {
        StringWriter text = new StringWriter();
        RecordColumn.table(new PrintWriter(text), fields, UTC, width, Palette.NONE)
                .print(read(rows));
        return text.toString().lines().toList();
    }

    private static void golden(String rows, int width, String expected) {
        assertThat(String.join("\n", table(rows, rows.equals(JOBS) ? Views.JOBS : Views.RUNS, width)) + "\n")
                .isEqualTo(expected);
    }

    private static JsonNode read(String json) {
        try {
            return Json.MAPPER.readTree(json);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {60, 80, 120, 200})
    void noLine_isWiderThanTheTerminal(int width) {
        assertThat(table(JOBS, Views.JOBS, width))
                .hasSize(4)
                .allSatisfy(line -> assertThat(Printable.width(line)).isLessThanOrEqualTo(width));
        assertThat(table(RUNS, Views.RUNS, width))
                .hasSize(3)
                .allSatisfy(line -> assertThat(Printable.width(line)).isLessThanOrEqualTo(width));
    }

    @Test
    void jobs_at60_showWhatItIsAndWhenItBegan() {
        golden(JOBS, 60, """
            STATUS   HOST           JOB             STARTED
            overdue  db1.example.…  Migrate schema  2026-11-18 10:00:00Z
            failed   検索1          再インデック…   2026-11-20 11:00:00Z
            lost     h              a               -
            """);
    }

    @Test
    void jobs_at80_showHowLong() {
        golden(JOBS, 80, """
            STATUS   HOST          PLAY          JOB             STARTED                TOOK
            overdue  db1.example…  Upgrade dat…  Migrate schema  2026-11-18 10:00:00Z  2d 2h
            failed   検索1         Upgrade dat…  再インデック…   2026-11-20 11:00:00Z  5m 2s
            lost     h             p             a               -                         -
            """);
    }

    @Test
    void jobs_at120_showThePlayAndTheId() {
        golden(JOBS, 120, """
            STATUS   HOST            PLAY             JOB              STARTED                TOOK  RC  PLAYBOOK  ANSIBLE JOB ID
            overdue  db1.example.o…  Upgrade databa…  Migrate schema   2026-11-18 10:00:00Z  2d 2h   -  site.yml  j889214147243.9938
            failed   検索1           Upgrade databa…  再インデックス…  2026-11-20 11:00:00Z  5m 2s   3  site.yml  j2.1
            lost     h               p                a                -                         -   -  -         -
            """);
    }

    @Test
    void jobs_at200_showMore() {
        golden(JOBS, 200, """
            STATUS   HOST             PLAY               JOB                     STARTED                TOOK  RC  PLAYBOOK  ANSIBLE JOB ID      RUN ID                                RUNS ON          MESSAGE
            overdue  db1.example.org  Upgrade databases  Migrate schema          2026-11-18 10:00:00Z  2d 2h   -  site.yml  j889214147243.9938  12345678-1234-4000-8000-000000000001  db1.example.org  -
            failed   検索1            Upgrade databases  再インデックス (order…  2026-11-20 11:00:00Z  5m 2s   3  site.yml  j2.1                12345678-1234-4000-8000-000000000001  検索1            no room\\nleft
            lost     h                p                  a                       -                         -   -  -         -                   -                                     h                -
            """);
    }

    @Test
    void runs_at60_and80() {
        golden(RUNS, 60, """
            STATE        JOBS  PLAYBOOK             RUN ID
            interrupted  -     upgrade_everything…  12345678-1234-4000-…
            finished     -     site.yml             12345678-1234-4000-…
            """);
        golden(RUNS, 80, """
            STATE        JOBS  PLAYBOOK   RUN NAME    STARTED               TOOK  RUN ID
            interrupted  -     upgrade_…  release-42  2026-11-20 11:00:00Z     -  12345678-…
            finished     -     site.yml   -           2026-11-20 10:00:00Z   20m  12345678-…
            """);
    }

    @Test
    void runs_at120_and200() {
        golden(RUNS, 120, """
            STATE        JOBS  PLAYBOOK   RUN NAME    STARTED               TOOK  USER    CONTROLLER    EVENTS  GAPS       RUN ID
            interrupted  -     upgrade_…  release-42  2026-11-20 11:00:00Z     -  deploy  ci-17.examp…       7  2 missing  12345678…
            finished     -     site.yml   -           2026-11-20 10:00:00Z   20m  anna    laptop            12  -          12345678…
            """);
        golden(RUNS, 200, """
            STATE        JOBS  PLAYBOOK                         RUN NAME    STARTED               TOOK  USER    CONTROLLER         EVENTS  GAPS       RUN ID
            interrupted  -     upgrade_everything_there_is.yml  release-42  2026-11-20 11:00:00Z     -  deploy  ci-17.example.org       7  2 missing  12345678-1234-4000-8000-000000000001
            finished     -     site.yml                         -           2026-11-20 10:00:00Z   20m  anna    laptop                 12  -          12345678-1234-4000-8000-000000000002
            """);
    }

    @Test
    void wide_showsEveryColumnWhole() {
        assertThat(table(JOBS, Views.JOBS, Table.UNLIMITED).get(2))
                .contains(
                        "再インデックス (orders)",
                        "2026-11-20 11:05:03Z",
                        "no room\\nleft",
                        "12345678-1234-4000-8000-000000000001");
    }

    @Test
    void times_areLocal_unlessUtcIsAskedFor() {
        Instant moment = Instant.parse("2026-11-20T10:30:45.999Z");
        assertThat(UTC.text(moment)).isEqualTo("2026-11-20 10:30:45Z");
        assertThat(new ShownTimes(ZoneId.of("Asia/Kolkata"), moment).text(moment))
                .isEqualTo("2026-11-20 16:00:45");
        assertThat(UTC.age(moment)).isEqualTo("1h 29m ago");
        assertThat(UTC.age(UTC.now().plusSeconds(303))).isEqualTo("in 5m 3s");
        assertThat(ShownTimes.parse("2026-11-20T10:30:45+02:00")).contains(Instant.parse("2026-11-20T08:30:45Z"));
        assertThat(ShownTimes.parse("Upgrade of 2026 to T now")).isEmpty();
    }

    @Test
    void resume_isACommandToPaste_onlyWhenNothingInItCanBeReadOtherwise() {
        JsonNode job = read("""
            {"status":"running","host":"web","execution_host":"db1","ansible_job_id":"j1.2","async_dir":"/home/deploy/.ansible_async","remote_user":"deploy","become_user":"root"}\
            """);
        assertThat(ResumeHint.of(job))
                .containsExactly(
                        "ansible db1 -i INVENTORY -u deploy -b --become-user root -m ansible.builtin.async_status -a jid=j1.2 -e"
                                + " ansible_async_dir=/home/deploy/.ansible_async");
        assertThat(ResumeHint.of(read(
                                "{\"status\":\"running\",\"execution_host\":\"db1;reboot\",\"ansible_job_id\":\"j\"}"))
                        .get(0))
                .startsWith("with the lookup")
                .doesNotContain("reboot");
        assertThat(ResumeHint.of(
                                read(
                                        "{\"status\":\"running\",\"execution_host\":\"db1\",\"ansible_job_id\":\"j\",\"async_dir\":\"/{{x}}\"}"))
                        .get(0))
                .startsWith("with the lookup");
        assertThat(ResumeHint.of(read("{\"status\":\"running\",\"execution_host\":\"-m\",\"ansible_job_id\":\"j\"}"))
                        .get(0))
                .startsWith("with the lookup");
        assertThat(ResumeHint.of(read("{\"status\":\"running\",\"execution_host\":\"db1\",\"ansible_job_id\":null}"))
                        .get(0))
                .contains("cannot be resumed");
        assertThat(ResumeHint.of(read("{\"status\":\"failed\",\"execution_host\":\"db1\",\"ansible_job_id\":\"j\"}")))
                .isEmpty();
    }
}
