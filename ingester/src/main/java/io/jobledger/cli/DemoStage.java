package io.jobledger.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.jobledger.cli.ask.ApiClient;
import io.jobledger.cli.context.ClientSettings;
import io.jobledger.cli.serve.Mirrors;
import io.jobledger.cli.view.CommandFailed;
import io.jobledger.config.BucketSettings;
import io.jobledger.config.OciSettings;
import io.jobledger.config.S3Settings;
import io.jobledger.sink.mirror.CheckStep;
import io.jobledger.sink.mirror.Mirror;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the demo plays with: a folder of its own, an ingester process, Ansible processes. Closing it, from any thread,
 * stops and removes all of it; the rest is for one thread.
 */
final class DemoStage implements AutoCloseable {
    private static final Pattern LISTENS = Pattern.compile("listens on (http://\\S+)");
    private static final Pattern READY = Pattern.compile("ready endpoint=(\\S+) config=(.+) bucket=.*");
    private static final Pattern CORE_VERSION = Pattern.compile("core (\\d+)\\.(\\d+)");

    private final Path home;
    private final Path folder;
    private final Consumer<String> narrator;
    private final List<Process> started = new ArrayList<>();
    private final List<String> mirrorFlags = new ArrayList<>();
    private final Queue<String> told = new ConcurrentLinkedQueue<>();
    private OciSettings oci = OciSettings.of(Map.of());
    private String mirror;
    private Path ansible;
    private Process ingester;
    private String url;
    private boolean closed;

    DemoStage(Path home, Path folder, Consumer<String> narrator) {
        this.home = home;
        this.folder = folder;
        this.narrator = narrator;
        this.mirror = folder.resolve("data").resolve("mirror").toString();
    }

    /** Takes the ansible-playbook of the PATH when it is new enough, else one in a venv of the checkout; says which. */
    String findAnsible() throws IOException, InterruptedException {
        for (String directory : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
            Path candidate = Path.of(directory.isEmpty() ? "." : directory, "ansible-playbook");
            if (Files.isExecutable(candidate)) {
                Matcher version = CORE_VERSION.matcher(output(List.of(candidate.toString(), "--version")));
                if (version.find()
                        && Integer.parseInt(version.group(1)) == 2
                        && Integer.parseInt(version.group(2)) >= 14) {
                    ansible = candidate;
                    return candidate + " (ansible-core " + version.group(1) + "." + version.group(2) + ")";
                }
            }
        }
        narrator.accept("none on the PATH; a pinned ansible-core goes into .tools/ of this checkout (once)");
        Path bin = Path.of(output(List.of(
                        "python3", home.resolve("ansible_plugins/devenv.py").toString()))
                .strip());
        ansible = bin.resolve("ansible-playbook");
        if (!Files.isExecutable(ansible)) {
            throw new CommandFailed(
                    "no ansible-playbook could be installed into the checkout; the lines above say why");
        }
        return ansible.toString();
    }

    /** Every process starts here, so that one that starts while the stage closes cannot be left behind. */
    private synchronized Process start(ProcessBuilder builder) throws IOException {
        if (closed) {
            throw new CommandFailed("interrupted");
        }
        Process process = builder.start();
        started.add(process);
        return process;
    }

