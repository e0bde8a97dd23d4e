package io.jobledger.http.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.jobledger.Wire;
import io.jobledger.http.RunningService;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The page of the API is made from docs/openapi.yaml. {@code ./mvnw -pl ingester test -Dtest=ContractRoutesTest
 * -DargLine=-Djobledger.write-docs=true} makes it anew.
 */
class ContractRoutesTest {
    @TempDir
    Path directory;

    private static Path contract() {
        return Wire.checkout().resolve("docs/openapi.yaml");
    }

    @Test
    void page_saysWhatTheContractSays() throws IOException {
        JsonNode yaml = new ObjectMapper(new YAMLFactory()).readTree(contract().toFile());
        String expected = new ApiHtml(yaml).text();
        Path page = Wire.checkout().resolve("ingester/src/main/resources/io/jobledger/http/contract/api.html");
        if (Boolean.getBoolean("jobledger.write-docs")) {
            Files.writeString(page, expected);
        }
        assertThat(Files.readString(page))
                .as("the page is behind docs/openapi.yaml; the comment of this test says how to make it anew")
                .isEqualTo(expected);
        Document html = Jsoup.parseBodyFragment(expected);
        yaml.get("paths")
                .forEach(path -> path.forEach(operation -> {
                    if (operation.has("operationId")) {
                        assertThat(html.getElementById(
                                        operation.get("operationId").asText()))
                                .as(operation.get("operationId").asText())
                                .isNotNull();
                    }
                }));
        for (Element link : html.select("a[href^=#]")) {
            assertThat(html.getElementById(link.attr("href").substring(1)))
                    .as(link.attr("href"))
                    .isNotNull();
        }
    }

    @Test
    void bothAreServed_withoutATokenOrAScript_underTheRulesOfThePages() throws IOException {
        try (RunningService service = new RunningService(directory, List.of(), Map.of())) {
            HttpResponse<String> page = service.get("/api/");
            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(page.headers().firstValue("content-security-policy").orElse(""))
                    .contains("default-src 'none'", "script-src 'self'");
            Document html = Jsoup.parse(page.body());
            assertThat(html.select("script, style, [style], [onclick]")).isEmpty();
            for (Element loads : html.select("link[href], img[src]")) {
                String address = loads.hasAttr("src") ? loads.attr("src") : loads.attr("href");
                assertThat(address).startsWith("/assets/");
                assertThat(service.get(address).statusCode()).as(address).isEqualTo(200);
            }
            assertThat(service.get("/api/openapi.yaml").body()).isEqualTo(Files.readString(contract()));
            assertThat(service.get("/api/?x=1").statusCode()).isEqualTo(400);
        }
    }
}
