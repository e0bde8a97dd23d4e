package io.jobledger;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Holds the layout of the design: who may know whom, and what stands in one place only. A list of exceptions is
 * compared as a whole: one that is not needed any more fails too, so the lists only shrink.
 */
class ArchitectureTest {
    private static final String ROOT = "io.jobledger.";
    /** What a reader can keep in mind of one package. */
    private static final int CLASSES_OF_A_PACKAGE = 25;
    /** More components are filled by position sooner or later, and two texts that are swapped still compile. */
    private static final int COMPONENTS_OF_A_RECORD = 12;

    private static final JavaClasses PROGRAM = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.jobledger");

    /** What each package may import of the program: packages, or single classes. */
    private static final Map<String, Set<String>> MAY_IMPORT = new TreeMap<>();

    static {
        row("auth", "files", "json", "trail.Act", "trail.Trail", "trail.TrailException");
        row(
                "cli",
                "auth.TokenStoreException",
                "cli.ask",
                "cli.jobs",
                "cli.context",
                "cli.serve",
                "cli.setup",
                "cli.tend",
                "cli.view",
                "config",
                "http.guard",
                "ledger",
                "sink.mirror.CheckStep",
                "sink.mirror.Mirror",
                "terminal");
        row("cli.ask", "auth.TokenText", "cli.context", "cli.view", "config", "files", "json", "terminal");
        row("cli.context", "cli.view", "config", "files");
        row("cli.setup", "auth.TokenText", "cli.ask", "cli.context", "cli.view", "config", "json", "terminal");
        row("cli.jobs", "cli.ask", "cli.view", "config.Durations", "json", "terminal");
        row(
                "cli.serve",
                "auth.FileTokenStore",
                "auth.TokenStore",
                "auth.Tokens",
                "cli.view",
                "config",
                "event.BatchDecoder",
                "event.InvalidEvents",
                "http",
                "http.api.Filters",
                "ledger",
                "ledger.h2.EmbeddedLedger",
                "ledger.postgres.PostgresAccess",
                "ledger.postgres.PostgresLedger",
                "ledger.retention.RetentionTask",
                "model",
                "sink.copy.LogCopier",
                "sink.mirror.Mirror",
                "sink.mirror.MirrorRelay",
                "sink.mirror.file.FileMirror",
                "sink.mirror.oci.OciMirror",
                "sink.mirror.oci.Uri",
                "sink.mirror.s3.S3Mirror",
                "sink.mirror.s3.S3Uri",
                "sink",
                "sink.webhook.InvalidHooks",
                "sink.webhook.Webhooks",
                "terminal",
                "trail.FileTrail",
                "trail.Trail",
                "trail.TrailException");
        row(
                "cli.tend",
                "auth",
                "cli.ask",
                "cli.context.ClientSettings",
                "cli.serve",
                "cli.view",
                "config",
                "json",
                "ledger",
                "ledger.h2.LedgerArchive",
                "ledger.h2.LedgerComputing",
                "ledger.h2.LedgerRestore",
                "ledger.h2.LedgerSalvage",
                "ledger.move.LedgerMove",
                "ledger.postgres.PostgresLedger",
                "log.LogHead",
                "files",
                "sink.copy.LogCopyReader",
                "sink.mirror.CheckStep",
                "sink.mirror.Mirror",
                "sink.mirror.MirrorException",
                "sink.mirror.Rebuild",
                "terminal",
                "trail.Act",
                "trail.Trail",
                "trail.TrailException");
        row("cli.view", "terminal");
        row("config");
        row("event", "json", "model");
        row("files");
        row(
                "http",
                "auth.Guesses",
                "auth.Sessions",
                "auth.Tokens",
                "config",
                "event.EventLimits",
                "http.api",
                "http.contract",
                "http.guard",
                "http.live",
                "http.pages.Assets",
                "http.pages.PageResponses",
                "http.pages.PageRoutes",
                "http.pages.Pages",
                "ledger",
                "metrics.Metrics",
                "resume.JobFinder",
                "sink.SinkRelays",
                "sink.mirror.MirrorRelay",
                "trail.Trail");
        row(
                "http.api",
                "auth.Caller",
                "auth.Scope",
                "auth.Tokens",
                "config",
                "event",
                "http.guard",
                "json",
                "ledger",
                "ledger.query",
                "log.LogHead",
                "metrics.Metrics",
                "model",
                "resume.JobFinder",
                "sink",
                "sink.mirror.MirroredLog",
                "sink.mirror.Mirror",
                "sink.mirror.MirrorRelay");
        row("http.contract", "http.guard", "http.pages.Assets", "http.pages.PageResponses");
        row(
                "http.guard",
                "auth",
                "config",
                "event.InvalidEvents",
                "files",
                "json",
                "ledger",
                "metrics.Metrics",
                "model",
                "sink.mirror.MirrorException",
                "trail.Act",
                "trail.Trail",
                "trail.TrailException");
        row("http.live", "config", "http.api", "http.guard", "json", "ledger", "ledger.query", "log.LogHead", "model");
        row(
                "http.pages",
                "http.api",
                "http.guard",
                "http.pages.view",
                "json",
                "ledger",
                "ledger.query",
                "log.LogHead",
                "model",
                "resume.JobFinder",
                "sink",
                "sink.mirror.MirroredLog",
                "sink.mirror.Mirror",
                "sink.mirror.MirrorRelay");
        row("http.pages.view", "json", "ledger.RunQueries", "ledger.query", "model");
        row("json", "model");
        row("ledger", "config", "json", "ledger.query", "log.LogFiles", "log.LogHead", "model");
        row(
                "ledger.h2",
                "event.BatchDecoder",
                "files",
                "json",
                "ledger",
                "ledger.jdbc",
                "ledger.project",
                "ledger.query",
                "ledger.retention.LedgerActs",
                "ledger.rows",
                "ledger.verify.LogVerifier",
                "ledger.verify.SecondPlace",
                "log",
                "log.file.AcceptedLoss",
                "log.file.FileLog",
                "log.file.SystemDisk",
                "model");
        row(
                "ledger.jdbc",
                "ledger",
                "ledger.project",
                "ledger.query",
                "ledger.read",
                "ledger.retention.LedgerActs",
                "ledger.retention.LogEraser",
                "ledger.retention.LogRetention",
                "ledger.rows",
                "ledger.verify.LogVerifier",
                "ledger.verify.SecondPlace",
                "log",
                "model");
        row(
                "ledger.move",
                "auth.Token",
                "config",
                "ledger",
                "ledger.h2",
                "ledger.postgres",
                "ledger.rows",
                "log",
                "log.postgres.HeadRow",
                "log.postgres.PostgresLog",
                "model",
                "trail.Act");
        row(
                "ledger.postgres",
                "auth.Scope",
                "auth.Token",
                "auth.TokenStore",
                "auth.TokenStoreException",
                "config",
                "json",
                "ledger",
                "ledger.h2.H2SecondPlace",
                "ledger.jdbc",
                "ledger.project",
                "ledger.query",
                "ledger.retention.LedgerActs",
                "ledger.retention.Snapshots",
                "ledger.rows",
                "log",
                "log.postgres.HeadRow",
                "log.postgres.PostgresLog",
                "log.postgres.AppendHook",
                "model",
                "trail.Act",
                "trail.Trail",
                "trail.TrailException");
        row("ledger.project", "event", "ledger", "ledger.query", "ledger.rows", "log", "model");
        row("ledger.query", "model");
        row("ledger.read", "event", "json", "ledger", "ledger.project", "ledger.query", "ledger.rows", "log", "model");
        row("ledger.retention", "event", "json", "ledger", "ledger.query.NamePatterns", "ledger.rows", "log", "model");
        row("ledger.rows", "json", "ledger", "ledger.query", "log.LogException", "model");
        row("ledger.verify", "event", "ledger", "ledger.rows", "log", "model");
        row("log", "event.BatchDecoder", "json", "model");
        row("log.file", "files.AtomicFiles", "files.PrivateFiles", "log", "model");
        row("log.postgres", "event", "log", "model");
        row(
                "metrics",
                "ledger",
                "resume.JobFinder",
                "sink",
                "sink.mirror.MirroredLog",
                "sink.mirror.Mirror",
                "sink.mirror.MirrorRelay");
        row("model");
        row(
                "resume",
                "ledger",
                "model",
                "sink.mirror.Mirror",
                "sink.mirror.MirrorException",
                "sink.mirror.OtherRecords");
        row("sink", "ledger", "ledger.query");
        row("sink.copy", "files", "json", "ledger", "log", "model", "sink.mirror");
        row("sink.mirror", "event.SavedJobs", "json", "ledger", "log.LogHead", "model", "sink.Backoff");
        row("sink.mirror.file", "files", "model", "sink.mirror");
        row("sink.mirror.bucket", "model", "sink.mirror");
        row("sink.mirror.oci", "config", "files", "sink.mirror", "sink.mirror.bucket");
        row("sink.mirror.s3", "config", "files", "sink.mirror", "sink.mirror.bucket");
        row("sink.webhook", "config.Durations", "config.Network", "json", "ledger", "ledger.query", "model", "sink");
        row("terminal");
        row("trail", "files", "json");
    }

