package io.jobledger.http.api;

import io.jobledger.http.guard.Admission;
import io.jobledger.http.guard.Parameters;
import io.jobledger.http.guard.Responses;
import io.jobledger.ledger.Ledger;
import io.vertx.core.WorkerExecutor;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * {@code POST /api/v1/backup}: the whole ledger as of one moment, as a zip file. POST, so that no link and no prefetch
 * can ask for it.
 */
public final class BackupRoutes {
    private final Ledger ledger;
    private final WorkerExecutor workers;

    public BackupRoutes(Ledger ledger, WorkerExecutor workers) {
        this.ledger = ledger;
        this.workers = workers;
    }

    public void mount(Router router) {
        router.post("/api/v1/backup").handler(this::backup);
    }

    private void backup(RoutingContext context) {
        new Parameters(context);
        Admission.takeYourTime(context);
        // Beside the ledger: there is room for one copy where the ledger itself has room, and only its owner can look.
        Path file = Path.of(ledger.location());
        Path copy = file.resolveSibling("." + file.getFileName() + ".backup-" + UUID.randomUUID() + ".zip");
        workers.executeBlocking(
                        () -> {
                            ledger.backup(copy);
                            return copy;
                        },
                        false)
                .onComplete(
                        made -> context.response()
                                .putHeader("content-type", "application/zip")
                                .sendFile(copy.toString())
                                .onComplete(sent -> remove(copy)),
                        failure -> {
                            remove(copy);
                            Responses.fail(context, failure);
                        });
    }

    private void remove(Path copy) {
        workers.executeBlocking(
                () -> {
                    try {
                        Files.deleteIfExists(copy);
                    } catch (IOException e) {
                        // A copy that cannot be removed is hidden and private, and the next start removes it.
                    }
                    return null;
                },
                false);
    }
}
