#!/bin/sh
# supervise.sh server|sentinel: starts one, and again at once when it was killed: the kubelet takes up to a second for that and, from
# the second time on, ten and more, in which another is elected. Any other end, or one within 5 s, ends the container.
# shellcheck disable=SC1091,SC2086,SC2154 # variables of common.sh
set -u
. /etc/redis-k8s/common.sh
# stop: hands a request to stop on, twice: a child that was just made swallows the first with our trap.
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
  [ $status -eq 137 ] && [ $((now - began)) -ge 500 ] || exit $status
  # Each time is news, even if it is told in the same words.
  said=''
  say "killed after $(((now - began) / 100)) s: starting again"
done
