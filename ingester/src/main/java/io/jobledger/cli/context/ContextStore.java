package io.jobledger.cli.context;

import io.jobledger.cli.view.CommandFailed;
import io.jobledger.cli.view.ExitCodes;
import io.jobledger.config.ClientSetting;
import io.jobledger.config.Xdg;
import io.jobledger.files.NewFile;
import io.jobledger.files.PrivateFiles;
import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The contexts of a user: a directory for each below {@code contexts} of the settings' directory, mode 0700, and what
 * is in it 0600. Failures are {@link CommandFailed}. Not thread-safe; of two processes that write, the last one wins.
 */
public final class ContextStore {
    /** Names the context to use instead of the current one. */
    public static final String VARIABLE = "JOBLEDGER_CONTEXT";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");
    private static final String FILTER = "filter.";

    private final Path directory;

    private ContextStore(Path directory) {
        this.directory = directory;
    }

    /** Those of this user. Opens nothing. */
    public static ContextStore of(Map<String, String> environment) {
        return new ContextStore(Xdg.settings(environment).resolve("contexts"));
    }

    /** Where they are. */
    public Path directory() {
        return directory;
    }

    /** Their names, in order. */
    public List<String> names() {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(Files::isDirectory)
                    .map(entry -> entry.getFileName().toString())
                    .filter(name -> NAME.matcher(name).matches())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new CommandFailed("the contexts in " + directory + " cannot be read: " + e.getMessage());
        }
    }

    /** The name of the current one, if there is one. */
    public Optional<String> current() {
        try {
            String name =
                    Files.isRegularFile(pointer()) ? Files.readString(pointer()).strip() : "";
            return Optional.of(name).filter(one -> NAME.matcher(one).matches() && Files.exists(file(one)));
        } catch (IOException e) {
            throw new CommandFailed("the current context in " + pointer() + " cannot be read: " + e.getMessage());
        }
    }

    /**
     * Reads one.
     *
     * @throws CommandFailed with the exit code for what is not there, listing what is
     */
    public Context get(String name) {
        if (!NAME.matcher(name).matches() || !Files.exists(file(name))) {
            List<String> names = names();
            throw new CommandFailed(
                    ExitCodes.NOT_FOUND,
                    "there is no context '" + name + "'; "
                            + (names.isEmpty()
                                    ? "'jobledger login URL' makes one"
                                    : "there are: " + String.join(", ", names)));
        }
        Properties lines = new Properties();
        try (Reader reader = Files.newBufferedReader(file(name), StandardCharsets.UTF_8)) {
            lines.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new CommandFailed("the context " + file(name) + " cannot be read (" + e.getMessage()
                    + "); 'jobledger login' makes it anew");
        }
        Map<ClientSetting, String> values = new EnumMap<>(ClientSetting.class);
        for (ClientSetting setting : ClientSetting.values()) {
            String value = lines.getProperty(setting.key());
            if (value != null) {
                values.put(setting, value);
            }
        }
        if (!values.containsKey(ClientSetting.URL)) {
            throw new CommandFailed("the context " + file(name) + " has no url; 'jobledger login' makes it anew");
        }
        return new Context(name, values, filters(lines));
    }

    private static Map<String, List<String>> filters(Properties lines) {
        Map<String, List<String>> filters = new TreeMap<>();
        for (String key : lines.stringPropertyNames()) {
            if (key.startsWith(FILTER)) {
                filters.put(
                        key.substring(FILTER.length()),
                        Arrays.asList(lines.getProperty(key).split("\n")));
            }
        }
        return filters;
    }

    /**
     * Keeps one, and makes it the current one. An older one of the name is replaced.
     *
     * @param context without the files that are kept with it
     * @param token to keep with it; null for none
     * @param ca the CA's certificates to keep with it; null for none
     */
    public void keep(Context context, String token, byte[] ca) {
        checkName(context.name());
        Path place = directory.resolve(context.name());
        Map<ClientSetting, String> values = new EnumMap<>(context.values());
        try {
            PrivateFiles.createDirectory(place);
            values.put(ClientSetting.TOKEN_FILE, keep(place.resolve("token"), token == null ? null : utf8(token)));
            values.put(ClientSetting.CA_FILE, keep(place.resolve("ca.pem"), ca));
            Properties lines = new Properties();
            values.forEach((setting, value) -> {
                if (value != null) {
                    lines.setProperty(setting.key(), value);
                }
            });
            context.filters().forEach((option, given) -> lines.setProperty(FILTER + option, String.join("\n", given)));
            StringWriter text = new StringWriter();
            lines.store(text, "Made by jobledger login.");
            keep(file(context.name()), utf8(text.toString()));
        } catch (IOException e) {
            throw new CommandFailed("the context cannot be kept in " + place + ": " + e);
        }
        use(context.name());
    }

    /** Makes one the current one. */
    public void use(String name) {
        get(name);
        try {
            keep(pointer(), utf8(name + "\n"));
        } catch (IOException e) {
            throw new CommandFailed("the current context cannot be kept in " + pointer() + ": " + e);
        }
    }

    /** Removes one with its token; then none is the current one if it was. */
    public void remove(String name) {
        get(name);
        boolean wasCurrent = current().filter(name::equals).isPresent();
        try {
            if (wasCurrent) {
                Files.deleteIfExists(pointer());
            }
            List<Path> files = new ArrayList<>();
            try (Stream<Path> entries = Files.list(directory.resolve(name))) {
                entries.forEach(files::add);
            }
            for (Path file : files) {
                Files.delete(file);
            }
            Files.delete(directory.resolve(name));
        } catch (IOException e) {
            throw new CommandFailed("the context cannot be removed from " + directory + ": " + e);
        }
    }

    /** @throws CommandFailed as wrong use, when a name cannot be that of a directory */
    public static void checkName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new CommandFailed(
                    ExitCodes.USAGE,
                    "a context's name has 1 to 64 letters, digits, dots, dashes and underscores, and begins with a"
                            + " letter or digit; not '" + name + "'");
        }
    }

    private Path file(String name) {
        return directory.resolve(name).resolve("context.properties");
    }

    /** Its name is no context's, since it begins with a dot. */
    private Path pointer() {
        return directory.resolve(".current");
    }

    /** Writes a private file, or removes it where there is nothing to keep; returns its path, null for none. */
    private static String keep(Path file, byte[] content) throws IOException {
        if (content == null) {
            Files.deleteIfExists(file);
            return null;
        }
        NewFile.write(file, true, out -> out.write(content));
        return file.toString();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
