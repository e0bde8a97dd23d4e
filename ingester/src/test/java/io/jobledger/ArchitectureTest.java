package io.jobledger;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Holds the import table of the design: who may know whom. */
class ArchitectureTest {
    private static final String ROOT = "io.jobledger.";
    private static final JavaClasses PROGRAM =
            new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS).importPackages("io.jobledger");

    private static final List<String> LEDGER_PORTS = ports("ledger", "Ledger", "EventSink", "ConditionalSink", "Precondition", "JobLookup", "AuditQueries", "JobQueries", "RunQueries", "EventQueries", "LedgerFeed", "Outbox",
            "LedgerException", "Upkeep", "Verifier", "Retention", "WriteObserver", "LedgerFigures");
    private static final List<String> MIRROR_PORTS = ports("mirror", "Mirror", "MirrorException", "OtherRecords");

    private static final List<String> TRAIL_PORTS = ports("trail", "Trail", "Act", "TrailException");
    private static final List<String> ACCESS_PORTS = with(
            ports("auth", "Tokens", "Token", "Scope", "Sessions", "Guesses", "Caller", "TokenStoreException"), TRAIL_PORTS);
    /** What a database must be to keep tokens and the trail. */
    private static final List<String> ACCESS_KEEPERS = with(ports("auth", "TokenStore", "TokenStoreException", "Token", "Scope"), TRAIL_PORTS);

    /** What each package may import of the program: whole packages, or the classes named. {@code cli} puts the parts together, so it may know all. */
    private static final Map<String, List<String>> MAY_IMPORT = Map.ofEntries(
            entry("model", List.of()),
            entry("files", List.of()),
            entry("terminal", List.of()),
            entry("audit", List.of("model")),
            entry("json", List.of("model")),
            entry("config", List.of()),
            entry("event", List.of("model", "json")),
            entry("ledger", with(List.of("model", "audit", "config", "json", "event", "files"), ACCESS_KEEPERS)),
            entry("mirror", with(List.of("model", "config", "json", "files"), LEDGER_PORTS)),
            entry("auth", with(List.of("json", "files"), TRAIL_PORTS)),
            entry("trail", List.of("json", "files")),
            entry("recovery", with(List.of("model", "json", "event"), with(LEDGER_PORTS, MIRROR_PORTS))),
            entry("upkeep", with(List.of("model", "json", "event"), LEDGER_PORTS)),
            entry("metrics", with(List.of("resume.JobFinder", "mirror.MirrorRelay"), with(LEDGER_PORTS, MIRROR_PORTS))),
            entry("page", with(List.of("model", "audit", "json", "resume"), LEDGER_PORTS)),
            entry("resume", with(List.of("model"), with(LEDGER_PORTS, MIRROR_PORTS))),
            entry("http", with(List.of("model", "page", "audit", "json", "config", "files", "event", "resume", "upkeep", "metrics", "mirror.MirrorRelay"),
                    with(ACCESS_PORTS, with(LEDGER_PORTS, MIRROR_PORTS)))));

    private static List<String> ports(String owner, String... names) {
        return Arrays.stream(names).map(name -> owner + "." + name).toList();
    }

    private static List<String> with(List<String> first, List<String> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    private static String packageOf(JavaClass javaClass) {
        String name = javaClass.getPackageName();
        return name.startsWith(ROOT) ? name.substring(ROOT.length()) : "";
    }

    private static boolean allowed(String owner, JavaClass target) {
        String outermost = target.getName().replaceAll("[$\\[].*", "").replaceFirst("^" + ROOT.replace(".", "\\."), "");
        return packageOf(target).equals(owner) || MAY_IMPORT.get(owner).contains(packageOf(target)) || MAY_IMPORT.get(owner).contains(outermost);
    }

    @Test
    void everyPackage_hasARowInTheTable() {
        Set<String> packages = PROGRAM.stream().map(ArchitectureTest::packageOf).collect(Collectors.toCollection(TreeSet::new));
        Set<String> rows = new TreeSet<>(MAY_IMPORT.keySet());
        rows.add("cli");
        assertThat(packages).isEqualTo(rows);
    }

    @TestFactory
    List<DynamicTest> eachPackage_importsOnlyItsRow() {
        return MAY_IMPORT.keySet().stream().sorted().map(owner -> DynamicTest.dynamicTest(owner, () -> noClasses()
                .that().resideInAPackage(ROOT + owner)
                .should().dependOnClassesThat(describe("are of the program but not in the row of " + owner,
                        target -> target.getPackageName().startsWith("io.jobledger") && !allowed(owner, target.getBaseComponentType())))
                .check(PROGRAM))).toList();
    }

    @Test
    void packages_haveNoCycles() {
        slices().matching("io.jobledger.(*)..").should().beFreeOfCycles().check(PROGRAM);
    }

    @Test
    void vertx_standsOnlyInHttpAndCli() {
        noClasses().that().resideOutsideOfPackages("io.jobledger.http", "io.jobledger.cli")
                .should().dependOnClassesThat().resideInAnyPackage("io.vertx..", "io.netty..").check(PROGRAM);
    }

    @Test
    void sql_standsOnlyInLedger() {
        noClasses().that().resideOutsideOfPackage("io.jobledger.ledger")
                .should().dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "javax.sql..", "org.jdbi..", "org.h2..", "org.flywaydb..", "com.zaxxer..", "org.postgresql..")
                .check(PROGRAM);
    }

    @Test
    void ociSdk_standsOnlyInTheMirrorsOciClasses() {
        classes().that(describe("use the OCI SDK", javaClass -> javaClass.getDirectDependenciesFromSelf().stream()
                        .anyMatch(dependency -> dependency.getTargetClass().getPackageName().startsWith("com.oracle."))))
                .should().resideInAPackage("io.jobledger.mirror").andShould().haveNameMatching(".*\\.Oci[^.]*")
                .allowEmptyShould(true)
                .check(PROGRAM);
    }

    @Test
    void micrometer_standsOnlyInMetrics() {
        noClasses().that().resideOutsideOfPackage("io.jobledger.metrics").should().dependOnClassesThat().resideInAnyPackage("io.micrometer..", "io.prometheus..").check(PROGRAM);
    }

    @Test
    void picocli_standsOnlyInCli() {
        noClasses().that().resideOutsideOfPackage("io.jobledger.cli").should().dependOnClassesThat().resideInAPackage("picocli..").check(PROGRAM);
    }

    @Test
    void jline_standsOnlyInTerminal() {
        noClasses().that().resideOutsideOfPackage("io.jobledger.terminal").should().dependOnClassesThat().resideInAPackage("org.jline..").check(PROGRAM);
    }
}
