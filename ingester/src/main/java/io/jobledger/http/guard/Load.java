package io.jobledger.http.guard;

import io.jobledger.config.Limits;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * What all requests together hold of the memory: how many there are, and the bytes of their bodies and of answers that
 * nobody took yet. Each {@link Kind} has room of its own, so that readers who take nothing cannot keep anybody from
 * storing. Bodies count until the ledger is done with their events, so the ledger's queue is bounded in bytes as well.
 * Thread-safe.
 */
public final class Load {
    /** Largest body of a request that stores nothing: a form, at most. */
    public static final long SMALL_BODY = 64 * 1024;

    /** What a request is for. */
    public enum Kind {
        /** Stores events, or a job. */
        STORE,
        /** Finds a job by its name, or reads the metrics: what must work while somebody exports everything. */
        LOOKUP,
        /** Waits for a job's end. */
        WAIT,
        /** Lists, exports, live views, pages, upkeep. */
        OTHER;

        /** What a request is for, by its method and raw path. */
        static Kind of(HttpServerRequest request) {
            HttpMethod method = request.method();
            String path = request.path() == null ? "" : request.path();
            if (method == HttpMethod.POST && path.equals("/api/v1/events")
                    || method == HttpMethod.PUT && JobPath.isJob(path)) {
                return STORE;
            }
            if (method == HttpMethod.GET
                    && JobPath.isJob(path)
                    && request.query() != null
                    && ("&" + request.query()).contains("&wait=")) {
                return WAIT;
            }
            return (method == HttpMethod.GET || method == HttpMethod.HEAD)
                            && (path.equals("/metrics") || JobPath.isJob(path))
                    ? LOOKUP
                    : OTHER;
        }

        /** Largest body, in bytes. */
        long mostBody(long maxBody) {
            return this == STORE ? maxBody : Math.min(maxBody, SMALL_BODY);
        }

        /** This kind's part of max-buffered. Only the bodies of those who store may be large. */
        private long part(long buffered) {
            return this == STORE ? buffered : buffered / 2;
        }
    }

    private final Supplier<Limits> limits;
    private final Map<Kind, Room> rooms = new EnumMap<>(Kind.class);

    /** @param limits as they are now; they may change */
    public Load(Supplier<Limits> limits) {
        this.limits = limits;
        Arrays.stream(Kind.values()).forEach(kind -> rooms.put(kind, new Room(kind)));
    }

    /** The room of a kind of request. */
    public Room room(Kind kind) {
        return rooms.get(kind);
    }

    /** Bytes of bodies that are held now. */
    public long bodies() {
        return sum(room -> room.bodies.get());
    }

    /** Bytes of answers that nobody took yet, as last seen. */
    public long unread() {
        return sum(room -> room.unread.get());
    }

    /** Requests under way. */
    public long requests() {
        return sum(room -> (long) room.requests());
    }

    private long sum(ToLongFunction<Room> of) {
        return rooms.values().stream().mapToLong(of).sum();
    }

    /** What the requests of one kind hold. */
    public final class Room {
        private final Kind kind;
        private final AtomicInteger requests = new AtomicInteger();
        private final AtomicLong bodies = new AtomicLong();
        private final AtomicLong unread = new AtomicLong();

        private Room(Kind kind) {
            this.kind = kind;
        }

        Kind kind() {
            return kind;
        }

        /** Requests under way. */
        public int requests() {
            return requests.get();
        }

        /** Notes that answers which nobody took yet are {@code change} bytes more. */
        void unread(long change) {
            unread.addAndGet(change);
        }

        /** A new request's share. */
        Share share() {
            return new Share(this);
        }

        private long most() {
            return kind.part(limits.get().buffered());
        }

        private long held() {
            // What is answered to those who store is a line: who is refused for having no token must not fill their
            // room by leaving it unread.
            return bodies.get() + (kind == Kind.STORE ? 0 : unread.get());
        }
    }

    /**
     * One request's share, and the only owner of the bytes it counts: they are given back once, when the answer begins
     * or the connection is gone, and nobody {@linkplain #hold holds} the body any more. What arrives after that is read
     * and forgotten, and does not count.
     */
    final class Share {
        private final Room room;
        private long bytes;
        private long reserved;
        private int holds = 1;
        private boolean kept = true;
        private boolean under = true;

        private Share(Room room) {
            this.room = room;
            room.requests.incrementAndGet();
        }

        /** What the request is for. */
        Kind kind() {
            return room.kind;
        }

        /**
         * Why the request cannot be taken now, or null. {@code announced}: the length of its body as it says, 0 if it
         * does not.
         */
        Problem refusal(long announced) {
            boolean waits = room.kind == Kind.WAIT;
            int most = waits ? limits.get().waiters() : limits.get().requests();
            if (room.requests.get() > most) {
                return waits
                        ? Problem.later("busy", "more than " + most + " callers wait for jobs (max-waiters)", 5)
                        : Problem.later(
                                "busy", "more than " + most + " requests of this kind are under way (max-requests)", 1);
            }
            return room.held() + announced > room.most() ? full() : null;
        }

        /** Adds what arrived; false when that is more than there is room for. */
        synchronized boolean add(int arrived) {
            if (!kept) {
                return true;
            }
            bytes += arrived;
            room.bodies.addAndGet(arrived);
            return room.held() <= room.most();
        }

        /**
         * Takes room for answers that will be read part by part, until the request is over; false when there is none.
         */
        synchronized boolean reserve(long more) {
            if (room.held() + more > room.most()) {
                return false;
            }
            if (under) {
                reserved += more;
                room.unread(more);
            }
            return true;
        }

        Problem full() {
            return Problem.later(
                    "busy",
                    "the bodies and answers on their way hold more than " + room.most() + " bytes (max-buffered)",
                    1);
        }

        /** Keeps the body counted beyond the answer, until what is returned is run; running it again does nothing. */
        synchronized Runnable hold() {
            holds++;
            return new Runnable() {
                private boolean released;

                @Override
                public void run() {
                    synchronized (Share.this) {
                        if (!released) {
                            released = true;
                            release();
                        }
                    }
                }
            };
        }

        /** The answer begins: whoever made it is done with the body, unless it is held. */
        synchronized void bodyDone() {
            if (kept) {
                kept = false;
                release();
            }
        }

        /** The request is over, whether it was answered or not. */
        synchronized void answered() {
            bodyDone();
            if (under) {
                under = false;
                room.requests.decrementAndGet();
                room.unread(-reserved);
            }
        }

        private void release() {
            if (--holds == 0) {
                room.bodies.addAndGet(-bytes);
                bytes = 0;
            }
        }
    }
}