    private static void row(String owner, String... targets) {
        MAY_IMPORT.put(owner, new TreeSet<>(Arrays.asList(targets)));
    }

    private static String packageOf(JavaClass type) {
        String name = type.getPackageName();
        return name.startsWith(ROOT) ? name.substring(ROOT.length()) : "";
    }

    /** The outermost class around it, without the root package. */
    private static String outermost(JavaClass type) {
        return type.getName().replaceAll("[$\\[].*", "").replaceFirst("^" + ROOT.replace(".", "\\."), "");
    }

    private static boolean ofTheProgram(JavaClass type) {
        return type.getPackageName().startsWith("io.jobledger");
    }

    private static boolean generated(JavaClass type) {
        return type.getSimpleName().matches("Jte\\w+Generated");
    }

    private static Stream<JavaClass> topLevel() {
        return PROGRAM.stream()
                .filter(type -> type.getEnclosingClass().isEmpty())
                .filter(type -> !type.getSimpleName().equals("package-info") && !generated(type));
    }

    private static boolean below(String packageName, String parent) {
        return packageName.equals(parent) || packageName.startsWith(parent + ".");
    }

    /** Which outermost classes name which classes outside of them, both chosen, as "from -> to". */
    private static Set<String> edges(Predicate<JavaClass> from, Predicate<JavaClass> to) {
        return PROGRAM.stream()
                .filter(from)
                .flatMap(type -> type.getDirectDependenciesFromSelf().stream()
                        .map(dependency -> dependency.getTargetClass().getBaseComponentType())
                        .filter(to)
                        .map(target -> outermost(type) + " -> " + outermost(target)))
                .collect(toCollection(TreeSet::new));
    }

