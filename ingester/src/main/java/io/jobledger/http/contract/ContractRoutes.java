package io.jobledger.http.contract;

import io.jobledger.http.guard.Parameters;
import io.jobledger.http.guard.Reads;
import io.jobledger.http.pages.Assets;
import io.jobledger.http.pages.PageResponses;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The contract as it was written, and as a page. Both are read once, at building. Thread-safe. */
public final class ContractRoutes {
    private static final String PAGE = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>HTTP API · Jobledger</title>
            <link rel="icon" type="image/svg+xml" href="%1$s">
            <link rel="stylesheet" href="%2$s">
            </head>
            <body>
            <a class="skip" href="#main">Skip to the content</a>
            <header class="top"><div><a class="brand" href="/"><img src="%1$s" alt="" width="22" height="22">Jobledger</a>
            <nav class="main" aria-label="Pages"><ul>
            <li><a href="/">Overview</a></li><li><a href="/api/" aria-current="page">HTTP API</a></li>
            </ul></nav></div></header>
            <main id="main" tabindex="-1" class="api">
            <h1>HTTP API</h1>
            <p>The same for programs: <a href="/api/openapi.yaml">openapi.yaml</a></p>
            %3$s
            </main>
            <footer>Jobledger %4$s</footer>
            </body>
            </html>
            """;

    private final Buffer contract;
    private final Buffer page;

    /**
     * @param assets style and icon of the page
     * @param version of the program
     */
    public ContractRoutes(Assets assets, String version) {
        contract = Buffer.buffer(read("openapi.yaml"));
        page = Buffer.buffer(PAGE.formatted(
                assets.path("icon.svg"),
                assets.path("page.css"),
                new String(read("api.html"), StandardCharsets.UTF_8),
                version));
    }

    /** Serves both. */
    public void mount(Router router) {
        Reads.get(router, "/api/").handler(context -> answer(context, "text/html; charset=utf-8", page));
        Reads.get(router, "/api/openapi.yaml").handler(context -> answer(context, "application/yaml", contract));
    }

    private static void answer(RoutingContext context, String type, Buffer content) {
        new Parameters(context);
        PageResponses.secure(context);
        context.response()
                .putHeader("content-type", type)
                .putHeader("cache-control", "no-cache")
                .end(content);
    }

    private static byte[] read(String name) {
        try (InputStream in = ContractRoutes.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the program lacks " + name + "; it was not built whole");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
