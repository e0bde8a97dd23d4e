package io.jobledger.json;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * The program's own spelling of times, read and written by hand: every record has half a dozen of them, and Java's
 * formatters, which allow for every calendar, take ten times as long.
 */
final class Times {
    private static final DateTimeFormatter ANY_YEAR =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    private static final String FORM = "0000-00-00T00:00:00.000000Z";
    private static final long DAY = 86_400;
    /** The years of four digits. */
    private static final long FIRST = LocalDate.of(0, 1, 1).toEpochDay() * DAY;

    private static final long END = LocalDate.of(10_000, 1, 1).toEpochDay() * DAY;

    private Times() {}

    static String write(Instant instant) {
        if (instant.getEpochSecond() < FIRST || instant.getEpochSecond() >= END) {
            return ANY_YEAR.format(instant);
        }
        LocalDate date = LocalDate.ofEpochDay(Math.floorDiv(instant.getEpochSecond(), DAY));
        int second = (int) Math.floorMod(instant.getEpochSecond(), DAY);
        byte[] text = new byte[FORM.length()];
        put(text, 0, 4, date.getYear());
        put(text, 5, 7, date.getMonthValue());
        put(text, 8, 10, date.getDayOfMonth());
        put(text, 11, 13, second / 3600);
        put(text, 14, 16, second / 60 % 60);
        put(text, 17, 19, second % 60);
        put(text, 20, 26, instant.getNano() / 1000);
        text[4] = text[7] = '-';
        text[10] = 'T';
        text[13] = text[16] = ':';
        text[19] = '.';
        text[26] = 'Z';
        return new String(text, StandardCharsets.ISO_8859_1);
    }

    private static void put(byte[] text, int from, int to, int number) {
        int rest = number;
        for (int i = to - 1; i >= from; i--) {
            text[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }

    /** The time, or null when it is spelt in another way, is none, or is one that must be looked at more closely. */
    static Instant read(String text) {
        if (text.length() != FORM.length()) {
            return null;
        }
        for (int i = 0; i < FORM.length(); i++) {
            char c = text.charAt(i);
            if (FORM.charAt(i) == '0' ? c < '0' || c > '9' : c != FORM.charAt(i)) {
                return null;
            }
        }
        int year = number(text, 0, 4);
        int month = number(text, 5, 7);
        int day = number(text, 8, 10);
        int hour = number(text, 11, 13);
        int minute = number(text, 14, 16);
        int second = number(text, 17, 19);
        if (year < 1970
                || month < 1
                || month > 12
                || day < 1
                || day > 28 && day > LocalDate.of(year, month, 1).lengthOfMonth()
                || hour > 23
                || minute > 59
                || second > 59) {
            return null;
        }
        return Instant.ofEpochSecond(
                LocalDate.of(year, month, day).toEpochDay() * DAY + hour * 3600 + minute * 60 + second,
                1000L * number(text, 20, 26));
    }

    private static int number(String text, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            number = 10 * number + text.charAt(i) - '0';
        }
        return number;
    }
}