    @Test
    void everyPackage_hasARowInTheTable() {
        Set<String> packages = PROGRAM.stream().map(ArchitectureTest::packageOf).collect(toCollection(TreeSet::new));
        assertThat(packages).isEqualTo(MAY_IMPORT.keySet());
    }

    @TestFactory
    Stream<DynamicTest> eachPackage_importsOnlyItsRow() {
        return MAY_IMPORT.entrySet().stream()
                .map(row -> DynamicTest.dynamicTest(
                        row.getKey(),
                        () -> assertThat(edges(
                                        type -> packageOf(type).equals(row.getKey()),
                                        target -> ofTheProgram(target)
                                                && !packageOf(target).equals(row.getKey())
                                                && !row.getValue().contains(packageOf(target))
                                                && !row.getValue().contains(outermost(target))))
                                .as("what " + row.getKey() + " imports beyond its row")
                                .isEmpty()));
    }

    @Test
    void rows_nameOnlyWhatIsThere() {
        Set<String> there = new TreeSet<>(MAY_IMPORT.keySet());
        topLevel().map(ArchitectureTest::outermost).forEach(there::add);
        MAY_IMPORT.forEach(
                (owner, targets) -> assertThat(there).as("row of " + owner).containsAll(targets));
    }

    @Test
    void packages_haveNoCircles() {
        slices().matching("io.jobledger.(**)").should().beFreeOfCycles().check(PROGRAM);
    }

    @Test
    void topmostPackages_haveNoCircles() {
        slices().matching("io.jobledger.(*)..").should().beFreeOfCycles().check(PROGRAM);
    }

