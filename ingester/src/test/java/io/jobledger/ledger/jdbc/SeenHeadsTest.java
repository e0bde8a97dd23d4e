package io.jobledger.ledger.jdbc;

import static io.jobledger.Wire.T0;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.Wire;
import io.jobledger.ledger.LedgerException;
import io.jobledger.log.EventLog;
import io.jobledger.log.LogFact;
import io.jobledger.log.LogHead;
import io.jobledger.log.file.FileLog;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which heads of others are taken for this log's. */
class SeenHeadsTest {
    @TempDir
    Path directory;

    private EventLog log;

    @BeforeEach
    void open() {
        log = FileLog.open(directory, FileLog.Options.of(0));
    }

    @AfterEach
    void close() {
        log.close();
    }

    private LogHead append(int seq) {
        return log.append(List.of(Wire.events(json("run_alive", run(1), seq, seq))), T0)
                .head();
    }

    /** Nothing is remembered yet. */
    private SeenHeads heads() {
        return new SeenHeads(log);
    }

    private static LogHead with(LogHead head, int epoch, long entry) {
        return new LogHead(epoch, entry, head.hash());
    }

    private void isRefused(LogHead told) {
        SeenHeads heads = heads();
        for (int again = 0; again < 2; again++) {
            assertThatThrownBy(() -> heads.require(told))
                    .isInstanceOfSatisfying(
                            LedgerException.class, e -> assertThat(e.kind()).isEqualTo(LedgerException.Kind.BEHIND))
                    .hasMessageContaining(told.epoch() + "-" + told.entry());
        }
        assertThatThrownBy(heads::check).isInstanceOf(LedgerException.class);
        assertThatThrownBy(() -> heads.require(heads.now())).isInstanceOf(LedgerException.class);
    }

    private void isKnown(LogHead told) {
        assertThatCode(() -> heads().require(told)).doesNotThrowAnyException();
    }

    @Test
    void whatItWas_isKnown_andWhatItNeverWasIsNot() {
        LogHead first = append(1);
        LogHead second = append(2);
        isKnown(first);
        isKnown(second);
        isKnown(new LogHead(1, 0, new byte[32]));
        isRefused(with(first, 1, 2));
        isRefused(with(second, 1, 3));
        isRefused(with(second, 2, 2));
    }

    @Test
    void headInTheMiddleOfWhatWasSyncedAtOnce_wasNeverTold() {
        LogHead last = log.append(
                        List.of(Wire.events(json("run_alive", run(1), 1, 1), json("run_alive", run(1), 2, 2))), T0)
                .head();
        isKnown(last);
        isRefused(with(last, 1, 1));
    }

    @Test
    void whatWasToldInAnEarlierEpoch_isNotAskedFor() {
        LogHead first = append(1);
        LogHead began = log.append(T0, List.of(new LogFact.EpochBegan(2, "ops", "the disk died", first.text())));
        assertThat(began.epoch()).isEqualTo(2);
        isKnown(with(first, 1, 9000));
        isKnown(began);
        isRefused(with(began, 2, 9000));
        isRefused(with(began, 3, 1));
    }

    @Test
    void whereAllWasRemoved_theHashesThatAreLeftCount() {
        LogHead first = append(1);
        LogHead second = append(2);
        LogHead third = append(3);
        log.purge(new EventLog.Purge(Set.of(run(1).value()), Long.MAX_VALUE, Set.of()));
        for (LogHead told : List.of(first, second, third)) {
            isKnown(told);
        }
    }

    @Test
    void whatWasToldHere_needsNoLookingUp() {
        SeenHeads heads = heads();
        LogHead first = append(1);
        assertThat(heads.remembers(first)).isFalse();
        assertThat(heads.now()).isEqualTo(first);
        assertThat(heads.remembers(first)).isTrue();
        assertThat(heads.remembers(new LogHead(1, 1, new byte[32]))).isFalse();
    }
}
