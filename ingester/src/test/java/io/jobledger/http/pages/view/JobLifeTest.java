package io.jobledger.http.pages.view;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.events;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static io.jobledger.Wire.started;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.Wire;
import io.jobledger.ledger.query.StoredEvent;
import io.jobledger.model.Job;
import io.jobledger.model.JobRecord;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a job's page tells of its events. */
class JobLifeTest {
    private static final String OWN = "/home/ada/.ansible_async/j1.2";

    private static ObjectNode lost(int seq, String file) {
        return json("job_ended", run(1), seq, seq, "host", "h", "ansible_job_id", "j1.2", "status", "lost")
                .put("results_file", file);
    }

    private static List<String> told(ObjectNode... history) {
        Job job = Wire.jobs(events(history)).stream().reduce(Job::merge).orElseThrow();
        JobRecord record = job.record(job.mainKey());
        List<StoredEvent> stored = new ArrayList<>();
        for (ObjectNode event : history) {
            stored.add(new StoredEvent(
                    stored.size() + 1,
                    run(1),
                    event.get("seq").asLong(),
                    event.get("type").asText(),
                    event.toString()));
        }
        return JobLife.of(record, stored, T0).stream().map(JobLife.Life::what).toList();
    }

    @Test
    void checkInAnotherDirectory_isToldAsOneThatProvesNothing() {
        ObjectNode launch = started(run(1), 1, 0, "h", "p", "j", "j1.2", "results_file", OWN);
        assertThat(told(launch, lost(2, "/root/.ansible_async/j1.2")))
                .containsExactly("Started", "Looked for in another place, which proves nothing");
        assertThat(told(launch, lost(2, "/home/ada//.ansible_async/j1.2")))
                .containsExactly("Started", "Lost: its results file was not found");
    }
}
