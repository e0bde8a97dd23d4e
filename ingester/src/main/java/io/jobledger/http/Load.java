package io.jobledger.http;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What all requests together hold of the memory: how many there are, and the bytes of their bodies and of answers that nobody took yet. Bodies count until the ledger is done with
 * their events, so the ledger's queue is bounded in bytes as well. Thread-safe.
 */
final class Load {
    private final int mostRequests;
    private final long mostBytes;
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicLong bodies = new AtomicLong();
    private final AtomicLong unread = new AtomicLong();

    Load(int mostRequests, long mostBytes) {
        this.mostRequests = mostRequests;
        this.mostBytes = mostBytes;
    }

    /** Bytes of bodies that are held now. */
    long bodies() {
        return bodies.get();
    }

    int requests() {
        return requests.get();
    }

    /** Notes that answers which nobody took yet are {@code change} bytes more. */
    void unread(long change) {
        unread.addAndGet(change);
    }

    /** One request's share. It ends when the answer is written and nobody {@linkplain #hold holds} the body any more. */
    final class Share {
        private final AtomicInteger holds = new AtomicInteger(1);
        private final AtomicBoolean answered = new AtomicBoolean();
        private final AtomicLong bytes = new AtomicLong();

        private Share() {
            requests.incrementAndGet();
        }

        /** Why the request cannot be taken now, or null. {@code announced}: the length of its body as it says, 0 if it does not. */
        Problem refusal(long announced) {
            if (requests.get() > mostRequests) {
                return Problem.later("busy", "more than " + mostRequests + " requests are under way (max-requests)", 1);
            }
            return bodies.get() + unread.get() + announced > mostBytes ? full() : null;
        }

        /** Adds what arrived; false when that is more than there is room for. */
        boolean add(int arrived) {
            bytes.addAndGet(arrived);
            return bodies.addAndGet(arrived) + unread.get() <= mostBytes;
        }

        Problem full() {
            return Problem.later("busy", "the bodies and answers on their way hold more than " + mostBytes + " bytes (max-buffered)", 1);
        }

        /** Keeps the share beyond the answer; each hold is released once. */
        Runnable hold() {
            holds.incrementAndGet();
            AtomicBoolean released = new AtomicBoolean();
            return () -> {
                if (released.compareAndSet(false, true)) {
                    release();
                }
            };
        }

        /** The request is over, whether it was answered or not. */
        void answered() {
            if (answered.compareAndSet(false, true)) {
                requests.decrementAndGet();
                release();
            }
        }

        private void release() {
            if (holds.decrementAndGet() == 0) {
                bodies.addAndGet(-bytes.get());
            }
        }
    }

    Share share() {
        return new Share();
    }
}
