package io.jobledger.http.pages;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Style, scripts and icon of the pages. Their addresses hold a digest of their contents, so that a browser may keep
 * them for ever. Read once, at building. Thread-safe.
 */
public final class Assets {
    /** Where they are served. */
    public static final String PREFIX = "/assets/";

    private static final Map<String, String> TYPES =
            Map.of("css", "text/css; charset=utf-8", "js", "text/javascript; charset=utf-8", "svg", "image/svg+xml");

    private final Map<String, String> paths = new HashMap<>();
    private final Map<String, Asset> byPath = new HashMap<>();

    /** A file as it is served. */
    public record Asset(String contentType, byte[] bytes) {}

    public Assets() {
        for (String name : List.of("page.css", "page.js", "idiomorph.min.js", "icon.svg")) {
            byte[] bytes = read(name);
            int dot = name.lastIndexOf('.');
            String path = PREFIX + name.substring(0, dot) + "." + digest(bytes) + name.substring(dot);
            paths.put(name, path);
            byPath.put(path, new Asset(TYPES.get(name.substring(dot + 1)), bytes));
        }
    }

    /** The path of the asset of this name, digest and all. */
    public String path(String name) {
        return Optional.ofNullable(paths.get(name)).orElseThrow(() -> new IllegalArgumentException("no asset " + name));
    }

    /** The asset at a path. */
    public Optional<Asset> at(String path) {
        return Optional.ofNullable(byPath.get(path));
    }

    private static byte[] read(String name) {
        try (InputStream in = Assets.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the program lacks " + name + "; it was not built whole");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String digest(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes), 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
