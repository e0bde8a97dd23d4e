package io.jobledger.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of names, ids and statuses. */
class NamesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "db1",
                " ",
                "..",
                "a/b",
                "line\nbreak",
                "Größe",
                "\u65e5\u672c",
                "\uD83D\uDE80",
                "\"quoted\"",
                "\u0001"
            })
    void ordinaryAndHostileNames_areNames(String name) {
        assertThat(Names.fault(name)).isEmpty();
    }

    @Test
    void badNames_areRefusedWithTheRule() {
        assertThat(Names.fault(null)).contains("must not be empty");
        assertThat(Names.fault("")).contains("must not be empty");
        assertThat(Names.fault("a\0b")).contains("must not hold a NUL character");
        assertThat(Names.fault("a\uD800"))
                .hasValueSatisfying(why -> assertThat(why).contains("unpaired surrogate"));
        assertThat(Names.fault("\uDC00a")).isPresent();
        assertThat(Names.fault("x".repeat(4096))).isEmpty();
        assertThat(Names.fault("x".repeat(4097))).contains("must be at most 4096 bytes of UTF-8");
        assertThat(Names.fault("\u00e4".repeat(2049)))
                .as("the limit counts bytes")
                .isPresent();
        assertThatThrownBy(() -> new JobKey("h", "", "j"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("play must not be empty");
    }

    @Test
    void digest_tellsApartWhatJoiningWouldNot() {
        assertThat(new JobKey("a", "b", "cd").digest()).isNotEqualTo(new JobKey("a", "bc", "d").digest());
        assertThat(new JobKey("a", "b", "c").digest())
                .as("stored for ever")
                .isEqualTo(UUID.fromString("13e22856-7e82-49fc-e533-37f25d7970de"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1-1-1-1-1",
                "5F0C9A3E-7D7C-4C3B-9F0E-2A4B6C8D0E1F",
                "5f0c9a3e7d7c4c3b9f0e2a4b6c8d0e1f",
                " 5f0c9a3e-7d7c-4c3b-9f0e-2a4b6c8d0e1f",
                "5f0c9a3e-7d7c-4c3b-9f0e-2a4b6c8d0e1f\n"
            })
    void runId_hasOneSpellingOnly(String text) {
        assertThatThrownBy(() -> RunId.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("lower case");
    }

    @Test
    void runId_roundTrips() {
        RunId id = RunId.random();
        assertThat(RunId.parse(id.toString())).isEqualTo(id);
        assertThatThrownBy(() -> RunId.parse(null)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "j\n1", "j\u007f", "j\0", "j\uD800"})
    void jobIds_thatNoResumeCouldUse_areRefused(String text) {
        assertThatThrownBy(() -> new AnsibleJobId(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void jobId_isTextOfLimitedLength() {
        assertThat(new AnsibleJobId("2472848566.371110").value()).isEqualTo("2472848566.371110");
        assertThat(new AnsibleJobId("x".repeat(255)).value()).hasSize(255);
        assertThatThrownBy(() -> new AnsibleJobId("x".repeat(256))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new AnsibleJobId(null)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void statuses_areOrderedByEvidence_andReadTheirOwnSpelling() {
        assertThat(JobStatus.LOST.strength())
                .isGreaterThan(JobStatus.RUNNING.strength())
                .isLessThan(JobStatus.TIMED_OUT.strength());
        assertThat(JobStatus.TIMED_OUT.strength()).isLessThan(JobStatus.FAILED.strength());
        assertThat(JobStatus.FAILED.strength()).isEqualTo(JobStatus.SUCCEEDED.strength());
        for (JobStatus status : JobStatus.values()) {
            assertThat(JobStatus.parse(status.wire())).isEqualTo(status);
            assertThat(status.open()).isEqualTo(status == JobStatus.RUNNING);
        }
        assertThatThrownBy(() -> JobStatus.parse("RUNNING")).hasMessageContaining("must be one of");
    }
}
