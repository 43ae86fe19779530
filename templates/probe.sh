#!/bin/sh
# probe.sh started|ready|live: what the script of this pod said last, and whether it still says anything. It asks nobody.
read -r at state why </run/redis-k8s/pulse && read -r now _ </proc/uptime || exit 1
now=${now%.*}${now#*.}
age=$(((now - at) / 100))
if [ "$age" -gt 60 ]; then
  echo "nothing was heard of it for $age s; at last it was $state $why"
  # Nothing to wait for any longer: liveness decides.
  [ "$1" = started ]
  exit
fi
[ "$1 $state" = "live $state" ] || [ "$state" = ready ] || { echo "$state: $why"; exit 1; }
