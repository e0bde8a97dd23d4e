package io.jobledger.auth;

import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Wrong tokens, by the address that they came from: after ten within a minute an address has to wait until that minute
 * is over. So many addresses are known as fit; when there are more, the one that was quiet for longest is forgotten.
 * Thread-safe.
 */
public final class Guesses {
    private static final int MOST_WRONG = 10;
    private static final long MINUTE = 60;
    private static final int MOST_ADDRESSES = 10_000;

    private final Clock clock;
    private final Map<String, Minute> minutes = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Minute> eldest) {
            return size() > MOST_ADDRESSES;
        }
    };

    /** Wrong ones since the first of them. */
    private record Minute(long began, int wrong) {}

    public Guesses(Clock clock) {
        this.clock = clock;
    }

    /** How many seconds the address has to wait; 0 when it may try. */
    public synchronized long wait(String address) {
        Minute minute = current(address);
        return minute == null || minute.wrong < MOST_WRONG ? 0 : minute.began + MINUTE - now();
    }

    /** The address gave a token that is none. */
    public synchronized void wrong(String address) {
        Minute minute = current(address);
        minutes.put(address, minute == null ? new Minute(now(), 1) : new Minute(minute.began, minute.wrong + 1));
    }

    private Minute current(String address) {
        Minute minute = minutes.get(address);
        // The clock may have been set back.
        boolean counts = minute != null && now() >= minute.began && now() < minute.began + MINUTE;
        if (minute != null && !counts) {
            minutes.remove(address);
        }
        return counts ? minute : null;
    }

    private long now() {
        return clock.instant().getEpochSecond();
    }
}
