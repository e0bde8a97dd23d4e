package io.jobledger.http.pages;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.TemplateOutput;
import gg.jte.output.StringOutput;
import java.util.Map;

/** Templates to text. They were compiled with the program: nothing is read or parsed at run time. Thread-safe. */
final class Templates {
    private final TemplateEngine engine = TemplateEngine.createPrecompiled(
            null, ContentType.Html, Templates.class.getClassLoader(), "io.jobledger.http.pages");

    /** The whole page. */
    String page(String template, Frame frame, Object page) {
        TemplateOutput output = new StringOutput(16 * 1024);
        engine.render(template + ".jte", Map.of("frame", frame, "page", page), output);
        return output.toString();
    }
}
