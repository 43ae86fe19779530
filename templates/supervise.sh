# supervise.sh server|sentinel: starts one, and again when it was killed: the kubelet waits.
set -u
. /etc/redis-k8s/common.sh
stop() {
  stopped=1
  [ -n "$child" ] || return 0
  kill -TERM "$child" 2>/dev/null; sleep 0.1; kill -TERM "$child" 2>/dev/null
}

child='' stopped=''
trap stop TERM INT
while :; do
  clock; began=$now
  setsid sh "$etc/$1-start.sh" &
  child=$!
  [ -z "$stopped" ] || stop
  until
    wait "$child" 2>/dev/null; status=$?; ! kill -0 "$child" 2>/dev/null
  do :; done
  [ -z "$stopped" ] || { wait "$child" 2>/dev/null; again=$?; [ $again -eq 127 ] || status=$again; }
  kill -KILL "-$child" 2>/dev/null; child=''; clock
  [ $status -eq 137 ] && [ -z "$stopped" ] && [ $((now - began)) -ge 500 ] || exit $status
  said=''; say "killed after $(((now - began) / 100)) s: starting again"
done
