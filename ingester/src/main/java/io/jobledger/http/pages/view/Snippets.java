package io.jobledger.http.pages.view;

import io.jobledger.model.JobKey;
import io.jobledger.model.JobRecord;
import java.nio.charset.StandardCharsets;

/**
 * How to resume a job, ready to be copied: every text does what it says for every name. Characters that cannot be seen
 * are escaped, so that what is copied is what is shown.
 *
 * @param task a task for a playbook
 * @param curl a command for a shell
 * @param cli a command for a shell
 */
public record Snippets(String task, String curl, String cli) {

    /**
     * The snippets of a record.
     *
     * @param server the ingester's URL as the reader's browser knows it
     * @param byId whether a lookup must say which job of the name is meant, since the name alone answers another or
     *     several
     */
    public static Snippets of(JobRecord record, String server, boolean byId) {
        JobKey key = record.key();
        String path = "/api/v1/jobs/" + Links.segment(key.host()) + "/" + Links.segment(key.play()) + "/"
                + Links.segment(key.job());
        String narrow = (byId ? "?" + Links.query("id", record.jobId().value()).replace("+", "%20") : "")
                + (record.checkMode() ? (byId ? "&" : "?") + "check_mode=true" : "");
        String dots = (path + "/").matches(".*/\\.\\.?/.*") ? " --path-as-is" : "";
        return new Snippets(
                task(record, byId),
                "curl -fsS" + dots + " " + shell(server + path + narrow),
                "./jobledger jobs show " + (byId ? shell("--id=" + record.jobId()) + " " : "")
                        + (record.checkMode() ? "--check-mode " : "") + (startsWithDash(key) ? "-- " : "")
                        + shell(key.host()) + " " + shell(key.play()) + " " + shell(key.job()));
    }

    private static boolean startsWithDash(JobKey key) {
        return key.host().startsWith("-")
                || key.play().startsWith("-")
                || key.job().startsWith("-");
    }

    private static String task(JobRecord record, boolean byId) {
        JobKey key = record.key();
        String lookup = "lookup('jobledger.core.job', " + jinja(key.job()) + ", host=" + jinja(key.host()) + ", play="
                + jinja(key.play()) + (byId ? ", id=" + jinja(record.jobId().value()) : "")
                + (record.checkMode() ? ", check_mode=true" : "") + ")";
        StringBuilder task = new StringBuilder("- name: Wait for a job that was started earlier\n"
                + "  ansible.builtin.async_status:\n"
                + "    jid: \"{{ found.ansible_job_id }}\"\n");
        task.append("  delegate_to: \"{{ found.execution_host }}\"\n");
        if (record.becomeUser() != null) {
            task.append("  become: true\n  become_user: ")
                    .append(yaml("{{ " + jinja(record.becomeUser()) + " }}"))
                    .append('\n');
        }
        task.append("  vars:\n    found: ").append(yaml("{{ " + lookup + " }}")).append('\n');
        if (record.resultsFile() != null) {
            task.append("    ansible_async_dir: \"{{ found.async_dir }}\"\n");
        }
        return task.append("  register: result\n  until: result is finished\n  retries: 1000\n  delay: 15\n")
                .toString();
    }

    /** A string literal of Jinja. */
    public static String jinja(String text) {
        StringBuilder literal = new StringBuilder("'");
        text.codePoints().forEach(c -> {
            if (c == '\'' || c == '\\') {
                literal.append('\\').appendCodePoint(c);
            } else if (Text.hides(c)) {
                literal.append(String.format(c > 0xFFFF ? "\\U%08x" : "\\u%04x", c));
            } else {
                literal.appendCodePoint(c);
            }
        });
        return literal.append('\'').toString();
    }

    /** A double-quoted scalar of YAML; {@code text} holds no line breaks. */
    private static String yaml(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    /** One word of a POSIX shell; of bash, zsh or ksh where it holds characters that cannot be seen. */
    public static String shell(String word) {
        if (word.matches("[A-Za-z0-9_@%+=:,./-]+")) {
            return word;
        }
        if (word.codePoints().noneMatch(Text::hides)) {
            return "'" + word.replace("'", "'\\''") + "'";
        }
        StringBuilder quoted = new StringBuilder("$'");
        word.codePoints().forEach(c -> {
            if (c == '\'' || c == '\\') {
                quoted.append('\\').appendCodePoint(c);
            } else if (Text.hides(c)) {
                for (byte b : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
                    quoted.append(String.format("\\x%02x", b));
                }
            } else {
                quoted.appendCodePoint(c);
            }
        });
        return quoted.append('\'').toString();
    }
}
