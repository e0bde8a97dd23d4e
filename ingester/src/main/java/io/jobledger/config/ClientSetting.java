package io.jobledger.config;

import java.util.Locale;

/**
 * What the commands need that ask an ingester. Each can be an environment variable or a line in the settings file, and
 * a context of {@code jobledger login} has it between the two. docs/reference/settings.md shows the same table, and a
 * test holds the two together.
 */
public enum ClientSetting {
    URL("URL", "The ingester to ask, like https://ledger.example.com:8740. Default: http://127.0.0.1:8740."),
    TOKEN_FILE("FILE", "A file that holds the token and nothing else, mode 0600."),
    CA_FILE("FILE", "PEM file of the CA that the ingester's certificate is verified against. Default: Java's own."),
    CLIENT_CERT("FILE", "PEM file of the certificate to show, where the ingester wants one."),
    CLIENT_KEY("FILE", "PEM file of its key. Default: the file of the certificate.");

    private final String label;
    private final String meaning;

    ClientSetting(String label, String meaning) {
        this.label = label;
        this.meaning = meaning;
    }

    /** The name in the settings file and in a context. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public String variable() {
        return "JOBLEDGER_" + name();
    }

    /** What kind of value it takes. */
    public String label() {
        return label;
    }

    /** What it does, in a line. */
    public String meaning() {
        return meaning;
    }
}
