package io.jobledger.sink.webhook;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.json.Json;
import io.jobledger.json.RecordJson;
import io.jobledger.ledger.query.News;
import io.jobledger.ledger.query.NewsKind;
import io.jobledger.model.Run;
import io.jobledger.model.RunInfo;

/** News as JSON: the data of every message. */
final class NewsJson {
    private NewsJson() {}

    /** Without the details of a job: they may hold its output. */
    static ObjectNode data(News news) {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("event", news.event())
                .put("id", news.id())
                .put("entry", news.place().text())
                .put("at", Json.time(news.at()));
        if (news.detail() != null) {
            json.put("detail", news.detail());
        }
        if (news.job() != null) {
            ObjectNode job = RecordJson.write(news.job());
            job.remove("details");
            json.set("job", job);
        }
        if (news.run() != null) {
            json.set("run", run(news.run()));
        }
        return json;
    }

    private static ObjectNode run(Run run) {
        ObjectNode json =
                JsonNodeFactory.instance.objectNode().put("run_id", run.id().toString());
        RunInfo info = run.info();
        if (info != null) {
            json.put("run_name", info.runName())
                    .put("playbook", info.playbook())
                    .put("user", info.user())
                    .put("controller", info.controller());
            ObjectNode labels = json.putObject("labels");
            info.labels().forEach(labels::put);
        }
        return json;
    }

    /** The type of a CloudEvent. */
    static String type(News news) {
        String about = news.kind() == NewsKind.INTERRUPTED ? "run" : news.kind() == NewsKind.BLOCKED ? "sink" : "job";
        return "io.jobledger." + about + "." + news.kind().wire();
    }

    /** Whom it is about, in a line. */
    static String subject(News news) {
        return news.job() != null
                ? news.job().key().host() + "/" + news.job().key().play() + "/"
                        + news.job().key().job()
                : news.run() != null ? news.run().id().toString() : "jobledger";
    }
}
