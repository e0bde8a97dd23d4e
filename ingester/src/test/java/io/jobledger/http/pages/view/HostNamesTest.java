package io.jobledger.http.pages.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class HostNamesTest {
    @Test
    void whatAllHaveInCommon_isCutAtABorder() {
        HostNames names = HostNames.of(
                List.of("acme-prod-web01.example.com", "acme-prod-web02.example.com", "acme-prod-db.example.com"));
        assertThat(names.common()).isEqualTo("acme-prod-….example.com");
        assertThat(names.of("acme-prod-web02.example.com")).isEqualTo("web02");
        assertThat(names.of("other.example.org")).isEqualTo("other.example.org");
    }

    @Test
    void namesThatAreShort_few_orWouldVanish_stayWhole() {
        assertThat(HostNames.of(List.of("db1", "db2", "db3")).shorten()).isFalse();
        assertThat(HostNames.of(List.of("web01.example.com", "web02.example.com"))
                        .shorten())
                .isFalse();
        HostNames nested = HostNames.of(List.of("example.com", "a.example.com", "b.example.com"));
        assertThat(nested.of("example.com")).isEqualTo("example.com");
        assertThat(nested.of("a.example.com")).isNotEmpty();
        assertThat(HostNames.of(List.of()).shorten()).isFalse();
    }
}
