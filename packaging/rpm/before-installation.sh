getent group jobledger >/dev/null || groupadd --system jobledger
getent passwd jobledger >/dev/null || useradd --system --gid jobledger --home-dir /var/lib/jobledger --no-create-home \
    --shell /sbin/nologin --comment "Jobledger service" jobledger
