package io.jobledger.http.guard;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.config.AccessSettings;
import io.jobledger.config.Setting;
import io.jobledger.config.SettingsLoader;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What must be there before others can reach the server. */
class BindingRulesTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, false, false, false, false, ''",
        "::1, false, false, false, false, ''",
        "localhost, false, false, false, false, ''",
        "0.0.0.0, false, false, false, false, --allow-anonymous-network",
        "::, false, true, false, false, --allow-anonymous-network",
        "0.0.0.0, true, false, false, false, --allow-plain-http-network",
        "192.0.2.1, false, false, true, false, --allow-plain-http-network",
        "0.0.0.0, true, true, false, false, ''",
        "0.0.0.0, true, false, false, true, ''",
        "0.0.0.0, false, false, true, true, ''",
        "0.0.0.0, false, true, true, false, ''",
        "0.0.0.0, false, false, false, true, --allow-anonymous-network"
    })
    void address_isOpenedOnlyWithTokensAndTls_orTheFlagThatTheRefusalNames(
            String listen, boolean tokens, boolean tls, boolean anonymous, boolean plain, String flag) {
        Map<Setting, String> flags = new EnumMap<>(
                Map.of(Setting.ALLOW_ANONYMOUS_NETWORK, "" + anonymous, Setting.ALLOW_PLAIN_HTTP_NETWORK, "" + plain));
        if (tls) {
            flags.putAll(Map.of(Setting.TLS_CERT, "c", Setting.TLS_KEY, "k"));
        }
        AccessSettings access = SettingsLoader.load(
                        flags, null, Map.of("XDG_CONFIG_HOME", directory.toString(), "HOME", directory.toString()))
                .access();
        if (flag.isEmpty()) {
            assertThatCode(() -> BindingRules.check(access, listen, tokens)).doesNotThrowAnyException();
        } else {
            assertThatThrownBy(() -> BindingRules.check(access, listen, tokens))
                    .isInstanceOf(HttpStartException.class)
                    .hasMessageContaining(flag)
                    .hasMessageContaining(listen);
        }
    }
}
