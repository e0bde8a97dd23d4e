#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Without an ingester a run goes on, keeps its events in the spool and says so; the replay says that they are still there.
set -eux -o pipefail

export ANSIBLE_CALLBACKS_ENABLED=jobledger.core.recorder
# Where HOME is not the home of the user of the system, Ansible would start jobs in one directory and look in another.
export ANSIBLE_ASYNC_DIR="${OUTPUT_DIR}/async"
export JOBLEDGER_URL=http://127.0.0.1:9 JOBLEDGER_SPOOL_DIR="${OUTPUT_DIR}/spool" JOBLEDGER_BUDGET=0.5

ansible-playbook -i ../../inventory start.yml "$@" 2>&1 | tee "${OUTPUT_DIR}/said"
tr -s '[:space:]' ' ' < "${OUTPUT_DIR}/said" | grep -F "jobledger: "
test "$(find "${OUTPUT_DIR}/spool" -name '*.spool' -size +0 | wc -l)" = 1

if ansible-playbook jobledger.core.replay "$@"; then
    echo "the replay must say that events are left" >&2
    exit 1
fi
