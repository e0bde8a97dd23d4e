if [ -d /run/systemd/system ]; then
    systemctl --system daemon-reload || :
fi
if [ "$1" -eq 0 ] && [ -d /var/lib/jobledger ]; then
    echo "jobledger: the ledger in /var/lib/jobledger is kept; remove it by hand if it is not needed any more" >&2
fi
