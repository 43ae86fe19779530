#!/bin/sh
# health.sh server|sentinel live|ready: answers the probes.
# shellcheck disable=SC2154 # variables of common.sh and topology.env
set -u
# shellcheck source=common.sh
. /etc/redis-k8s/common.sh

# alive: the process answers anything, even that it is loading, busy with a script or without its master; or it waits to start.
alive() {
    [ "$(cat "$run/state" 2>/dev/null)" = waiting ] && return
    alive_answer=$(echo PING | ask "$1" 127.0.0.1)
    case $alive_answer in
        PONG* | LOADING* | BUSY* | MASTERDOWN* | NOAUTH* | WRONGPASS* | MISCONF*) ;;
        *) echo "no answer: $alive_answer"; return 1 ;;
    esac
}

# as_before: who refuses our password runs. That somebody has changed the Secret must not take all pods out of their Services.
as_before() {
    [ -e "$run/ready" ] || { echo 'refuses the password'; return 1; }
}

# ready QUESTION: answers it, and remembers the answer.
ready() {
    if "$1"; then
        touch "$run/ready"
    else
        rm -f "$run/ready"
        return 1
    fi
}

# in_sync: a master, or a replica whose link is up, and that could take over.
in_sync() {
    in_sync_role=$(role 127.0.0.1)
    case $in_sync_role in
        master*) ;;
        "slave "*" connected "*)
            [ ! -e "$run/newcomer" ] || { echo 'in sync, but not electable yet'; return 1; }
            ;;
        refused) as_before ;;
        *) echo "not in sync: $in_sync_role"; return 1 ;;
    esac
}

# informed: the sentinel knows a master, and so can tell clients.
informed() {
    informed_view=$(view 127.0.0.1)
    case $informed_view in
        named*) ;;
        refused) as_before ;;
        *) echo "knows no master: $informed_view"; return 1 ;;
    esac
}

case "$1 $2" in
    *' live') alive "$1" ;;
    'server ready') ready in_sync ;;
    'sentinel ready') ready informed ;;
    *) echo "usage: health.sh server|sentinel live|ready"; exit 2 ;;
esac