    /**
     * Ports and their words are all that others see of the ledger; what opens, moves and mends its files is chosen by
     * commands.
     */
    @Test
    void ofTheLedger_othersSeeOnlyThePorts() {
        assertThat(edges(
                        type -> !below(packageOf(type), "ledger"),
                        target -> below(packageOf(target), "ledger")
                                && !packageOf(target).equals("ledger")
                                && !packageOf(target).equals("ledger.query")))
                .containsExactlyInAnyOrder(
                        // One place chooses the database.
                        "cli.serve.Ledgers -> ledger.h2.EmbeddedLedger",
                        "cli.serve.Ledgers -> ledger.postgres.PostgresLedger",
                        "cli.serve.AccessStores -> ledger.postgres.PostgresAccess",
                        "cli.serve.Ingester -> ledger.retention.RetentionTask",
                        "cli.tend.AcceptLossCommand -> ledger.postgres.PostgresLedger",
                        // Commands that work on files no ingester has open.
                        "cli.tend.AcceptLossCommand -> ledger.h2.LedgerSalvage",
                        "cli.tend.ProjectCommand -> ledger.h2.LedgerComputing",
                        "cli.tend.RestoreCommand -> ledger.h2.LedgerRestore",
                        "cli.tend.CopiedLedger -> ledger.h2.LedgerRestore",
                        "cli.tend.VerifyCommand -> ledger.h2.LedgerArchive",
                        "cli.tend.MigrateLedgerCommand -> ledger.move.LedgerMove");
    }

    @Test
    void ofTheSinks_othersSeeOnlyThePort() {
        assertThat(edges(
                        type -> !below(packageOf(type), "sink"),
                        target -> packageOf(target).matches("sink\\.(mirror\\..*|webhook)")))
                .containsExactlyInAnyOrder(
                        "cli.serve.Hooks -> sink.webhook.InvalidHooks",
                        "cli.serve.Hooks -> sink.webhook.Webhooks",
                        "cli.serve.Mirrors -> sink.mirror.file.FileMirror",
                        "cli.serve.Mirrors -> sink.mirror.oci.OciMirror",
                        "cli.serve.Mirrors -> sink.mirror.s3.S3Mirror");
    }

    @Test
    void jdbi_isInNoSignatureThatOthersSee() {
        Predicate<JavaClass> jdbi = type -> type.getPackageName().startsWith("org.jdbi");
        Set<String> seen = PROGRAM.stream()
                .filter(type -> PROGRAM.stream()
                        .filter(other -> !below(packageOf(other), "ledger") && !below(packageOf(other), "log"))
                        .anyMatch(other -> other.getDirectDependenciesFromSelf().stream()
                                .anyMatch(dependency ->
                                        dependency.getTargetClass().equals(type))))
                .flatMap(type -> type.getCodeUnits().stream())
                .filter(unit -> unit.getModifiers().contains(JavaModifier.PUBLIC))
                .filter(unit -> Stream.concat(Stream.of(unit.getRawReturnType()), unit.getRawParameterTypes().stream())
                        .anyMatch(jdbi))
                .map(JavaCodeUnit::getFullName)
                .collect(toCollection(TreeSet::new));
        // Their neighbour, the move, reads from the one and makes one of the other's pool.
        assertThat(seen)
                .containsExactly(
                        "io.jobledger.ledger.h2.LedgerArchive.records(java.util.function.LongConsumer)",
                        "io.jobledger.ledger.postgres.PostgresLedger.jdbi(com.zaxxer.hikari.HikariDataSource)");
    }

