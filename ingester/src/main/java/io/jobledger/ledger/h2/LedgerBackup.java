package io.jobledger.ledger.h2;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jobledger.files.PrivateFiles;
import io.jobledger.json.Json;
import io.jobledger.log.LogHead;
import io.jobledger.log.file.FileLog;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * A ledger in a zip file: what the mirrors have, as SQL; the files of the log; and a manifest, written last, with their
 * sizes and checksums.
 */
final class LedgerBackup {
    private static final int FORMAT = 1;
    private static final String MANIFEST = "manifest.json";
    private static final String DELIVERY = "delivery.sql";
    private static final String LOG = "log/";

    private LedgerBackup() {}

    /** Writes one; appends go on meanwhile. */
    static void write(FileLog log, Jdbi delivery, Instant now, Path copy) throws IOException {
        try (FileChannel channel = FileChannel.open(
                        copy,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        PrivateFiles.fileAttributes(copy));
                ZipOutputStream zip =
                        new ZipOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16))) {
            // The log's files are compressed already.
            zip.setLevel(Deflater.BEST_SPEED);
            ObjectNode manifest = Json.OWN.createObjectNode().put("format", FORMAT);
            // First: it must not speak of entries that the log in the backup has not.
            List<String> script = delivery.withHandle(LedgerBackup::script);
            add(
                    zip,
                    manifest,
                    DELIVERY,
                    new java.io.ByteArrayInputStream(String.join("\n", script).getBytes(StandardCharsets.UTF_8)));
            LogHead head = log.copy((name, bytes) -> add(zip, manifest, LOG + name, bytes));
            manifest.put("head", head.text()).put("made_at", Json.time(now));
            zip.putNextEntry(new ZipEntry(MANIFEST));
            zip.write(Json.text(manifest).getBytes(StandardCharsets.UTF_8));
            zip.closeEntry();
            zip.finish();
            zip.flush();
            channel.force(true);
        }
    }

    /** A database as SQL that makes it again. */
    static List<String> script(Handle handle) {
        return handle.createQuery("SCRIPT").mapTo(String.class).list();
    }

    private static void add(ZipOutputStream zip, ObjectNode manifest, String name, InputStream bytes)
            throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        CheckedInputStream checked = new CheckedInputStream(bytes, new CRC32C());
        long size = checked.transferTo(zip);
        zip.closeEntry();
        manifest.withArray("files")
                .addObject()
                .put("name", name)
                .put("size", size)
                .put("crc32c", checked.getChecksum().getValue());
    }

    /**
     * Unpacks one.
     *
     * @param log a directory that is there and empty
     * @param delivery a file that is not there
     * @return where its log must reach
     * @throws IOException when it is no backup, or is not whole
     */
    static LogHead unpack(Path backup, Path log, Path delivery) throws IOException {
        Map<String, String> found = new HashMap<>();
        JsonNode manifest = null;
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(backup))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                String name = entry.getName();
                if (name.equals(MANIFEST)) {
                    manifest = Json.OWN.readTree(zip.readAllBytes());
                } else if (name.equals(DELIVERY)) {
                    found.put(name, store(zip, delivery));
                } else if (name.matches(LOG + "[0-9]{19}\\.jlog")) {
                    found.put(name, store(zip, log.resolve(name.substring(LOG.length()))));
                }
            }
        }
        if (manifest == null || manifest.path("format").asInt() != FORMAT) {
            throw new IOException("it is not a whole backup of a ledger; 'jobledger backup' writes one");
        }
        for (JsonNode file : manifest.path("files")) {
            String expected =
                    file.path("size").asLong() + " " + file.path("crc32c").asLong();
            String name = file.path("name").asText();
            if (!expected.equals(found.get(name))) {
                throw new IOException("its file " + name + " is not as it was written");
            }
        }
        return LogHead.parse(manifest.path("head").asText());
    }

    static Path script(LedgerDirectory directory) {
        return directory.path().resolve(DELIVERY);
    }

    /** Returns size and checksum. */
    private static String store(InputStream bytes, Path file) throws IOException {
        CheckedInputStream checked = new CheckedInputStream(bytes, new CRC32C());
        try (FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PrivateFiles.fileAttributes(file))) {
            OutputStream out = Channels.newOutputStream(channel);
            long size = checked.transferTo(out);
            channel.force(true);
            return size + " " + checked.getChecksum().getValue();
        }
    }
}
