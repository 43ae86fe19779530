#!/bin/sh
# health.sh server|sentinel live|ready: answers the probes.
# shellcheck disable=SC2154 # variables of common.sh and topology.env
set -u
# shellcheck source=common.sh
. /etc/redis-k8s/common.sh

# waiting: true while the server waits to start.
waiting() {
    [ -r "$run/state" ] && read -r waiting_state <"$run/state" && [ "$waiting_state" = waiting ]
}

# alive: the process answers anything, even that it is loading, busy with a script or without its master; or it waits to start.
alive() {
    ! waiting || return 0
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

# ready QUESTION: answers it, and remembers the answer. Who is about to be ready is asked again for a second, since the kubelet
# asks only every other second.
ready() {
    ready_tries=4
    until ready_answer=$("$1"); do
        ready_tries=$((ready_tries - 1))
        if [ -e "$run/ready" ] || [ "$ready_tries" = 0 ]; then
            rm -f "$run/ready"
            echo "$ready_answer"
            return 1
        fi
        sleep 0.3
    done
    touch "$run/ready"
}

# in_sync: a master, or a replica whose link is up, and that could take over.
in_sync() {
    ! waiting || { echo 'waiting to start'; return 1; }
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
