# An upgrade leaves the service alone: the new version's script restarts it.
if [ "$1" -eq 0 ] && [ -d /run/systemd/system ]; then
    systemctl --no-reload disable --now jobledger-backup.timer jobledger.service || :
fi
