#!/bin/sh
# keep.sh server|sentinel: runs server.sh or sentinel.sh, and again at once when what it started was killed. The kubelet takes up
# to a second for that and, from the second time within ten minutes on, ten and more, in which another has long been elected.
# Whatever else ends it ends the container, and so does the end of one that lived for less than five seconds: it had better not
# come back again and again.
set -u
# shellcheck source=common.sh
. /etc/redis-k8s/common.sh

# stop: hands a request to stop on.
stop() {
    stopped=1
    [ -z "$kept" ] || kill -TERM "$kept" 2>/dev/null
}

# keep SCRIPT: runs it, with all that it starts, in a session of its own, until it ends. Sets kept_status.
keep() {
    setsid sh "$1" &
    kept=$!
    [ -z "$stopped" ] || stop
    # A signal ends the wait, but not what is waited for.
    until
        wait "$kept" 2>/dev/null
        kept_status=$?
        ! kill -0 "$kept" 2>/dev/null
    do :; done
    # What ran beside it is of no use to the next.
    kill -KILL "-$kept" 2>/dev/null
}

# killed: true if it ended by a signal that nobody sent to stop it.
killed() {
    [ -z "$stopped" ] && [ "$kept_status" -gt 128 ] && [ "$kept_status" -ne 143 ]
}

kept='' stopped=''
trap stop TERM INT
while :; do
    began=$(date +%s)
    keep "$etc/$1.sh"
    killed && [ $(($(date +%s) - began)) -ge 5 ] || exit "$kept_status"
    say "killed by signal $((kept_status - 128)) after $(($(date +%s) - began)) s: starting again"
done
