package io.jobledger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real bash reads the script and completes. */
class CompletionTest {
    @TempDir
    Path directory;

    private Path script;

    @BeforeEach
    void write() throws IOException {
        Ran ran = Ran.of("completion", "bash");
        assertThat(ran.code()).as(ran.err()).isZero();
        script = Files.writeString(directory.resolve("completion.bash"), ran.out());
        assertThat(Ran.of("completion", "zsh").out())
                .as("one script for both")
                .isEqualTo(ran.out())
                .contains("bashcompinit");
    }

    /** What bash offers for the last of the words. */
    private List<String> complete(String... words) throws IOException {
        String line = "source '" + script + "' || exit 9\n"
                + "complete -p jobledger >/dev/null || exit 8\n"
                + "COMP_WORDS=("
                + String.join(
                        " ",
                        List.of(words).stream().map(word -> "'" + word + "'").toList()) + ")\n"
                + "COMP_CWORD=" + (words.length - 1) + "\nCOMP_LINE=\"${COMP_WORDS[*]}\"\nCOMP_POINT=${#COMP_LINE}\n"
                + "_complete_jobledger jobledger '" + words[words.length - 1] + "' '" + words[words.length - 2]
                + "'\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n";
        return Shell.output(Shell.process(List.of("bash", "--norc", "-c", line)))
                .lines()
                .map(String::strip)
                .toList();
    }

    @Test
    void bash_completesCommandsOptionsAndValues() throws IOException {
        assertThat(complete("jobledger", "jo")).containsExactly("jobs");
        assertThat(complete("jobledger", "jobs", "")).contains("ls", "show", "history", "watch");
        assertThat(complete("jobledger", "jobs", "ls", "--ov")).containsExactly("--overdue");
        assertThat(complete("jobledger", "jobs", "ls", "--status", "su")).containsExactly("succeeded");
        assertThat(complete("jobledger", "runs", "ls", "-o", ""))
                .containsExactlyInAnyOrder("table", "wide", "json", "ndjson", "csv");
        assertThat(complete("jobledger", "completion", "z")).containsExactly("zsh");
    }

    @Test
    void fish_getsCommandsOptionsAndValues_ofWhatIsNotHidden() {
        String fish = Ran.of("completion", "fish").out();
        assertThat(fish.lines())
                .contains("complete -c jobledger -f")
                .anyMatch(line -> line.startsWith("complete -c jobledger -n '__jobledger_at ' -a 'jobs' -d '"))
                .anyMatch(line -> line.startsWith("complete -c jobledger -n '__jobledger_at jobs' -a 'ls' -d '"))
                .anyMatch(line -> line.startsWith("complete -c jobledger -n '__jobledger_in jobs ls' -l overdue"))
                .anyMatch(line -> line.startsWith(
                        "complete -c jobledger -n '__jobledger_in runs ls' -s o -l output -x -a 'table wide"
                                + " json ndjson csv'"))
                .noneMatch(line -> line.contains("warm-up"));
        // A quote that nobody closed would swallow the rest of the script.
        assertThat(fish.lines().filter(line -> line.startsWith("complete")))
                .allSatisfy(line -> assertThat(line.replace("\\'", "")
                                        .chars()
                                        .filter(c -> c == '\'')
                                        .count()
                                % 2)
                        .as(line)
                        .isZero());
    }

    @Test
    void script_isSoundForBash_andHidesWhatIsHidden() throws IOException {
        assertThat(Shell.output(Shell.process(List.of("bash", "-n", script.toString()))))
                .isEmpty();
        assertThat(complete("jobledger", "")).contains("serve", "export").doesNotContain("warm-up");
    }
}
