package io.jobledger.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobledger.sink.mirror.Mirror;
import io.jobledger.sink.mirror.MirrorException;
import java.lang.reflect.Proxy;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A lookup that only a mirror could answer, and the mirror does not: never "no such job", and what to do depends on
 * whether waiting helps.
 */
class SilentMirrorTest {
    @TempDir
    Path directory;

    @Test
    void passingFailure_saysToComeBackSoon() {
        HttpResponse<String> answer = lookup(MirrorException.passing("the bucket does not answer", null));
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("retry-after")).hasValue("5");
        assertThat(RunningService.json(answer.body()).get("hint").textValue()).isEqualTo("send the same request again");
    }

    @Test
    void lastingFailure_saysWhatToMendAndNotToHurry() {
        HttpResponse<String> answer = lookup(MirrorException.lasting("the key was refused", null));
        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.headers().firstValue("retry-after")).hasValue("60");
        assertThat(RunningService.json(answer.body()).get("detail").textValue()).contains("the key was refused");
        assertThat(RunningService.json(answer.body()).get("hint").textValue()).contains("jobledger mirror check");
    }

    private HttpResponse<String> lookup(MirrorException failure) {
        Mirror mirror = (Mirror) Proxy.newProxyInstance(
                Mirror.class.getClassLoader(),
                new Class<?>[] {Mirror.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "uri" -> "silent:";
                    case "close" -> null;
                    default -> throw failure;
                });
        try (RunningService service = new RunningService(directory, List.of(mirror), Map.of())) {
            return service.get("/api/v1/jobs/h/p/j");
        }
    }
}
