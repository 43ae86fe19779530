#!/bin/sh
# keep.sh server|sentinel: runs server.sh or sentinel.sh, and again at once when what it started was killed. The kubelet takes up
# to a second for that and, from the second time within ten minutes on, ten and more, in which another has long been elected.
# Whatever else ends it ends the container, a crash as well, and so does the end of one that lived for less than five seconds: it
# had better not come back again and again.
set -u
# shellcheck source=common.sh
. /etc/redis-k8s/common.sh

# stop: hands a request to stop on. A child that was just made swallows the first, until it has forgotten our traps.
stop() {
    stopped=1
    [ -n "$kept" ] || return 0
    kill -TERM "$kept" 2>/dev/null
    sleep 0.1
    kill -TERM "$kept" 2>/dev/null
}

# keep SCRIPT: runs it, with all that it starts, in a session of its own, until it ends. Sets kept_status.
keep() {
    [ -z "$stopped" ] || exit 143
    setsid sh "$1" &
    kept=$!
    echo "$kept" >"$run/kept"
    [ -z "$stopped" ] || stop
    # A signal ends the wait, but not what is waited for.
    until
        wait "$kept" 2>/dev/null
        kept_status=$?
        ! kill -0 "$kept" 2>/dev/null
    do :; done
    if [ -n "$stopped" ]; then
        # It may have ended while the request was handed on: then its status is still to be had.
        wait "$kept" 2>/dev/null
        kept_again=$?
        [ "$kept_again" -eq 127 ] || kept_status=$kept_again
    fi
    # What ran beside it is of no use to the next.
    kill -KILL "-$kept" 2>/dev/null
    kept=''
}

# bury: kills what the container before this one left behind. Not every runtime does it where the pod's containers share their
# processes: CRI-O with crun kills the main one alone. After a restart of the node the number may be another's.
bury() {
    [ -r "$run/kept" ] && read -r buried <"$run/kept" || return 0
    case $({ tr '\0' ' ' <"/proc/$buried/cmdline"; } 2>/dev/null) in
        *"$server_program"* | *"$etc/$1.sh"*)
            say 'killing what the container before this one left behind'
            kill -KILL "-$buried" 2>/dev/null
            ;;
        *) ;;
    esac
}

kept='' stopped=''
trap stop TERM INT
bury "$1"
# Without it nothing could be killed together.
command -v setsid >/dev/null || exec sh "$etc/$1.sh"
while :; do
    began=$(date +%s)
    keep "$etc/$1.sh"
    lived=$(($(date +%s) - began))
    if [ -n "$stopped" ] || [ "$kept_status" -ne 137 ] || [ "$lived" -lt 5 ]; then
        exit "$kept_status"
    fi
    # Each time is news, even if it is told in the same words.
    last_said=''
    say "killed after $lived s: starting again"
done
