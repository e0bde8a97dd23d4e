# $1: how many versions are installed when this is over.
if [ -d /run/systemd/system ]; then
    systemctl --system daemon-reload || :
    if [ "$1" -gt 1 ]; then
        systemctl try-restart jobledger.service || :
    else
        systemctl preset jobledger.service || :
    fi
fi
