package io.jobledger.ledger.jdbc;

import static io.jobledger.Wire.events;
import static io.jobledger.Wire.json;
import static io.jobledger.Wire.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.ledger.EventSink;
import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.LedgerException.Kind;
import io.jobledger.model.Event;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Many callers, few commits; full means busy, closing means stopped, and one bad batch fails alone. */
class GroupCommitterTest {
    private final List<Integer> groups = java.util.Collections.synchronizedList(new ArrayList<>());
    private final Semaphore mayCommit = new Semaphore(0);
    private final CountDownLatch committing = new CountDownLatch(1);
    private volatile GroupCommitter committer;

    private List<Integer> commit(List<List<Event>> batches) throws Exception {
        groups.add(batches.size());
        committing.countDown();
        if (!mayCommit.tryAcquire(20, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the test never let the commit go on");
        }
        if (batches.stream().anyMatch(batch -> batch.get(0).head().seq() == 13)) {
            throw new IllegalStateException("bad luck; SQL statement: INSERT secret");
        }
        if (batches.stream().anyMatch(batch -> batch.get(0).head().seq() == 57)) {
            throw new SQLException("terminating connection due to administrator command", "57P01");
        }
        return batches.stream().map(List::size).toList();
    }

    private GroupCommitter committer(int queue, int group) {
        committer = new GroupCommitter(this::commit, () -> {}, queue, group);
        return committer;
    }

    @AfterEach
    void close() {
        mayCommit.release(1000);
        committer.close();
    }

    private static List<Event> batch(long seq) {
        return events(json("run_alive", run(1), seq, 0));
    }

    @Test
    void callersThatComeDuringACommit_shareTheNext() throws Exception {
        GroupCommitter sink = committer(1000, 1000);
        List<CompletableFuture<EventSink.Appended>> answers = new ArrayList<>();
        answers.add(sink.append(batch(1)));
        assertThat(committing.await(10, TimeUnit.SECONDS)).isTrue();
        for (int i = 100; i < 163; i++) {
            answers.add(sink.append(batch(i)));
        }
        assertThat(answers).noneMatch(CompletableFuture::isDone);
        mayCommit.release(2);
        for (CompletableFuture<EventSink.Appended> answer : answers) {
            assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo(new EventSink.Appended(1, 0));
        }
        assertThat(groups).containsExactly(1, 63);
    }

    @Test
    void aGroup_isNeverLargerThanAllowed() throws Exception {
        GroupCommitter sink = committer(1000, 10);
        List<CompletableFuture<EventSink.Appended>> answers = new ArrayList<>();
        answers.add(sink.append(batch(1)));
        assertThat(committing.await(10, TimeUnit.SECONDS)).isTrue();
        for (int i = 100; i < 125; i++) {
            answers.add(sink.append(batch(i)));
        }
        mayCommit.release(100);
        CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).get(10, TimeUnit.SECONDS);
        assertThat(groups).containsExactly(1, 10, 10, 5);
    }

    @Test
    void databaseThatIsAway_failsItsGroupAtOnce_andIsTriedAgainForTheNext() throws Exception {
        GroupCommitter sink = committer(1000, 1000);
        sink.append(batch(1));
        assertThat(committing.await(10, TimeUnit.SECONDS)).isTrue();
        List<CompletableFuture<EventSink.Appended>> answers =
                List.of(sink.append(batch(100)), sink.append(batch(57)), sink.append(batch(101)));
        mayCommit.release(100);
        for (CompletableFuture<EventSink.Appended> answer : answers) {
            assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS))
                    .hasCauseInstanceOf(LedgerException.class)
                    .satisfies(e ->
                            assertThat(((LedgerException) e.getCause()).kind()).isEqualTo(Kind.AWAY));
        }
        assertThat(sink.append(batch(102)).get(10, TimeUnit.SECONDS).stored()).isEqualTo(1);
        assertThat(groups).as("no batch was waited for on its own").containsExactly(1, 3, 1);
    }

    @Test
    void aBadBatch_doesNotTakeItsGroupWithIt() throws Exception {
        GroupCommitter sink = committer(1000, 1000);
        sink.append(batch(1));
        assertThat(committing.await(10, TimeUnit.SECONDS)).isTrue();
        CompletableFuture<EventSink.Appended> good = sink.append(batch(12));
        CompletableFuture<EventSink.Appended> bad = sink.append(batch(13));
        CompletableFuture<EventSink.Appended> alsoGood = sink.append(batch(14));
        mayCommit.release(100);
        assertThat(good.get(10, TimeUnit.SECONDS).stored()).isEqualTo(1);
        assertThat(alsoGood.get(10, TimeUnit.SECONDS).stored()).isEqualTo(1);
        assertThatThrownBy(() -> bad.get(10, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.FAILED))
                .hasMessageContaining("bad luck")
                .hasMessageNotContaining("secret");
    }

    @Test
    void fullQueue_isBusy_untilThereIsRoomAgain() throws Exception {
        GroupCommitter sink = committer(3, 10);
        CompletableFuture<EventSink.Appended> first = sink.append(batch(1));
        assertThat(committing.await(10, TimeUnit.SECONDS)).isTrue();
        sink.append(batch(2));
        CompletableFuture<EventSink.Appended> third = sink.append(batch(3));
        assertThatThrownBy(() -> sink.append(batch(4)))
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.BUSY));
        mayCommit.release(100);
        first.get(10, TimeUnit.SECONDS);
        third.get(10, TimeUnit.SECONDS);
        assertThat(sink.append(batch(5)).get(10, TimeUnit.SECONDS).stored()).isEqualTo(1);
    }

    @Test
    void draining_storesWhatWaits_andRefusesWhatComes() throws Exception {
        GroupCommitter sink = committer(100, 1);
        sink.append(batch(1));
        assertThat(committing.await(10, TimeUnit.SECONDS)).isTrue();
        CompletableFuture<EventSink.Appended> waiting = sink.append(batch(2));
        mayCommit.release(100);
        sink.drain(Duration.ofSeconds(10));
        assertThat(waiting).isCompletedWithValue(new EventSink.Appended(1, 0));
        assertThatThrownBy(() -> sink.append(batch(3)))
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.STOPPED));
    }

    @Test
    void drainingThatTakesTooLong_saysSoToThoseWhoWait() throws Exception {
        GroupCommitter sink = committer(100, 1);
        CompletableFuture<EventSink.Appended> first = sink.append(batch(1));
        assertThat(committing.await(10, TimeUnit.SECONDS)).isTrue();
        CompletableFuture<EventSink.Appended> waiting = sink.append(batch(2));
        sink.drain(Duration.ofMillis(50));
        assertThat(first).isNotDone();
        assertThatThrownBy(() -> waiting.get(1, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(
                        LedgerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.STOPPED));
    }

    @Test
    void anError_endsOneBatch_notTheWriter() throws Exception {
        committer = new GroupCommitter(
                batches -> {
                    if (batches.get(0).get(0).head().seq() == 1) {
                        throw new StackOverflowError();
                    }
                    return batches.stream().map(List::size).toList();
                },
                () -> {},
                10,
                10);
        CompletableFuture<EventSink.Appended> bad = committer.append(batch(1));
        assertThatThrownBy(() -> bad.get(10, TimeUnit.SECONDS)).cause().isInstanceOf(LedgerException.class);
        assertThat(committer.append(batch(2)).get(10, TimeUnit.SECONDS).stored())
                .isEqualTo(1);
    }
}
