package io.jobledger.sink.webhook;

import io.jobledger.ledger.query.News;

/** What a message of a hook looks like. Thread-safe. */
interface HookFormat {
    HookMessage message(News news);
}
