package io.jobledger.http.pages.view;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.Wire;
import io.jobledger.model.JobRecord;
import org.junit.jupiter.api.Test;

class SnippetsTest {
    private static JobRecord record(String host, String play, String job, Object... more) {
        return Wire.jobs(Wire.events(Wire.started(Wire.run(1), 1, 0, host, play, job, "j1.2", more)))
                .get(0)
                .record(Wire.key(host, play, job));
    }

    @Test
    void snippets_ofAPlainName_areWhatTheDocumentationShows() {
        Snippets snippets = Snippets.of(
                record("db1", "Upgrade databases", "Migrate schema", "results_file", "/root/.ansible_async/j1.2"),
                "http://ledger:8740",
                false);
        assertThat(snippets.task())
                .contains("found: \"{{ lookup('jobledger.core.job', 'Migrate schema', host='db1', play='Upgrade"
                        + " databases') }}\"\n")
                .contains("ansible_async_dir: \"{{ found.async_dir }}\"\n")
                .contains("delegate_to: \"{{ found.execution_host }}\"\n");
        assertThat(snippets.curl())
                .isEqualTo("curl -fsS http://ledger:8740/api/v1/jobs/db1/Upgrade%20databases/Migrate%20schema");
        assertThat(snippets.cli()).isEqualTo("./jobledger jobs show db1 'Upgrade databases' 'Migrate schema'");
    }

    @Test
    void snippets_ofAHostileName_cannotLeaveTheirQuotes() {
        Snippets snippets =
                Snippets.of(record("..", "it's \"$(id)\" \\", "a/b\u202e\n-x"), "http://ledger:8740", false);
        assertThat(snippets.task())
                .contains("'a/b\\\\u202e\\\\u000a-x', host='..', play='it\\\\'s \\\"$(id)\\\" \\\\\\\\')");
        assertThat(snippets.curl())
                .contains(" --path-as-is ")
                .endsWith("/../it%27s%20%22%24%28id%29%22%20%5C/a%2Fb%E2%80%AE%0A-x");
        assertThat(snippets.cli())
                .isEqualTo("./jobledger jobs show .. 'it'\\''s \"$(id)\" \\' $'a/b\\xe2\\x80\\xae\\x0a-x'");
    }

    @Test
    void snippets_ofAnAmbiguousName_sayWhichJob() {
        Snippets snippets = Snippets.of(record("-db1", "P", "J"), "http://ledger:8740", true);
        assertThat(snippets.task()).contains(", id='j1.2')");
        assertThat(snippets.curl()).endsWith("'http://ledger:8740/api/v1/jobs/-db1/P/J?id=j1.2'");
        assertThat(snippets.cli()).isEqualTo("./jobledger jobs show --id=j1.2 -- -db1 P J");
    }

    @Test
    void snippets_ofANameThatBeginsWithADash_areNoOptions() {
        assertThat(Snippets.of(record("-h", "P", "J"), "http://x", false).cli())
                .isEqualTo("./jobledger jobs show -- -h P J");
    }

    @Test
    void snippets_ofAJobOfAnotherUser_becomeThatUser() {
        assertThat(Snippets.of(record("h", "P", "J", "become_user", "post{{gres"), "http://x", false)
                        .task())
                .contains("  become: true\n  become_user: \"{{ 'post{{gres' }}\"\n");
    }
}