    /** Output of a command that must work; its errors go to this process's. */
    private String output(List<String> command) throws IOException, InterruptedException {
        Process process = start(new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT));
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new CommandFailed(String.join(" ", command) + " failed with exit code " + process.exitValue());
        }
        return output;
    }

    /**
     * Starts a stand-in for OCI that ends with this process, and makes its bucket the mirror; returns the line it
     * greets with.
     */
    String startOci() throws IOException {
        Path jar = home.resolve("ingester/target/jobledger-oci-stand-in.jar");
        if (!Files.isRegularFile(jar)) {
            throw new CommandFailed("there is no " + jar + "; './mvnw -DskipTests package' builds it");
        }
        Process standIn = start(new ProcessBuilder(
                        java(),
                        "-Xmx64m",
                        "-jar",
                        jar.toString(),
                        folder.resolve("oci").toString(),
                        "jobledger-demo")
                .redirectError(ProcessBuilder.Redirect.INHERIT));
        String line =
                new BufferedReader(new InputStreamReader(standIn.getInputStream(), StandardCharsets.UTF_8)).readLine();
        Matcher ready = READY.matcher(line == null ? "" : line);
        if (!ready.matches()) {
            throw new CommandFailed("the stand-in for OCI did not start; the lines above say why");
        }
        oci = oci.at(ready.group(1), Path.of(ready.group(2)));
        mirror = "oci://jobledger-demo";
        mirrorFlags.addAll(List.of(
                "--mirror",
                mirror,
                "--oci-endpoint",
                oci.endpoint(),
                "--oci-config-file",
                oci.configFile().toString()));
        return line;
    }

    List<CheckStep> checkMirror() {
        try (Mirror checked = Mirrors.of(mirror, new BucketSettings(oci, S3Settings.of(Map.of())))) {
            return checked.probe();
        }
    }

    /** The paths of all records in the mirror, sorted. */
    Set<String> mirrored() {
        Set<String> paths = new TreeSet<>();
        try (Mirror listed = Mirrors.of(mirror, new BucketSettings(oci, S3Settings.of(Map.of())))) {
            listed.list(found -> paths.add(found.path()));
        }
        return paths;
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    /** Starts an ingester of its own on a free port; returns the line it greets with. */
    String startIngester() throws IOException {
        List<String> command = new ArrayList<>(List.of(
                java(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "serve",
                "--port",
                "0",
                "--data-dir",
                folder.resolve("data").toString(),
                "--run-silence",
                "5s"));
        command.addAll(mirrorFlags);
        ProcessBuilder builder = new ProcessBuilder(command);
        // The demo must not depend on, or write into, what the operator has set up.
        builder.environment().keySet().removeIf(name -> name.startsWith("JOBLEDGER_") || name.startsWith("OCI_"));
        builder.environment().put("XDG_CONFIG_HOME", folder.toString());
        ingester = start(builder.redirectError(ProcessBuilder.Redirect.INHERIT));
        String line =
                new BufferedReader(new InputStreamReader(ingester.getInputStream(), StandardCharsets.UTF_8)).readLine();
        Matcher listens = LISTENS.matcher(line == null ? "" : line);
        if (!listens.find()) {
            throw new CommandFailed("the ingester did not start; the lines above say why");
        }
        url = listens.group(1);
        return line;
    }

    String url() {
        return url;
    }

    /** The demo's own folder, which its playbooks know, too. */
    Path folder() {
        return folder;
    }

    JsonNode get(String path) {
        return new ApiClient(ClientSettings.find(url, null, Map.of())).get(path);
    }

    /** Starts ansible-playbook beside the playbooks of the demo. Its output is shown, indented, as it comes. */
    Process ansible(String... arguments) throws IOException {
        narrator.accept("$ ansible-playbook " + String.join(" ", arguments));
        return told(words(List.of(ansible.toString()), arguments));
    }

    /** Starts a command of this program, which may run Ansible itself. */
    Process jobledger(String... arguments) throws IOException {
        narrator.accept("$ ./jobledger "
                + String.join(" ", Stream.of(arguments).map(DemoStage::quoted).toList()));
        List<String> program = List.of(
                java(), "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), Main.class.getName());
        return told(words(program, arguments));
    }

    private static String quoted(String word) {
        return word.matches("[A-Za-z0-9_./:=,-]+") ? word : "'" + word + "'";
    }

    private static List<String> words(List<String> program, String... arguments) {
        List<String> words = new ArrayList<>(program);
        words.addAll(List.of(arguments));
        return words;
    }

    private Process told(List<String> command) throws IOException {
        Path examples = home.resolve("docs").resolve("examples").resolve("demo");
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(examples.toFile()).redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("JOBLEDGER_") || name.startsWith("ANSIBLE_"));
        environment.put("JOBLEDGER_URL", url);
        // On a busy machine a cold ingester may take longer than a run would usually wait for it.
        environment.put("JOBLEDGER_TIMEOUT", "10");
        environment.put("JOBLEDGER_BUDGET", "30");
        environment.put("JOBLEDGER_SPOOL_DIR", folder.resolve("spool").toString());
        environment.put(DemoProcesses.MARK, folder.toString());
        environment.put("PATH", ansible.getParent() + File.pathSeparator + environment.getOrDefault("PATH", ""));
        environment.put("ANSIBLE_CONFIG", examples.resolve("ansible.cfg").toString());
        environment.put("ANSIBLE_HOME", folder.resolve("ansible").toString());
        environment.put(
                "ANSIBLE_LOCAL_TEMP", folder.resolve("ansible").resolve("tmp").toString());
        Process process = start(builder);
        Thread reader = new Thread(
                () -> process.inputReader()
                        .lines()
                        .filter(line -> !line.isBlank())
                        .forEach(this::heard),
                "demo-output");
        reader.setDaemon(true);
        reader.start();
        return process;
    }

    private void heard(String line) {
        if (line.startsWith("ASYNC POLL") && told.contains(line)) {
            return; // Ansible says it again every two seconds
        }
        told.add(line);
        narrator.accept("| " + line);
    }

    /** What commands have written, as one text. */
    String told() {
        return String.join("\n", told);
    }

    /** Waits for a process to end by itself; returns its exit code. */
    int finish(Process process, Duration patience) throws InterruptedException {
        if (!process.waitFor(patience.toSeconds(), TimeUnit.SECONDS)) {
            throw new CommandFailed("a playbook did not end within " + patience.toSeconds() + " seconds");
        }
        return process.exitValue();
    }

    /**
     * SIGKILL for a controller and its workers, as when the machine goes down: no goodbye, no clean-up. A worker that
     * is left alive would wait for its job, remove the job's file, and find nobody to tell.
     */
    void killNine(Process controller) throws InterruptedException {
        List<ProcessHandle> workers = controller.descendants().toList();
        controller.destroyForcibly();
        workers.forEach(ProcessHandle::destroyForcibly);
        controller.waitFor();
    }

    void requireAlive(Process process, String who) {
        if (!process.isAlive()) {
            throw new CommandFailed(who + " ended too early, with exit code " + process.exitValue());
        }
    }

    /** Waits until {@code condition} holds. */
    void await(String what, Duration patience, BooleanSupplier condition) throws InterruptedException {
        Instant deadline = Instant.now().plus(patience);
        while (!condition.getAsBoolean()) {
            if (Instant.now().isAfter(deadline)) {
                throw new CommandFailed("waited " + patience.toSeconds() + " seconds in vain for: " + what);
            }
            Thread.sleep(200);
        }
    }

    /** SIGTERM; returns how long the ingester took to stop. */
    Duration stopIngester() throws InterruptedException {
        Instant asked = Instant.now();
        ingester.destroy();
        if (!ingester.waitFor(15, TimeUnit.SECONDS)) {
            throw new CommandFailed("the ingester did not stop within 15 seconds");
        }
        return Duration.between(asked, Instant.now());
    }

    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        for (Process process : started) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        // Jobs outlive everything else, that is their nature; a demo that broke off must end them too.
        DemoProcesses.of(folder).forEach(ProcessHandle::destroyForcibly);
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
