package io.jobledger.cli;

import io.jobledger.cli.view.ExitCodes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * {@code warm-up}: runs through what a command that asks an ingester needs, so that the JVM can archive its classes
 * ({@code -XX:ArchiveClassesAtExit}). For the launcher; it asks a socket of its own on loopback, which knows of no
 * jobs, and needs no ingester.
 */
@Command(
        name = "warm-up",
        hidden = true,
        description = "For the launcher: loads the classes that commands need.",
        mixinStandardHelpOptions = true)
final class WarmUpCommand implements Callable<Integer> {
    private static final List<String[]> COMMANDS = List.of(
            new String[] {"jobs", "ls"},
            new String[] {"jobs", "ls", "--overdue"},
            new String[] {"runs", "ls"},
            new String[] {"jobs", "ls", "-o", "json"},
            new String[] {"jobs", "ls", "--help"},
            new String[] {"jobs", "nonsense"});
    private static final String ROW = "{\"host\":\"h\",\"play\":\"p\",\"job_name\":\"j\",\"status\":\"running\","
            + "\"started_at\":\"2026-01-01T00:00:00.000000Z\",\"rc\":null,\"async\":1}";
    private static final String BODY = "{\"jobs\":[" + ROW + "],\"runs\":[" + ROW + "],\"next\":null}";

    @Override
    public Integer call() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Thread answers = new Thread(() -> answer(server), "answers");
            answers.setDaemon(true);
            answers.start();
            for (String[] words : COMMANDS) {
                CommandLine command = Main.commandLine(words);
                PrintWriter nowhere = new PrintWriter(new StringWriter());
                command.setOut(nowhere).setErr(nowhere);
                List<String> all = new ArrayList<>(List.of(words));
                if (all.contains("ls")) {
                    all.addAll(List.of("--url", "http://127.0.0.1:" + server.getLocalPort()));
                }
                command.execute(all.toArray(String[]::new));
            }
        }
        return ExitCodes.OK;
    }

    private static void answer(ServerSocket server) {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                BufferedReader request =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
                for (String line = request.readLine(); line != null && !line.isEmpty(); line = request.readLine()) {
                    // The head of a request ends in an empty line; ours have no body.
                }
                socket.getOutputStream()
                        .write(("HTTP/1.1 200 OK\r\n"
                                        + "Content-Type: application/json\r\n"
                                        + "Connection: close\r\n"
                                        + "Content-Length: "
                                        + BODY.length() + "\r\n\r\n" + BODY)
                                .getBytes(StandardCharsets.US_ASCII));
            } catch (IOException e) {
                return; // closed: all is loaded
            }
        }
    }
}
