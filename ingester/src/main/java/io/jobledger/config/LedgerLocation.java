package io.jobledger.config;

import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which ledger is meant: the embedded directory, or a PostgreSQL database. Immutable; naming one connects to nothing.
 */
public sealed interface LedgerLocation {
    /** How a PostgreSQL ledger is written in settings. */
    String POSTGRESQL = "jdbc:postgresql:";

    /** A password among the parameters, or a user and perhaps a password before the host. */
    Pattern SECRET = Pattern.compile("[?&](ssl)?password=|//[^/?]*@", Pattern.CASE_INSENSITIVE);

    /** The embedded ledger; {@code base} is its directory. */
    record File(Path base) implements LedgerLocation {
        @Override
        public String toString() {
            return base.toString();
        }
    }

    /**
     * A PostgreSQL database.
     *
     * @param url of the driver, without a password; its parameters are the driver's
     * @param user null for the driver's choice
     * @param password null for what the driver finds itself, in a passfile for instance; shown nowhere
     * @param connections most connections at once
     */
    record Postgres(String url, String user, String password, int connections) implements LedgerLocation {
        private static final Pattern PARTS = Pattern.compile("jdbc:postgresql:(//[^/?]*)?/?([^?]*)(\\?.*)?");

        /** Host and database: for people, and without what else the URL may hold. */
        @Override
        public String toString() {
            Matcher parts = PARTS.matcher(url);
            return parts.matches()
                    ? "postgresql:" + (parts.group(1) == null ? "//localhost" : parts.group(1)) + "/" + parts.group(2)
                    : "postgresql";
        }
    }

    /**
     * The embedded ledger's path, for what only works on that.
     *
     * @param what was asked for, as the beginning of a sentence
     * @param instead what to do on PostgreSQL
     * @throws InvalidSetting when this is another ledger
     */
    default Path file(String what, String instead) {
        if (this instanceof File file) {
            return file.base();
        }
        throw new InvalidSetting(
                what + " works on the embedded ledger only, and the ledger is " + this + ": " + instead);
    }

    /**
     * What is wrong with the URL of a PostgreSQL ledger, without repeating it, since it may hold a secret; null when
     * nothing is.
     */
    static String fault(String url) {
        if (SECRET.matcher(url).find()) {
            return "must not hold a password, or any user before the host: other users of this machine can read it."
                    + " Put the password into PGPASSWORD, a passfile or --ledger-password-file, and the user into"
                    + " --ledger-user";
        }
        Matcher parts = Postgres.PARTS.matcher(url);
        if (!parts.matches() || parts.group(2).isEmpty()) {
            return "must name a database, as in jdbc:postgresql://HOST/DATABASE";
        }
        return null;
    }
}
