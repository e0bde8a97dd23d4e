package io.jobledger.cli.serve;

import io.jobledger.config.Setting;
import io.jobledger.config.Settings;
import io.jobledger.config.SettingsLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Settings as options of a command: the table of settings is the only list of them. */
public final class SettingFlags {
    /**
     * What the commands take that open the ledger or a mirror themselves: where the ledger is, and how to reach a
     * bucket.
     */
    public static final List<Setting> OFFLINE = Arrays.stream(Setting.values())
            .filter(setting -> setting == Setting.DATA_DIR
                    || setting.name().startsWith("LEDGER")
                    || setting.name().startsWith("OCI_")
                    || setting.name().startsWith("S3_"))
            .toList();

    /** What the commands take that look into tokens and audit trail. */
    public static final List<Setting> ACCESS =
            List.of(Setting.DATA_DIR, Setting.LEDGER, Setting.LEDGER_USER, Setting.LEDGER_PASSWORD_FILE);

    private SettingFlags() {}

    /** Adds an option for each of the settings, and one for the settings file. */
    public static void add(CommandSpec command, Collection<Setting> settings) {
        command.addOption(OptionSpec.builder("--config")
                .paramLabel("FILE")
                .type(Path.class)
                .description("The settings file (JOBLEDGER_CONFIG). Default:"
                        + " $$XDG_CONFIG_HOME/jobledger/jobledger.properties, if it is there.")
                .build());
        for (Setting setting : settings) {
            String fallback = setting.fallback().isEmpty() ? "" : " Default: " + setting.fallback() + ".";
            OptionSpec.Builder option = OptionSpec.builder(setting.flag())
                    .paramLabel(setting.label())
                    .description(
                            (setting.meaning() + fallback).replace("$", "$$").replace("%", "%%"));
            if (setting.isSwitch()) {
                option.arity("0..1").fallbackValue("true");
            }
            command.addOption((setting == Setting.MIRROR
                            ? option.type(List.class).auxiliaryTypes(String.class)
                            : option.type(String.class))
                    .build());
        }
    }

    /** The settings as the command line, the environment and the settings file give them. */
    public static Settings load(CommandSpec command) {
        return load(command, Map.of());
    }

    /** The same, with values that the command has by options of other names. */
    public static Settings load(CommandSpec command, Map<Setting, String> more) {
        Map<Setting, String> flags = new EnumMap<>(Setting.class);
        flags.putAll(more);
        for (Setting setting : Setting.values()) {
            OptionSpec option = command.optionsMap().get(setting.flag());
            Object value = option == null ? null : option.getValue();
            if (value instanceof List<?> values) {
                flags.put(
                        setting,
                        String.join(",", values.stream().map(String::valueOf).toList()));
            } else if (value != null) {
                flags.put(setting, value.toString());
            }
        }
        return SettingsLoader.load(flags, command.optionsMap().get("--config").getValue(), System.getenv());
    }
}
