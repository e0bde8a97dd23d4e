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
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code demo}: recovery on real Ansible. Every step is checked; the first that does not do what it says ends the demo
 * with exit code 1.
 */
@Command(
        name = "demo",
        description =
                "Shows the main job on real Ansible: starts jobs, kills the controller, and runs the same playbook again;"
                        + " then settles, cancels and follows jobs. Leaves nothing behind. Needs Linux.",
        mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String PLAY = "Upgrade databases";
    private static final String JOB = "Migrate schema";
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

        Process first = startAndKill(stage);
        runAgain(stage, first);
        JsonNode nightly = startNightly(stage);
        settle(stage, nightly);
        cancel(stage);
        mirror(stage);

        say("Stop the ingester with SIGTERM");
        detail("it stopped after " + stage.stopIngester().toMillis() + " ms");
    }

    private Process startAndKill(DemoStage stage) throws IOException, InterruptedException {
        say("Run site.yml: on three hosts it starts a job once, and waits for it");
        Process controller = stage.ansible("site.yml");
        stage.await(HOSTS + " jobs in the ledger", PATIENCE, () -> {
            stage.requireAlive(controller, "the controller");
            return jobs(stage, "status=running").size() == HOSTS;
        });
        say("kill -9 the controller while its jobs run");
        stage.killNine(controller);
        JsonNode running = jobs(stage, "status=running");
        require(running.size() == HOSTS, "the ledger still shows " + HOSTS + " running jobs");
        require(alive(stage, running) == HOSTS, "all " + HOSTS + " are alive on their hosts without a controller");
        return controller;
    }

    private void runAgain(DemoStage stage, Process killed) throws IOException, InterruptedException {
        say("Run the same playbook again; and another controller does so at the same time");
        Process second = stage.ansible("site.yml");
        Process third = stage.ansible("site.yml");
        stage.await("two runs attached to the jobs of process " + killed.pid(), PATIENCE, () -> {
            stage.requireAlive(second, "the second controller");
            stage.requireAlive(third, "the third controller");
            return attached(stage) == 2 * HOSTS;
        });
        detail("both wait for the jobs that the killed controller started");

        say("Meanwhile follow the output of one job");
        Process output =
                stage.jobledger("jobs", "output", "db1", PLAY, JOB, "-i", "inventory.yml", "--lines", "2", "--follow");
        stage.await("the output of the job", PATIENCE, () -> stage.told().contains("is migrated"));
        Files.createFile(stage.folder().resolve("enough"));
        require(stage.finish(output, PATIENCE) == 0, "it was followed to its end");
        require(stage.finish(second, PATIENCE) == 0, "the playbook that was run again ended with exit code 0");
        require(stage.finish(third, PATIENCE) == 0, "so did the other controller's");
        List<String> starts = Files.readAllLines(stage.folder().resolve("starts"));
        require(starts.size() == HOSTS, "three runs, and each job was started once: " + String.join(", ", starts));
        require(jobs(stage, "status=succeeded").size() == HOSTS, "all " + HOSTS + " jobs succeeded");
    }

    private JsonNode startNightly(DemoStage stage) throws IOException, InterruptedException {
        say("Run nightly.yml, which knows nothing of Jobledger: two jobs with poll: 0");
        require(stage.finish(stage.ansible("nightly.yml"), PATIENCE) == 0, "they run, and nobody waits for them");
        return stage.get("/api/v1/jobs/db3/Nightly/Back%20up");
    }

    private void settle(DemoStage stage, JsonNode backup) throws IOException, InterruptedException {
        say("One of them is killed on its host, with kill -9. Nobody tells the ledger");
        DemoProcesses.ofJob(stage.folder(), backup.get("ansible_job_id").asText())
                .flatMap(process -> Stream.concat(process.descendants(), Stream.of(process)))
                .toList()
                .forEach(ProcessHandle::destroyForcibly);
        require(status(stage, "Back%20up").equals("running"), "the ledger says that it runs");
        say("Settle: ask the host what became of the jobs that are open");
        int exit = stage.finish(
                stage.ansible("jobledger.core.settle", "-e", "settle_unseen_for=0s", "-e", "settle_adopt=false"),
                PATIENCE);
        require(exit == 0, "every host was looked at");
        require(status(stage, "Back%20up").equals("lost"), "the ledger says that 'Back up' is lost");
        require(status(stage, "Rebuild%20index").equals("running"), "and that 'Rebuild index' runs");
    }

    private void cancel(DemoStage stage) throws IOException, InterruptedException {
        say("Cancel the other");
        Process cancel = stage.jobledger(
                "jobs",
                "cancel",
                "db3",
                "Nightly",
                "Rebuild index",
                "--reason",
                "the window is over",
                "-i",
                "inventory.yml");
        require(stage.finish(cancel, PATIENCE) == 0, "it was ended on its host");
        say("The jobs, as './jobledger jobs ls' shows them");
        table(stage.get("/api/v1/jobs").get("jobs"), Views.JOBS);
        require(status(stage, "Rebuild%20index").equals("cancelled"), "the ledger says that it was cancelled");
    }

    private void mirror(DemoStage stage) throws InterruptedException {
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
        require(paths.size() == HOSTS + 2, "the mirror holds " + (HOSTS + 2) + " records");
        require(paths.contains("db2/" + PLAY + "/" + JOB + ".json"), "they stand under host/play/job.json");
    }

    private static JsonNode jobs(DemoStage stage, String filter) {
        return stage.get("/api/v1/jobs?" + filter).get("jobs");
    }

    private static String status(DemoStage stage, String job) {
        return stage.get("/api/v1/jobs/db3/Nightly/" + job).get("status").asText();
    }

    private static long alive(DemoStage stage, JsonNode jobs) {
        return rows(jobs)
                .filter(job -> DemoProcesses.ofJob(
                                stage.folder(), job.get("ansible_job_id").asText())
                        .findAny()
                        .isPresent())
                .count();
    }

    /** How many jobs were found by runs that did not start them, as those runs have told. */
    private static long attached(DemoStage stage) {
        return rows(stage.get("/api/v1/runs").get("runs"))
                .flatMap(run ->
                        rows(stage.get("/api/v1/runs/" + run.get("run_id").asText() + "/events")
                                .get("events")))
                .filter(event -> event.path("decision").asText().equals("attached"))
                .map(event -> event.get("run_id").asText() + event.get("host").asText())
                .distinct()
                .count();
    }

    private static Stream<JsonNode> rows(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
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
