package io.jobledger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * With which options the launcher starts Java; in a checkout that looks built, with a Java that only says how it was
 * called.
 */
class LauncherTest {
    private static final String ONE = "-XX:TieredStopAtLevel=1";
    private static final String ARITHMETIC = "-XX:CompilerDirectivesFile=";

    @TempDir
    private Path directory;

    private Path launcher;

    @BeforeEach
    void checkout() throws Exception {
        Path java = Files.createDirectories(directory.resolve("java/bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\necho \"java $*\"\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        launcher = Files.copy(
                Path.of(System.getProperty("jobledger.checkout")).resolve("jobledger"), directory.resolve("jobledger"));
        Files.createDirectories(directory.resolve("ingester/target"));
        Files.createFile(directory.resolve("ingester/target/jobledger.jar"));
        Files.writeString(directory.resolve("commented.properties"), "# mirror = oci://jobs\nport = 1\n");
        Files.writeString(directory.resolve("bucket.properties"), "port = 1\nmirror = /a, oci\\://jobs\n");
    }

    /** The command that it starts Java with. */
    private String start(Map<String, String> more, String... arguments) throws Exception {
        String said = run(more, arguments);
        return said.substring(said.lastIndexOf("java "));
    }

    private String run(Map<String, String> more, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("sh", launcher.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).directory(directory.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("JOBLEDGER_"));
        builder.environment()
                .putAll(Map.of(
                        "JAVA_HOME",
                        directory.resolve("java").toString(),
                        "XDG_CONFIG_HOME",
                        directory.resolve("config").toString()));
        builder.environment().putAll(more);
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return said;
    }

    @Test
    void serve_feedsABucket_theSecondCompilerMayDoArithmetic() throws Exception {
        assertThat(start(Map.of(), "serve", "--mirror", "oci://jobs@ns/a"))
                .contains(ARITHMETIC)
                .doesNotContain(ONE)
                .contains("-jar")
                .endsWith("serve --mirror oci://jobs@ns/a\n");
        assertThat(start(Map.of("JOBLEDGER_MIRROR", "/a,oci://jobs"), "serve")).contains(ARITHMETIC);
        assertThat(start(Map.of(), "serve", "--config", "bucket.properties")).contains(ARITHMETIC);
        assertThat(start(Map.of(), "serve", "--config=bucket.properties")).contains(ARITHMETIC);
        assertThat(start(Map.of("JOBLEDGER_CONFIG", "bucket.properties"), "serve"))
                .contains(ARITHMETIC);
        Files.createDirectories(directory.resolve("config/jobledger"));
        Files.copy(directory.resolve("bucket.properties"), directory.resolve("config/jobledger/jobledger.properties"));
        assertThat(start(Map.of(), "serve")).contains(ARITHMETIC);
    }

    @Test
    void serve_feedsNone_theSecondCompilerStaysOut() throws Exception {
        for (String[] arguments : List.of(
                new String[] {"serve"},
                new String[] {"serve", "--mirror", "/a"},
                new String[] {"serve", "--config", "commented.properties"},
                new String[] {"serve", "--config", "missing.properties"},
                new String[] {"demo"})) {
            assertThat(start(Map.of(), arguments))
                    .contains(ONE)
                    .doesNotContain(ARITHMETIC)
                    .contains("-XX:+ExitOnOutOfMemoryError");
        }
    }

    @Test
    void options_areReplacedByThoseOfTheEnvironment() throws Exception {
        assertThat(start(Map.of("JOBLEDGER_JAVA_OPTS", "-Xmx1g"), "serve", "--mirror", "oci://jobs"))
                .isEqualTo("java -Xmx1g -jar " + directory.toRealPath().resolve("ingester/target/jobledger.jar")
                        + " serve --mirror oci://jobs\n");
    }

    @Test
    void release_hasItsJarBesideIt_andBuildsNothing() throws Exception {
        Files.createFile(directory.resolve("jobledger.jar"));
        Files.delete(directory.resolve("ingester/target/jobledger.jar"));
        assertThat(start(Map.of(), "serve"))
                .contains("-jar " + directory.toRealPath().resolve("jobledger.jar") + " serve");
        assertThat(start(Map.of(), "serve", "--mirror", "oci://jobs"))
                .contains(ARITHMETIC + directory.toRealPath().resolve("jvm/second-compiler.json"));
        // What would be the benchmarks of a checkout is a wrong command of the program, which says so.
        assertThat(start(Map.of(), "bench")).contains("-jar").endsWith("bench\n");
    }

    @Test
    void serviceManager_neverStartsABuild() throws Exception {
        Path sources = Files.createDirectories(directory.resolve("ingester/src/main"));
        Files.createDirectories(directory.resolve("migrations"));
        Files.createFile(directory.resolve("pom.xml"));
        Files.createFile(directory.resolve("ingester/pom.xml"));
        Path jar = directory.resolve("ingester/target/jobledger.jar");
        Files.setLastModifiedTime(jar, FileTime.from(Instant.EPOCH));
        Files.writeString(sources.resolve("Newer.java"), "");
        assertThat(run(Map.of("INVOCATION_ID", "1"), "serve"))
                .contains("newer than what is built", "--version")
                .contains("-jar " + jar.toRealPath() + " serve");
        Files.delete(jar);
        assertThat(run(Map.of("INVOCATION_ID", "1"), "serve"))
                .contains("is not built", "--version")
                .doesNotContain("java -");
    }

    @Test
    void secondCompiler_directives_areAcceptedByThisJava() throws Exception {
        Path directives =
                Path.of(System.getProperty("jobledger.checkout")).resolve("ingester/src/main/jvm/second-compiler.json");
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:+UnlockDiagnosticVMOptions",
                        "-XX:CompilerDirectivesFile=" + directives,
                        "-version")
                .redirectErrorStream(true)
                .start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("2 compiler directives added");
        assertThat(process.waitFor()).isZero();
    }
}
