package io.jobledger.cli.setup;

import io.jobledger.cli.context.ClientSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether a run of Ansible from this directory would be recorded, and where to. */
final class AnsibleChecks {
    private static final String RECORDER = "jobledger.core.recorder";

    private final Optional<AnsibleConfig> ansible;
    private final ClientSettings settings;

    /** @param ansible empty where there is none */
    AnsibleChecks(Optional<AnsibleConfig> ansible, ClientSettings settings) {
        this.ansible = ansible;
        this.settings = settings;
    }

    List<Finding> all() {
        if (ansible.isEmpty()) {
            return List.of(Finding.none("ansible", "there is none on the PATH: no run is recorded from this machine"));
        }
        List<Finding> found = new ArrayList<>();
        AnsibleConfig config = ansible.get();
        String version = AnsibleConfig.output("ansible-playbook", "--version")
                .flatMap(text -> text.lines().findFirst())
                .orElse("ansible-playbook");
        String file = config.base("CONFIG_FILE").map(AnsibleConfig.Value::text).orElse("None");
        found.add(Finding.good(
                "ansible", version + (file.equals("None") ? ", without an ansible.cfg here" : ", with " + file)));
        AnsibleConfig.Value enabled = config.base("CALLBACKS_ENABLED").orElse(new AnsibleConfig.Value("[]", "default"));
        boolean on = enabled.text().contains(RECORDER);
        found.add(collection(config, on));
        found.add(callback(config, enabled, on));
        if (on && config.hasRecorder()) {
            found.add(ledger(config));
        }
        return found;
    }

    private static Finding collection(AnsibleConfig config, boolean on) {
        String paths =
                config.base("COLLECTIONS_PATHS").map(AnsibleConfig.Value::text).orElse("its collections path");
        if (config.hasRecorder()) {
            return Finding.good("collection", "jobledger.core is found");
        }
        return on
                ? Finding.bad(
                        "collection",
                        "jobledger.core is not found in " + paths,
                        "ansible-galaxy collection install jobledger-core-VERSION.tar.gz, or name its directory as"
                                + " collections_path")
                : Finding.none("collection", "jobledger.core is not installed: this machine is no controller of it");
    }

    private static Finding callback(AnsibleConfig config, AnsibleConfig.Value enabled, boolean on) {
        String where = enabled.origin().equals("default")
                ? "nothing sets callbacks_enabled here"
                : "callbacks_enabled is " + enabled.text() + " (" + enabled.origin() + ")";
        if (on) {
            return Finding.good("callback", "enabled by " + enabled.origin());
        }
        return config.hasRecorder()
                ? Finding.bad(
                        "callback",
                        "not enabled: " + where,
                        "callbacks_enabled = " + RECORDER + " in [defaults] of ansible.cfg, or"
                                + " ANSIBLE_CALLBACKS_ENABLED=" + RECORDER)
                : Finding.none("callback", "not enabled: " + where);
    }

    private Finding ledger(AnsibleConfig config) {
        AnsibleConfig.Value url =
                config.recorder("url").orElse(new AnsibleConfig.Value(ClientSettings.DEFAULT_URL, "default"));
        String text = "runs from here record to " + url.text() + " (" + url.origin() + ")";
        return url.text().replaceAll("/+$", "").equals(settings.url().replaceAll("/+$", ""))
                ? Finding.good("recording", text)
                : Finding.bad(
                        "recording",
                        text + ", while this command asks " + settings.url() + " (" + settings.urlFrom() + ")",
                        "if both should be one: url in [jobledger] of ansible.cfg, or JOBLEDGER_URL");
    }
}