    @Test
    void h2_standsOnlyInItsPackage() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.jobledger.ledger.h2")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.h2..")
                .check(PROGRAM);
    }

    /** Of a database only what it offers to all: it may change anything else in its next version. */
    @Test
    void ofH2_onlyWhatItOffers() {
        assertThat(edges(
                        type -> true,
                        target -> target.getPackageName().startsWith("org.h2")
                                && !target.getPackageName().matches("org\\.h2\\.(jdbcx|api|tools)")
                                && !target.getName().equals("org.h2.Driver")))
                .isEmpty();
    }

    @Test
    void postgresqlsDriver_standsOnlyInItsPackage() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.jobledger.ledger.postgres", "io.jobledger.log.postgres")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.postgresql..")
                .check(PROGRAM);
    }

    /** What a class keeps to itself is not the program's to use. */
    @Test
    void nobody_opensWhatAClassKeepsToItself() {
        Set<String> names = Set.of(
                "setAccessible",
                "trySetAccessible",
                "getDeclaredField",
                "getDeclaredFields",
                "getDeclaredMethod",
                "getDeclaredMethods",
                "getDeclaredConstructor",
                "privateLookupIn");
        Set<String> calls = PROGRAM.stream()
                .flatMap(type -> type.getCodeUnitCallsFromSelf().stream())
                .filter(call -> names.contains(call.getTarget().getName()))
                .map(call -> outermost(call.getOriginOwner()) + " "
                        + call.getTarget().getName())
                .collect(toCollection(TreeSet::new));
        assertThat(calls).isEmpty();
    }

    @Test
    void vertx_standsOnlyInHttpAndWhereItIsStarted_andSendsWebhooks() {
        assertThat(edges(
                        type -> !below(packageOf(type), "http")
                                && !packageOf(type).equals("sink.webhook"),
                        target -> target.getPackageName().startsWith("io.vertx")))
                .containsExactlyInAnyOrder(
                        "cli.ask.ApiAccess -> io.vertx.core.Future",
                        "cli.ask.ApiAccess -> io.vertx.core.Vertx",
                        "cli.ask.ApiAccess -> io.vertx.core.net.PemKeyCertOptions",
                        "cli.ask.ApiAccess -> io.vertx.core.net.PemTrustOptions");
    }

    @Test
    void netty_standsOnlyInTheGuard() {
        assertThat(edges(
                        type -> !packageOf(type).equals("http.guard"),
                        target -> target.getPackageName().startsWith("io.netty")))
                .containsExactlyInAnyOrder(
                        "http.HttpService -> io.netty.handler.codec.DecoderResult",
                        "http.HttpService -> io.netty.handler.codec.http.TooLongHttpHeaderException",
                        "http.HttpService -> io.netty.handler.codec.http.TooLongHttpLineException");
    }

    @Test
    void sql_standsOnlyInTheLedger() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.jobledger.ledger..", "io.jobledger.log.postgres")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.sql..", "javax.sql..", "org.jdbi..", "org.flywaydb..", "com.zaxxer..")
                .check(PROGRAM);
    }

    @TestFactory
    Stream<DynamicTest> eachLibrary_standsInOnePackage() {
        return Stream.of(
                        List.of("sink.mirror.oci", "com.oracle.."),
                        List.of("sink.mirror.s3", "software.amazon.awssdk.."),
                        List.of("metrics", "io.micrometer..", "io.prometheus.."),
                        List.of("terminal", "org.jline.."),
                        List.of("cli..", "picocli.."),
                        List.of("sink.webhook", "org.yaml.."),
                        List.of("http.pages", "gg.jte.."))
                .map(rule -> DynamicTest.dynamicTest(
                        rule.get(1),
                        () -> noClasses()
                                .that()
                                .resideOutsideOfPackage(ROOT + rule.get(0))
                                .should()
                                .dependOnClassesThat()
                                .resideInAnyPackage(rule.subList(1, rule.size()).toArray(String[]::new))
                                .check(PROGRAM)));
    }

    @Test
    void noPackage_isTooLargeToBeKnown() {
        Map<String, Long> sizes = topLevel().collect(groupingBy(ArchitectureTest::packageOf, TreeMap::new, counting()));
        assertThat(sizes)
                .allSatisfy((name, classes) -> assertThat(classes).as(name).isLessThanOrEqualTo(CLASSES_OF_A_PACKAGE));
    }

    @Test
    void oneName_meansOneThing() {
        Map<String, Set<String>> owners = topLevel()
                .collect(groupingBy(
                        JavaClass::getSimpleName,
                        TreeMap::new,
                        mapping(ArchitectureTest::packageOf, toCollection(TreeSet::new))));
        owners.values().removeIf(packages -> packages.size() == 1);
        assertThat(owners.keySet()).containsExactlyInAnyOrder();
    }

    @Test
    void records_areSmallEnoughToBeFilledByPosition() {
        Set<String> large = PROGRAM.stream()
                .filter(JavaClass::isRecord)
                .filter(type -> components(type) > COMPONENTS_OF_A_RECORD)
                .map(type -> type.getName().substring(ROOT.length()) + " " + components(type))
                .collect(toCollection(TreeSet::new));
        assertThat(large)
                .containsExactlyInAnyOrder(
                        "config.Limits 15",
                        "config.Settings 24",
                        "ledger.query.JobFilter 21",
                        "ledger.query.RunFilter 14",
                        "model.JobDescription 24",
                        "model.JobRecord 34",
                        "model.RunInfo 14");
    }

    private static long components(JavaClass type) {
        return type.getFields().stream()
                .filter(field -> !field.getModifiers().contains(JavaModifier.STATIC))
                .map(JavaField::getName)
                .count();
    }
}
