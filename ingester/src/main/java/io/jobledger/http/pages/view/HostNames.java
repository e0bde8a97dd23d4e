package io.jobledger.http.pages.view;

import java.util.Collection;
import java.util.List;

/**
 * Names of hosts, each without what all have in common: of {@code web01.prod.example.com} and
 * {@code web02.prod.example.com} only the beginnings tell one from the other. Immutable.
 *
 * @param prefix with which all begin; may be empty
 * @param suffix with which all end; may be empty
 */
public record HostNames(String prefix, String suffix) {
    private static final int FEW = 3;
    private static final int WORTH_IT = 5;
    private static final String BORDERS = ".-_";

    /** What these names have in common, cut at a dot, a dash or an underscore; nothing where it would hardly help. */
    public static HostNames of(Collection<String> all) {
        List<String> names = all.stream().distinct().toList();
        if (names.size() < FEW) {
            return new HostNames("", "");
        }
        String first = names.get(0);
        int begin = first.length();
        int end = first.length();
        for (String name : names) {
            begin = Math.min(begin, common(first, name));
            end = Math.min(end, commonEnd(first, name));
        }
        while (begin > 0 && BORDERS.indexOf(first.charAt(begin - 1)) < 0) {
            begin--;
        }
        while (end > 0 && BORDERS.indexOf(first.charAt(first.length() - end)) < 0) {
            end--;
        }
        String prefix = begin < WORTH_IT ? "" : first.substring(0, begin);
        String suffix = end < WORTH_IT ? "" : first.substring(first.length() - end);
        int least = prefix.length() + suffix.length();
        return names.stream().allMatch(name -> name.length() > least)
                ? new HostNames(prefix, suffix)
                : new HostNames("", "");
    }

    private static int common(String a, String b) {
        int i = 0;
        while (i < a.length() && i < b.length() && a.charAt(i) == b.charAt(i)) {
            i++;
        }
        return i;
    }

    private static int commonEnd(String a, String b) {
        int i = 0;
        while (i < a.length() && i < b.length() && a.charAt(a.length() - 1 - i) == b.charAt(b.length() - 1 - i)) {
            i++;
        }
        return i;
    }

    /** Whether names are shortened. */
    public boolean shorten() {
        return !prefix.isEmpty() || !suffix.isEmpty();
    }

    /** What is left of a name. */
    public String of(String name) {
        return name.startsWith(prefix) && name.endsWith(suffix) && name.length() > prefix.length() + suffix.length()
                ? name.substring(prefix.length(), name.length() - suffix.length())
                : name;
    }

    /** The common part, as {@code web….example.com}. */
    public String common() {
        return prefix + "…" + suffix;
    }
}
