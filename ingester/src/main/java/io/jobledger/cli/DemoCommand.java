package io.jobledger.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.RecordColumn;
import io.jobledger.cli.view.ShownTimes;
import io.jobledger.cli.view.Views;
import io.jobledger.sink.mirror.CheckStep;
import io.jobledger.terminal.Palette;
import io.jobledger.terminal.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code demo}: the main job on real Ansible. Every step is checked; the first that does not do what it says ends the
 * demo with exit code 1.
 */
@Command(
        name = "demo",
        description =
                "Shows the main job on real Ansible: starts jobs, kills the controller, resumes every job by name."
                        + " Leaves nothing behind.",
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Set<String> JOBS =
            Set.of("Migrate schema", "Back up (orders)", "Back up (users)", "Rebuild index");
    private static final int HOSTS = 3;

    /** Where the demo mirrors to. */
    enum MirrorKind {
        file,
        oci
    }

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--mirror",
            paramLabel = "KIND",
            defaultValue = "file",
            description =
                    "file: a directory. oci: a bucket of OCI Object Storage, in a stand-in on this machine that needs"
                            + " no account. Default: file.")
    private MirrorKind mirror;

    private int step;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path home = home();
        Path folder = Files.createTempDirectory("jobledger-demo-");
        try (DemoStage stage = new DemoStage(home, folder, this::detail)) {
            // Ctrl-C and SIGTERM end the program without a finally; the ingester and the jobs would go on.
            Runtime.getRuntime().addShutdownHook(new Thread(() -> closeAtExit(stage), "demo-close"));
            play(stage);
        }
        say("Done. The demo stopped its ingester and removed " + folder);
        return CommandLine.ExitCode.OK;
    }

    private static void closeAtExit(DemoStage stage) {
        try {
            stage.close();
        } catch (IOException | UncheckedIOException e) {
            System.err.println("jobledger: the demo could not remove all of its files: " + e);
        }
    }

    private static Path home() {
        String home = System.getenv("JOBLEDGER_HOME");
        if (home == null || !Files.isDirectory(Path.of(home, "docs", "examples", "demo"))) {
            throw new CommandFailed(
                    "the demo needs the checkout with its playbooks; start it there as ./jobledger demo");
        }
        return Path.of(home);
    }

    private void play(DemoStage stage) throws IOException, InterruptedException {
        say("Find ansible-playbook");
        detail(stage.findAnsible());

        if (mirror == MirrorKind.oci) {
            say("Start a stand-in for OCI Object Storage: it checks the signature of every request, as OCI does");
            detail(stage.startOci());
            say("Check the mirror, as './jobledger mirror check' does");
            for (CheckStep checked : stage.checkMirror()) {
                require(checked.outcome() == CheckStep.Outcome.PASSED, checked.name() + ": " + checked.text());
            }
        }

        say("Start the ingester, as './jobledger serve' does");
        detail(stage.startIngester());

        say("Run start.yml: on three hosts a job with poll: 0, a loop of two, and one with poll: 2 that the"
                + " controller waits for");
        Process controller = stage.ansible("start.yml");
        int expected = HOSTS * JOBS.size();
        stage.await("all " + expected + " jobs in the ledger", PATIENCE, () -> {
            stage.requireAlive(controller, "the controller");
            return stage.get("/api/v1/jobs?status=running").get("jobs").size() == expected;
        });
        detail(expected + " jobs are in the ledger; the controller (process " + controller.pid()
                + ") waits for 'Rebuild index'");

        say("kill -9 the controller while all of its jobs run");
        stage.killNine(controller);
        JsonNode running = stage.get("/api/v1/jobs?status=running").get("jobs");
        require(running.size() == expected, "the ledger still shows " + expected + " running jobs");
        long alive = stage.runningJobs(running);
        require(alive == expected, "all " + expected + " jobs are alive on their hosts without a controller");

        say("What resume.yml will ask, by hand:");
        String path = "/api/v1/jobs/db1/Upgrade%20databases/Migrate%20schema";
        JsonNode one = stage.get(path);
        detail("curl " + stage.url() + path);
        detail("  ansible_job_id " + one.get("ansible_job_id").asText() + ", status "
                + one.get("status").asText());
        detail("  results_file " + one.get("results_file").asText());

        say("Run resume.yml, a new controller: it finds every job by name and waits for its end");
        int exit = stage.finish(stage.ansible("resume.yml"), PATIENCE);
        require(exit == 0, "ansible-playbook resume.yml ended with exit code 0");

        say("The jobs, as './jobledger jobs ls' shows them");
        JsonNode jobs = stage.get("/api/v1/jobs");
        table(jobs.get("jobs"), Views.JOBS);
        require(
                StreamSupport.stream(jobs.get("jobs").spliterator(), false)
                                .filter(job -> job.get("status").asText().equals("succeeded"))
                                .count()
                        == expected,
                "all " + expected + " jobs succeeded");

        say("The runs, as './jobledger runs ls' shows them: the one that was killed never said goodbye");
        stage.await(
                "the killed run shown as interrupted",
                PATIENCE,
                () -> states(stage).equals(Set.of("finished resume.yml", "interrupted start.yml")));
        table(stage.get("/api/v1/runs").get("runs"), Views.RUNS);

        say("The mirror: the same records as " + (mirror == MirrorKind.oci ? "objects in the bucket" : "files")
                + ", for the day when the ledger is gone");
        stage.await(
                "every record in the mirror",
                PATIENCE,
                () -> stage.get("/api/v1/mirrors")
                                .get("mirrors")
                                .get(0)
                                .get("pending")
                                .asLong()
                        == 0);
        Set<String> paths = stage.mirrored();
        paths.forEach(this::detail);
        require(paths.size() == expected, "the mirror holds " + expected + " records");
        require(
                paths.containsAll(JOBS.stream()
                        .map(job -> "db2/Upgrade databases/" + job + ".json")
                        .toList()),
                "they stand under host/play/job.json");

        say("Stop the ingester with SIGTERM");
        detail("it stopped after " + stage.stopIngester().toMillis() + " ms");
    }

    private static Set<String> states(DemoStage stage) {
        return StreamSupport.stream(stage.get("/api/v1/runs").get("runs").spliterator(), false)
                .map(run ->
                        run.get("state").asText() + " " + run.get("playbook").asText())
                .collect(Collectors.toSet());
    }

    private void table(JsonNode rows, List<RecordColumn> fields) {
        RecordColumn.table(
                        out(),
                        fields,
                        new ShownTimes(ZoneId.systemDefault(), Instant.now()),
                        Terminal.width(System.getenv()),
                        Palette.of(Palette.When.auto, Terminal.output(), System.getenv()))
                .print(rows);
    }

    private void require(boolean holds, String claim) {
        if (!holds) {
            throw new CommandFailed("this does not hold: " + claim);
        }
        detail("✓ " + claim);
    }

    private void say(String text) {
        out().printf("%n%d. %s%n", ++step, text);
        out().flush();
    }

    private void detail(String text) {
        out().println("   " + text);
        out().flush();
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
