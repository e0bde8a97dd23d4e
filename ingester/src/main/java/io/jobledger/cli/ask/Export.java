package io.jobledger.cli.ask;

import io.jobledger.cli.view.CommandFailed;
import io.jobledger.files.NewFile;
import io.jobledger.terminal.Terminal;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where an export goes. A file is there whole or not at all, and is private. */
public final class Export {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Mixin
    private Connection connection;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "ndjson",
            description = "${COMPLETION-CANDIDATES}. Default: ndjson.")
    private RowCounter.Format format;

    @Option(
            names = "--to",
            paramLabel = "FILE",
            description =
                    "A file, readable by you only. It is there when all of it is written. Default: standard output.")
    private Path file;

    @Option(names = "--replace", description = "Replace the file if it is there.")
    private boolean replace;

    Connection connection() {
        return connection;
    }

    PrintWriter err() {
        return command.commandLine().getErr();
    }

    /** Writes all rows that fit. */
    void write(String path, Query filters) {
        if (file != null && !replace && Files.exists(file)) {
            throw new CommandFailed(file + " exists already; --replace replaces it");
        }
        RowCounter rows = new RowCounter(format);
        try (InputStream body = connection.api().stream(path + filters, format.mediaType());
                ProgressBar bar = bar(path, filters)) {
            if (file == null) {
                // Past the writer: these are the ingester's bytes, in UTF-8 whatever the locale.
                copy(body, System.out, rows, bar);
            } else {
                NewFile.write(file, replace, out -> copy(body, out, rows, bar));
            }
        } catch (FileAlreadyExistsException e) {
            throw new CommandFailed(file + " exists already; --replace replaces it");
        } catch (IOException e) {
            throw new CommandFailed("the export of " + connection.api().url()
                    + (file == null ? " broke off: " : " could not be written to " + file + ": ") + e.getMessage());
        }
        if (file != null) {
            command.commandLine().getOut().println(rows.rows() + (rows.rows() == 1 ? " row in " : " rows in ") + file);
            command.commandLine().getOut().flush();
        }
    }

    private static void copy(InputStream body, OutputStream out, RowCounter rows, ProgressBar bar) throws IOException {
        byte[] bytes = new byte[1 << 16];
        for (int got = body.read(bytes); got >= 0; got = body.read(bytes)) {
            rows.count(bytes, got);
            out.write(bytes, 0, got);
            if (out == System.out && System.out.checkError()) {
                throw new IOException("nobody reads standard output");
            }
            if (bar != null) {
                bar.stepTo(rows.rows());
            }
        }
    }

    /** For a person who watches and whose rows go elsewhere. Only for one is it worth counting them first. */
    private ProgressBar bar(String path, Query filters) {
        if (!Terminal.error() || file == null && Terminal.output()) {
            return null;
        }
        long total = connection
                .api()
                .get(path + filters.copy().and("limit", 1).and("total", true))
                .path("total")
                .asLong(-1);
        return new ProgressBarBuilder().setTaskName("rows").setInitialMax(total).build();
    }
}
