package io.jobledger.cli.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** The command that asks an open job how it stands, ready to paste into a shell; the inventory is the reader's. */
public final class ResumeHint {
    private ResumeHint() {}

    /** What to do about a job; nothing when it has ended. */
    public static List<String> of(JsonNode job) {
        if (!job.path("status").asText().equals("running")) {
            return List.of();
        }
        String id = job.path("ansible_job_id").asText(null);
        if (id == null || job.path("ansible_job_id").isNull()) {
            return List.of("it cannot be resumed: Ansible never showed its id (no_log)");
        }
        String host = job.path("execution_host").asText(job.path("host").asText());
        String folder = job.path("async_dir").asText(null);
        if (!AnsibleCommand.PLAIN.matcher(host).matches()
                || !AnsibleCommand.PLAIN.matcher(id).matches()
                || folder != null
                        && !job.path("async_dir").isNull()
                        && !AnsibleCommand.PLAIN_PATH.matcher(folder).matches()) {
            return List.of(
                    "with the lookup jobledger.core.job in a playbook: a name holds what a shell or Ansible would read"
                            + " otherwise");
        }
        List<String> command = new ArrayList<>(List.of("ansible", host, "-i", "INVENTORY"));
        option(command, "-u", job.path("remote_user"));
        if (job.path("become_user").isTextual()
                && AnsibleCommand.PLAIN
                        .matcher(job.path("become_user").asText())
                        .matches()) {
            command.add("-b");
            option(command, "--become-user", job.path("become_user"));
        }
        command.addAll(List.of("-m", "ansible.builtin.async_status", "-a", "jid=" + id));
        if (!job.path("async_dir").isNull() && folder != null) {
            command.addAll(List.of("-e", "ansible_async_dir=" + folder));
        }
        return List.of(String.join(" ", command));
    }

    private static void option(List<String> command, String name, JsonNode value) {
        if (value.isTextual() && AnsibleCommand.PLAIN.matcher(value.asText()).matches()) {
            command.addAll(List.of(name, value.asText()));
        }
    }
}
