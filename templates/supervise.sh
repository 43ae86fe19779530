#!/bin/sh
# supervise.sh server|sentinel: starts one, and again at once when it was killed. The kubelet takes up to a second for that and,
# from the second time within ten minutes on, ten and more, in which another has long been elected. Whatever else ends it ends
# the container, a crash as well, and so does the end of one that lived for less than five seconds.
# shellcheck disable=SC1091,SC2154 # variables of common.sh
set -u
. /etc/redis-k8s/common.sh

# stop: hands a request to stop on. A child that was just made swallows the first, until it has forgotten our traps.
stop() {
  stopped=1
  [ -n "$child" ] || return 0
  kill -TERM "$child" 2>/dev/null
  sleep 0.1
  kill -TERM "$child" 2>/dev/null
}

child='' stopped=''
trap stop TERM INT
while [ -z "$stopped" ]; do
  clock
  began=$now
  # A session of its own: what runs beside it is of no use to the next.
  setsid sh "$etc/$1-start.sh" &
  child=$!
  [ -z "$stopped" ] || stop
  # A signal ends the wait, but not what is waited for.
  until
    wait "$child" 2>/dev/null
    status=$?
    ! kill -0 "$child" 2>/dev/null
  do :; done
  kill -KILL "-$child" 2>/dev/null
  child=''
  clock
  [ "$status" -eq 137 ] && [ $((now - began)) -ge 500 ] || exit "$status"
  # Each time is news, even if it is told in the same words.
  said=''
  say "killed after $(((now - began) / 100)) s: starting again"
done
