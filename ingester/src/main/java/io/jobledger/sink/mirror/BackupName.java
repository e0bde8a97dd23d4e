package io.jobledger.sink.mirror;

import java.util.regex.Pattern;

/** The rule for a backup's name, which becomes a file name or a part of an object's key. */
public final class BackupName {
    private static final Pattern FORM = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

    private BackupName() {}

    public static String require(String name) {
        if (!FORM.matcher(name).matches()) {
            throw MirrorException.lasting(
                    "a backup's name has 1 to 128 letters, digits, dots, dashes and underscores; '" + name
                            + "' is none",
                    null);
        }
        return name;
    }
}
