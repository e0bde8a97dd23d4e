package io.jobledger.ledger.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jobledger.ledger.LedgerException;
import io.jobledger.ledger.LedgerException.Kind;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;

class ReaderTest {
    @Test
    void questionOverItsTimeLimit_isCancelled_andTheConnectionIsNotBoundByIt() throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:h2:mem:reader");
                Statement statement = connection.createStatement()) {
            Reader reader = new Reader(
                    Jdbi.create(connection), Duration.ofMillis(10), new StoreHealth(Jdbi.create(connection)), () -> {});
            // Hours of counting, if nobody cancels it.
            assertThatThrownBy(() -> reader.audit(query -> query.query(
                                    "SELECT COUNT(*) FROM SYSTEM_RANGE(1, 1000000000000) WHERE MOD(X, 7) = ?",
                                    List.of(-1L))
                            .mapTo(Long.class)
                            .one()))
                    .isInstanceOfSatisfying(
                            LedgerException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TOO_SLOW))
                    .hasMessageContaining("query-timeout");
            assertThat(statement.getQueryTimeout())
                    .as("the next user of the connection has no limit")
                    .isZero();
            long one = reader.audit(query ->
                    query.query("SELECT 1", List.of()).mapTo(Long.class).one());
            assertThat(one).isEqualTo(1);
            assertThat(statement.getQueryTimeout()).isZero();
        }
    }
}
