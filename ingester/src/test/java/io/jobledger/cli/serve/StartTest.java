package io.jobledger.cli.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.cli.FakeIngester;
import io.jobledger.cli.Ran;
import io.jobledger.cli.Shell;
import io.jobledger.cli.view.ExitCodes;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a command that asks an ingester must not pay for: the classes of the server. Not a time, which depends on the
 * machine.
 */
class StartTest {
    private FakeIngester ingester;

    @BeforeEach
    void start() throws IOException {
        ingester = new FakeIngester();
        ingester.json("GET /api/v1/jobs", "{\"jobs\":[{\"host\":\"h\",\"status\":\"running\"}],\"next\":null}");
    }

    @AfterEach
    void stop() {
        ingester.close();
    }

    @Test
    void askingLoadsNothingOfTheServer_andOnlyTheCommandThatIsRun() throws IOException {
        List<String> words = Shell.program("jobs", "ls", "--url", ingester.url());
        words.add(1, "-Xlog:class+load:stdout");
        List<String> loaded = Shell.output(Shell.process(words)).lines().toList();
        assertThat(loaded)
                .anyMatch(line -> line.contains("io.jobledger.cli.jobs.JobsCommand "))
                .anyMatch(line -> line.startsWith("running  h"));
        assertThat(loaded)
                .noneMatch(
                        line -> line.matches(
                                ".* (io\\.vertx|io\\.netty|org\\.h2|org\\.jdbi|com\\.zaxxer|org\\.flywaydb|com\\.oracle|java\\.net\\.http)\\..*"))
                .noneMatch(
                        line -> line.matches(".* io\\.jobledger\\.cli\\.(Serve|Demo|Rebuild|Runs|Export)Command .*"));
    }

    @Test
    void warmUp_runsWithoutAnIngester() {
        assertThat(Ran.of("warm-up")).isEqualTo(new Ran(ExitCodes.OK, "", ""));
        assertThat(ingester.asked).isEmpty();
    }
}
