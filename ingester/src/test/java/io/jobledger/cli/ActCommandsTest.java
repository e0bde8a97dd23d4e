package io.jobledger.cli;

import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.Wire;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * {@code jobs close}, {@code name}, {@code cancel} and {@code output} at a real ingester. In the place of Ansible stand
 * programs that write down what they were given.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ActCommandsTest {
    @TempDir
    static Path directory;

    private ServedProcess ingester;

    @BeforeAll
    void start() throws Exception {
        ingester = new ServedProcess(
                directory.resolve("log"),
                Map.of(),
                "--data-dir",
                directory.resolve("data").toString());
        String file = "/home/deploy/.ansible_async/";
        post(
                started(
                        run(1),
                        1,
                        0,
                        "h1",
                        "p",
                        "it's $(a) job",
                        "a1",
                        "results_file",
                        file + "a1",
                        "execution_host",
                        "h1"),
                started(run(1), 2, 0, "h2", "p", "j", "a2"),
                started(run(1), 3, 0, "h3", "p", "{{ lookup('pipe', 'id') }}", "a3"),
                started(run(1), 4, 0, "h4", "p", "j", "a4", "results_file", file + "{{ 1 }}"),
                started(run(2), 1, 0, "h6", "p", "j", "a6"),
                started(run(3), 1, 0, "h6", "p", "j", "a7"),
                json(
                        "job_polled",
                        run(1),
                        5,
                        5,
                        "host",
                        "h5",
                        "ansible_job_id",
                        "a5",
                        "adopted",
                        true,
                        "job",
                        "migrate a5",
                        "results_file",
                        file + "a5"));
    }

    @AfterAll
    void stop() {
        ingester.close();
    }

    private void post(Object... events) throws InterruptedException {
        assertThat(ingester.post(List.of(events).toString()).statusCode()).isEqualTo(200);
    }

    private Ran jobs(String... words) {
        // Before what goes to Ansible.
        List<String> all = new ArrayList<>(List.of("jobs", words[0], "--url", ingester.url));
        all.addAll(List.of(words).subList(1, words.length));
        return Ran.of(all.toArray(String[]::new));
    }

    private JsonNode record(String path) throws Exception {
        return Json.OWN.readTree(ingester.get("/api/v1/jobs/" + path).body());
    }

    @Test
    void close_endsAnOpenJob_once() throws Exception {
        assertThat(jobs("close", "h2", "p", "j", "--reason", "h2 is gone"))
                .isEqualTo(new Ran(0, "closed  h2 / p / j  a2  closed" + System.lineSeparator(), ""));
        assertThat(record("h2/p/j").get("status").textValue()).isEqualTo("closed");
        assertThat(record("h2/p/j").get("message").textValue()).isEqualTo("h2 is gone");
        Ran again = jobs("close", "h2", "p", "j", "--reason", "h2 is gone");
        assertThat(again.code()).isEqualTo(ExitCodes.FAILED);
        assertThat(again.err()).startsWith("jobledger: the job has ended: it is closed");
        Ran none = jobs("close", "none", "p", "j", "--reason", "x");
        assertThat(none.code()).isEqualTo(ExitCodes.NOT_FOUND);
        assertThat(none.err()).startsWith("jobledger: no job none / p / j is known");
    }

    @Test
    void ofSeveralOpenOnes_theIdSaysWhich() throws Exception {
        Ran which = jobs("close", "h6", "p", "j", "--reason", "x");
        assertThat(which.code()).isEqualTo(ExitCodes.FAILED);
        assertThat(which.err()).contains("a6", "a7", "ansible_job_id");
        Ran cancel = jobs("cancel", "h6", "p", "j", "--reason", "x", "--id", "a6", "--grace", "5");
        assertThat(cancel.code()).as(cancel.err()).isZero();
        assertThat(cancel.out()).contains("\"cancel_run_id\":\"" + run(2) + "\"", "\"cancel_grace\":5");
        Ran closed = jobs("close", "h6", "p", "j", "--reason", "x", "--ansible-job-id", "a6", "-o", "json");
        assertThat(Json.OWN.readTree(closed.out()).get("status").textValue()).isEqualTo("closed");
        assertThat(record("h6/p/j").get("ansible_job_id").textValue()).isEqualTo("a7");
    }

    @Test
    void name_isGivenToAnAdoptedJob_andToNoOther() throws Exception {
        assertThat(jobs("name", "a5", "h5", "Upgrade", "Migrate"))
                .isEqualTo(new Ran(0, "named  h5 / Upgrade / Migrate  a5  running" + System.lineSeparator(), ""));
        assertThat(record("h5/Upgrade/Migrate").get("adopted").booleanValue()).isTrue();
        Ran named = jobs("name", "a1", "h1", "p", "other");
        assertThat(named.code()).isEqualTo(ExitCodes.FAILED);
        assertThat(named.err()).contains("the task that started this job named it");
        assertThat(jobs("name", "nobody", "h1", "p", "other").code()).isEqualTo(ExitCodes.NOT_FOUND);
    }

    @ParameterizedTest
    @CsvSource({"403, 1", "404, 3", "409, 1", "412, 1"})
    void refusals_areOneClearLine(int status, int code) throws IOException {
        try (FakeIngester fake = new FakeIngester()) {
            fake.on(
                    "POST /api/v1/jobs/h/p/j/close",
                    exchange -> FakeIngester.text(
                            exchange, status, "application/problem+json", "{\"detail\":\"it may not be\"}"));
            assertThat(Ran.of("jobs", "close", "h", "p", "j", "--reason", "a b", "--url", fake.url()))
                    .isEqualTo(new Ran(code, "", "jobledger: it may not be" + System.lineSeparator()));
            assertThat(fake.asked).containsExactly("POST /api/v1/jobs/h/p/j/close?reason=a%20b");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "close h p j | --reason",
                "close h p --reason x | JOB",
                "name a h p | JOB",
                "cancel h p j | --reason",
                "cancel h p j --reason x --grace soon | --grace",
                "output h p j --lines 0 | --lines must be",
                "output h p j --follow | needs an inventory",
                "output h p | JOB",
                "close h p j k --reason x | Unmatched"
            })
    void wrongUse_exitsWith2(String line, String meant) {
        Ran ran = jobs(line.split(" "));
        assertThat(ran.code()).as(ran.err()).isEqualTo(ExitCodes.USAGE);
        assertThat(ran.err()).contains(meant, "Try 'jobledger jobs " + line.split(" ")[0] + " --help'");
    }

    @Test
    void cancel_isWrittenDown_andItsCommandIsShown_asAShellTakesIt() throws Exception {
        Ran ran = jobs("cancel", "h1", "p", "it's $(a) job", "--reason", "wrong; release");
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.err()).contains("written down, and not done");
        // A real shell reads it.
        Path given = Files.createTempDirectory(directory, "shell");
        program(given, "ansible-playbook", 0, "");
        ProcessBuilder shell = Shell.process(List.of("sh", "-c", ran.out().replace("INVENTORY", "hosts.ini")));
        shell.environment().put("PATH", given + ":" + System.getenv("PATH"));
        Shell.output(shell);
        List<String> words = words(given, "ansible-playbook");
        assertThat(words)
                .startsWith("-i", "hosts.ini", "jobledger.core.cancel", "-e")
                .hasSize(5);
        assertThat(Json.OWN.readTree(words.get(4)))
                .isEqualTo(Json.OWN.readTree("{\"cancel_host\":\"h1\",\"cancel_play\":\"p\",\"cancel_job\":\"it's $(a)"
                        + " job\",\"cancel_reason\":\"wrong; release\"}"));
        assertThat(record("h1/p/it%27s%20%24%28a%29%20job").get("status").textValue())
                .as("nobody has cancelled it yet")
                .isEqualTo("running");
    }

    @Test
    void cancel_runsAnsible_byItsWords_withTheInventory_andTellsHowItEnded() throws Exception {
        Path given = Files.createTempDirectory(directory, "run");
        program(given, "ansible-playbook", 0, "all is well");
        String[] words = {
            "jobs",
            "cancel",
            "h1",
            "p",
            "it's $(a) job",
            "--reason",
            "r",
            "--url",
            ingester.url,
            "-i",
            "a b.ini",
            "-i",
            "c.ini",
            "--",
            "-b",
            "-u",
            "deploy"
        };
        assertThat(process(given, words)).containsExactly("0", "all is well");
        assertThat(words(given, "ansible-playbook"))
                .startsWith("-i", "a b.ini", "-i", "c.ini", "jobledger.core.cancel", "-e")
                .endsWith("-b", "-u", "deploy")
                .hasSize(10);
        assertThat(Files.readString(given.resolve("url")).strip()).isEqualTo(ingester.url);
        program(given, "ansible-playbook", 2, "it has ended");
        assertThat(process(given, words))
                .contains(
                        "1",
                        "it has ended",
                        "jobledger: ansible-playbook ended with 2; what it said above tells what became of the job");
        Files.delete(given.resolve("ansible-playbook"));
        assertThat(process(given, words)).first().isEqualTo("1");
    }

    @Test
    void templates_areNotGivenToAnsible_andNothingIsWrittenDown() throws Exception {
        for (String[] words :
                List.of(new String[] {"{{ lookup('pipe', 'id') }}", "x"}, new String[] {"j", "{% x %}"})) {
            Ran ran = jobs("cancel", "h3", "p", words[0], "--reason", words[1]);
            assertThat(ran.code()).isEqualTo(ExitCodes.FAILED);
            assertThat(ran.err()).contains("template", "nothing was done");
        }
        Ran output = jobs("output", "h4", "p", "j");
        assertThat(output.code()).isEqualTo(ExitCodes.FAILED);
        assertThat(output.err()).contains("read otherwise");
    }

    @Test
    void output_showsItsCommand_orSaysWhyThereIsNone() {
        Ran ran = jobs("output", "h1", "p", "it's $(a) job", "--lines", "20", "--stream", "stderr");
        assertThat(ran.out())
                .isEqualTo("ansible h1 -i INVENTORY -m jobledger.core.output -a "
                        + "'{\"ansible_job_id\":\"a1\",\"results_file\":\"/home/deploy/.ansible_async/a1\",\"stream\":\"stderr\",\"lines\":20}'"
                        + System.lineSeparator());
        assertThat(jobs("output", "none", "p", "j").code()).isEqualTo(ExitCodes.NOT_FOUND);
        assertThat(jobs("output", "h3", "p", "{{ lookup('pipe', 'id') }}"))
                .extracting(Ran::code, one -> one.err().contains("does not know the results_file"))
                .containsExactly(1, true);
    }

    @Test
    void output_isFollowedToItsEnd_byOffset() throws Exception {
        Path given = Files.createTempDirectory(directory, "follow");
        // Answers by what it was asked: the last lines, what came since, and the rest of a job that has ended.
        String answer = "h1 | SUCCESS => {\\n"
                + "    \"kept\": true, \"text\": \"%s\", \"next\": %s, \"size\": %s, \"ended\": %s\\n"
                + "}\\n";
        script(
                given,
                "ansible",
                "case \"$*\" in\n"
                        + "*'\"lines\":2'*) printf '" + String.format(answer, "one\\\\ntwo\\\\n", 8, 8, false)
                        + "' ;;\n"
                        + "*'\"offset\":8'*) printf '" + String.format(answer, "three", 13, 15, true) + "' ;;\n"
                        + "*'\"offset\":13'*) printf '" + String.format(answer, "!\\\\n", 15, 15, true)
                        + "' ;;\n*) exit 9 ;;\nesac\n");
        String[] words = {
            "jobs",
            "output",
            "h1",
            "p",
            "it's $(a) job",
            "--url",
            ingester.url,
            "-i",
            "hosts.ini",
            "--lines",
            "2",
            "--follow"
        };
        assertThat(process(given, words)).containsExactly("0", "one", "two", "three!");
        script(
                given,
                "ansible",
                "printf 'h1 | SUCCESS => {\"kept\": false, \"why\": \"Ansible keeps it until the end\", \"ended\":"
                        + " false}\\n"
                        + "'\n");
        assertThat(process(given, words)).containsExactly("3", "jobledger: Ansible keeps it until the end");
        script(
                given,
                "ansible",
                "printf 'h1 | UNREACHABLE! => {\"msg\": \"no route\", \"unreachable\": true}\\n'; exit 4\n");
        assertThat(process(given, words)).containsExactly("1", "jobledger: ansible ended with 4: no route");
    }

    @Test
    void commandsOfTheHowTos_workAsTheyStand() throws Exception {
        Path given = Files.createTempDirectory(directory, "docs");
        script(given, "jobledger", "for word in \"$@\"; do printf '%s\\0' \"$word\"; done");
        String answer = "printf 'db1 | SUCCESS => {\"kept\": true, \"text\": \"done\\\\n"
                + "\", \"next\": 5, \"size\": 5, \"ended\": true}\\n"
                + "'\n";
        script(given, "ansible", answer);
        program(given, "ansible-playbook", 0, "all is well");
        String file = "/home/deploy/.ansible_async/";
        post(
                json("run_started", run(60), 1, 0, "run_name", "release-42"),
                started(run(60), 2, 0, "db1", "Upgrade databases", "Migrate schema", "d1", "results_file", file + "d1"),
                json("job_ended", run(60), 3, 1, "host", "db1", "ansible_job_id", "d1", "status", "succeeded"));
        List<String> ran = new ArrayList<>();
        for (String page : List.of("wait", "cancel", "output")) {
            for (String line : Files.readAllLines(Wire.checkout().resolve("docs/how-to/" + page + ".md"))) {
                if (line.startsWith("./jobledger ")) {
                    runs(given, line, 70 + ran.size());
                    ran.add(line);
                }
            }
        }
        assertThat(ran).hasSizeGreaterThanOrEqualTo(10);
    }

    /** Makes what a line of a page speaks of, lets a shell read the line, and runs it. */
    private void runs(Path given, String line, int number) throws Exception {
        String file = "/home/deploy/.ansible_async/";
        if (line.contains("jobs close") || line.contains("jobs cancel")) {
            post(started(
                    run(number),
                    1,
                    number,
                    "db1",
                    "Upgrade databases",
                    "Migrate schema",
                    "e" + number,
                    "results_file",
                    file + "e" + number));
        } else if (line.contains("jobs name")) {
            post(json(
                    "job_polled",
                    run(number),
                    1,
                    5,
                    "host",
                    "db1",
                    "ansible_job_id",
                    "j889214147243.9938",
                    "adopted",
                    true,
                    "job",
                    "migrate j889214147243.9938",
                    "results_file",
                    file + "j"));
        }
        List<String> words = new ArrayList<>(
                List.of(Shell.output(Shell.process(List.of("sh", "-c", "cd '" + given + "' && " + line)))
                        .split("\0")));
        words.addAll(2, List.of("--url", ingester.url));
        List<String> said = process(given, words.toArray(String[]::new));
        assertThat(said.get(0)).as(line + " said " + said).isEqualTo("0");
        if (line.contains("jobs cancel")) {
            post(json(
                    "job_ended",
                    run(number),
                    2,
                    number + 1,
                    "host",
                    "db1",
                    "ansible_job_id",
                    "e" + number,
                    "status",
                    "cancelled"));
        }
    }

    /**
     * Runs the program with these programs before all others; returns its exit code and then its lines, those of
     * standard error last.
     */
    private static List<String> process(Path programs, String... words) throws Exception {
        ProcessBuilder builder = Shell.process(Shell.program(words));
        builder.environment().put("PATH", programs + ":/usr/bin:/bin");
        Path err = programs.resolve("err");
        Process process = builder.redirectError(err.toFile()).start();
        process.getOutputStream().close();
        List<String> lines = new ArrayList<>(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList());
        lines.add(0, Integer.toString(process.waitFor()));
        lines.addAll(Files.readAllLines(err));
        return lines;
    }

    private static void script(Path at, String name, String body) throws IOException {
        Path file = Files.writeString(at.resolve(name), "#!/bin/sh\n" + body);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    /** A program that writes down its words and says something. */
    private static void program(Path at, String name, int code, String says) throws IOException {
        script(
                at,
                name,
                "for word in \"$@\"; do printf '%s\\0' \"$word\"; done > '" + at + "/" + name
                        + ".words'\nprintf '%s\\n' \"$JOBLEDGER_URL\" > '" + at + "/url'\n"
                        + (says.isEmpty() ? "" : "echo '" + says + "'\n") + "exit " + code + "\n");
    }

    private static List<String> words(Path at, String name) throws IOException {
        return Stream.of(Files.readString(at.resolve(name + ".words")).split("\0"))
                .toList();
    }
}
