package io.jobledger.ledger.query;

import io.jobledger.model.JobKey;
import java.util.regex.Pattern;

/**
 * Names as shells match them: {@code *}, {@code ?}, {@code [abc]} and {@code [!abc]}; large and small letters differ. A
 * null part fits every name.
 *
 * @param host pattern of the host's name
 * @param play of the play's
 * @param job of the job's
 */
public record NamePatterns(String host, String play, String job) {
    /** Fits everything. */
    public static final NamePatterns ALL = new NamePatterns(null, null, null);

    /** Whether nothing is narrowed. */
    public boolean all() {
        return host == null && play == null && job == null;
    }

    /** Whether a job's name fits. */
    public boolean fits(JobKey key) {
        return fits(host, key.host()) && fits(play, key.play()) && fits(job, key.job());
    }

    private static boolean fits(String pattern, String name) {
        return pattern == null
                || pattern.equals(name)
                || regex(pattern).matcher(name).matches();
    }

    private static Pattern regex(String pattern) {
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            int end = c == '[' ? pattern.indexOf(']', i + (pattern.startsWith("[!", i) ? 3 : 2)) : -1;
            if (end > 0) {
                boolean not = pattern.charAt(i + 1) == '!';
                String set = pattern.substring(i + (not ? 2 : 1), end);
                regex.append(not ? "[^" : "[")
                        .append(set.replaceAll("([\\[\\]\\\\^&])", "\\\\$1"))
                        .append(']');
                i = end;
            } else {
                regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
            }
        }
        return Pattern.compile(regex.toString(), Pattern.DOTALL);
    }

    /** For people: what narrows it. */
    @Override
    public String toString() {
        return part(host) + " / " + part(play) + " / " + part(job);
    }

    private static String part(String pattern) {
        return pattern == null ? "*" : pattern;
    }
}
