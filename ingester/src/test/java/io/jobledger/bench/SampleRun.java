package io.jobledger.bench;

import com.fasterxml.jackson.core.JsonGenerator;
import io.jobledger.json.Json;
import io.jobledger.model.JobKey;
import io.jobledger.model.RunId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;

/** One run of a {@link SampleSite}, as the events that a recorder would send. For one thread. */
final class SampleRun {
    private record SampleJob(String host, String job, String id, Instant at, long async) {}

    private final SampleSite site;
    private final SplittableRandom random;
    private final Instant start;
    private final String team;
    private final String play;
    private final String user;
    private final String playbook;
    private final long number;
    private final RunId id;
    private final List<SampleJob> jobs = new ArrayList<>();
    private long seq;

    SampleRun(
            SampleSite site,
            long number,
            SplittableRandom random,
            Instant start,
            String team,
            String play,
            String user) {
        this.site = site;
        this.number = number;
        this.random = random;
        this.start = start;
        this.team = team;
        this.play = play;
        this.user = user;
        this.playbook = play.toLowerCase().replace(' ', '_') + ".yml";
        this.id =
                new RunId(new UUID(random.nextLong() & ~0xF000L | 0x4000L, random.nextLong() & ~(3L << 62) | 1L << 63));
        String step = SampleSite.step(random);
        int firstHost = random.nextInt(Math.max(1, site.hosts() / 8));
        for (int i = 0; i < site.jobsPerRun(); i++) {
            // Two jobs a host, as two tasks of a play would start them.
            String name = i % 2 == 0 ? step : step + " (check)";
            jobs.add(new SampleJob(
                    SampleSite.host(team, (firstHost + i / 2) % Math.max(1, site.hosts() / 8)),
                    name,
                    "j" + random.nextLong(100_000_000_000L, 999_999_999_999L) + "." + random.nextInt(300, 99_999),
                    start.plusMillis(2000 + i * 40L),
                    300L * (1 + random.nextInt(48))));
        }
    }

    RunId id() {
        return id;
    }

    /** How many events it has. */
    long size() {
        return 3L + (long) site.jobsPerRun() * site.eventsPerJob();
    }

    /** The names that its jobs can be resumed by. */
    List<JobKey> keys() {
        return jobs.stream().map(job -> new JobKey(job.host, play, job.job)).toList();
    }

    /** Its events in their order, each as compact JSON in UTF-8. May be called once. */
    List<byte[]> events() {
        List<byte[]> events = new ArrayList<>();
        events.add(runStarted());
        events.add(event(
                "play_started",
                start.plusMillis(500),
                Map.of("play", play, "playbook", playbook, "playbook_path", path(), "strategy", "linear")));
        for (SampleJob job : jobs) {
            Map<String, Object> fields = where(job);
            fields.put("action", "ansible.builtin.command");
            fields.put("async", job.async);
            fields.put("poll", 0);
            fields.put("check_mode", false);
            fields.put("no_log", false);
            fields.put("remote_user", "deploy");
            fields.put("become_user", "root");
            fields.put("connection", "ssh");
            events.add(event("job_started", job.at, fields));
        }
        Instant last = start;
        for (int round = 1; round < site.eventsPerJob(); round++) {
            for (SampleJob job : jobs) {
                Instant at = job.at
                        .plusSeconds(job.async * round / site.eventsPerJob())
                        .plusMillis(random.nextInt(900));
                last = at.isAfter(last) ? at : last;
                events.add(round + 1 < site.eventsPerJob() ? event("job_polled", at, where(job)) : ended(job, at));
            }
        }
        Map<String, Object> stats = new LinkedHashMap<>();
        jobs.forEach(job -> stats.put(
                job.host,
                Map.of(
                        "ok",
                        6,
                        "changed",
                        2,
                        "failures",
                        0,
                        "unreachable",
                        0,
                        "skipped",
                        1,
                        "rescued",
                        0,
                        "ignored",
                        0)));
        events.add(event("run_finished", last.plusSeconds(1), Map.of("stats", stats)));
        return events;
    }

    private byte[] runStarted() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("kind", "playbook");
        fields.put("run_name", "CHG-" + (1000 + number / 3));
        fields.put("user", user);
        fields.put("controller", "ci-" + (1 + number % 12));
        fields.put("pid", 1000 + random.nextInt(60_000));
        fields.put("ansible_version", "2.19.14");
        fields.put("check_mode", false);
        fields.put("limit", team);
        fields.put("argv", List.of("ansible-playbook", playbook, "--limit", team, "-e", "***"));
        fields.put("labels", Map.of("team", team, "ticket", "CHG-" + (1000 + number / 3)));
        fields.put("playbook", playbook);
        fields.put("playbook_path", path());
        return event("run_started", start, fields);
    }

    /** Of a hundred jobs, about one is still running, six failed, one timed out and one was lost. */
    private byte[] ended(SampleJob job, Instant at) {
        int luck = random.nextInt(100);
        Map<String, Object> fields = where(job);
        if (luck == 0) {
            return event("job_polled", at, fields);
        }
        String status = luck < 92 ? "succeeded" : luck < 98 ? "failed" : luck < 99 ? "timed_out" : "lost";
        fields.put("status", status);
        if (luck < 98) {
            fields.put("rc", luck < 92 ? 0 : 1 + random.nextInt(3));
            fields.put("changed", true);
        }
        if (luck >= 92) {
            fields.put(
                    "message",
                    luck < 98 ? "non-zero return code" : luck < 99 ? "Timeout exceeded" : "could not find job");
        }
        return event("job_ended", at, fields);
    }

    private Map<String, Object> where(SampleJob job) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("host", job.host);
        fields.put("execution_host", job.host);
        fields.put("play", play);
        fields.put("playbook", playbook);
        fields.put("playbook_path", path());
        fields.put("task", job.job);
        fields.put("job", job.job);
        fields.put("results_file", "/home/deploy/.ansible_async/" + job.id);
        fields.put("ansible_job_id", job.id);
        return fields;
    }

    private String path() {
        return "/srv/playbooks/" + team + "/" + playbook;
    }

    private byte[] event(String type, Instant at, Map<String, Object> fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(640);
        try (JsonGenerator json = Json.MAPPER.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("type", type);
            json.writeStringField("run_id", id.toString());
            json.writeNumberField("seq", ++seq);
            json.writeStringField("at", Json.time(at));
            for (Map.Entry<String, Object> field : fields.entrySet()) {
                json.writeFieldName(field.getKey());
                json.writePOJO(field.getValue());
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail", e);
        }
        return bytes.toByteArray();
    }
}
