package io.jobledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds ARCHITECTURE.md to the code: whatever it names is there. */
class ArchitecturePageTest {
    private static final Pattern QUOTED = Pattern.compile("`([^`\n]+)`");
    private static final Path MAIN = Wire.checkout().resolve("ingester/src/main/java/io/jobledger");
    private static final Path COLLECTION =
            Wire.checkout().resolve("ansible_plugins/ansible_collections/jobledger/core");

    private final String page = read(Wire.checkout().resolve("ARCHITECTURE.md"));

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> sources() {
        try (Stream<Path> files = Files.walk(Wire.checkout().resolve("ingester/src"))) {
            return files.filter(file -> file.toString().endsWith(".java")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What stands between backquotes outside of fences, as far as it is of a kind. */
    private Set<String> quoted(Predicate<String> kind) {
        String prose = page.replaceAll("(?ms)^```.*?^```$", "");
        Matcher matcher = QUOTED.matcher(prose);
        return matcher.results()
                .map(found -> found.group(1))
                .filter(kind)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void classes_exist() {
        Set<String> there = sources().stream()
                .map(file -> file.getFileName().toString().replace(".java", ""))
                .collect(Collectors.toSet());
        Set<String> named = quoted(text -> text.matches("[A-Z][a-z0-9]+[A-Za-z0-9]*"));
        assertThat(named).hasSizeGreaterThan(40);
        assertThat(there).containsAll(named);
    }

    @Test
    void packages_existAndHaveAPage() {
        Set<String> named = quoted(
                text -> text.matches("[a-z]+(\\.[a-z0-9]+)*") && Files.isDirectory(MAIN.resolve(text.split("\\.")[0])));
        assertThat(named).hasSizeGreaterThan(25);
        assertThat(named)
                .allSatisfy(
                        name -> assertThat(MAIN.resolve(name.replace('.', '/')).resolve("package-info.java"))
                                .exists());
        Set<String> there = sources().stream()
                .filter(file -> file.startsWith(MAIN))
                .map(file -> MAIN.relativize(file.getParent()).toString().replace('/', '.'))
                .collect(Collectors.toSet());
        assertThat(named).containsAll(there);
    }

    @Test
    void files_exist() {
        Set<String> named = quoted(text -> text.matches("[\\w.-]+/[\\w./-]*") && !text.startsWith("/"));
        assertThat(named).hasSizeGreaterThan(10);
        assertThat(named)
                .allSatisfy(name -> assertThat(
                                Stream.of(Wire.checkout(), COLLECTION, COLLECTION.resolve("plugins/plugin_utils"), MAIN)
                                        .map(root -> root.resolve(name)))
                        .anyMatch(Files::exists));
    }

    @Test
    void threads_areStartedByTheirOwner() {
        Matcher row = Pattern.compile("(?m)^\\| `([a-z-]+)` \\| `(\\w+)` \\|").matcher(page);
        List<String> rows = row.results()
                .map(found -> found.group(1) + " " + found.group(2))
                .toList();
        assertThat(rows).hasSizeGreaterThan(8);
        assertThat(rows).allSatisfy(text -> {
            String[] thread = text.split(" ");
            Path owner = sources().stream()
                    .filter(file -> file.endsWith(thread[1] + ".java"))
                    .findFirst()
                    .orElseThrow();
            assertThat(read(owner)).contains("\"" + thread[0] + "\"");
        });
    }
}
