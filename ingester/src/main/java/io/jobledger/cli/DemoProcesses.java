package io.jobledger.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** The processes of a demo: jobs outlive whoever started them, so they are found by their environment. Linux only. */
final class DemoProcesses {
    /** Every process of a demo has it, with the demo's folder. */
    static final String MARK = "DEMO_DIR";

    private DemoProcesses() {}

    /** All processes of the demo in a folder but its ingester and this program. */
    static Stream<ProcessHandle> of(Path folder) {
        return ProcessHandle.allProcesses()
                .filter(process -> environment(process).contains(MARK + "=" + folder));
    }

    /** Those that keep or run one job: of {@code start_once} by their mark, of Ansible's own wrapper by an argument. */
    static Stream<ProcessHandle> ofJob(Path folder, String jobId) {
        String launch = jobId.substring(0, jobId.lastIndexOf('.'));
        return of(folder)
                .filter(process -> environment(process).contains("JOBLEDGER_JOB=" + jobId)
                        || words(process, "cmdline").contains(launch));
    }

    private static List<String> environment(ProcessHandle process) {
        return words(process, "environ");
    }

    private static List<String> words(ProcessHandle process, String file) {
        try {
            byte[] read = Files.readAllBytes(Path.of("/proc", Long.toString(process.pid()), file));
            return Arrays.asList(new String(read, StandardCharsets.UTF_8).split("\0"));
        } catch (IOException e) {
            return List.of(); // it has ended, or is somebody else's
        }
    }
}
