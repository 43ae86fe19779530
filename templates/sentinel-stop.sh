#!/bin/sh
# Before a sentinel stops: it answers those who are still led to it, and ends the election it leads. Left half done, clients would have
# no master until the others put it right: 8.5 s when both sets restart at once.
# shellcheck disable=SC1091,SC2086,SC2154 # variables of common.sh and topology.env
set -u
. /etc/redis-k8s/common.sh
# electing: true while it leads an election, or tries to, and a replica is in its reach.
electing() {
  ask sentinel 127.0.0.1 SENTINEL MASTER $RK_MASTER | grep -q failover_in_progress &&
    ask sentinel 127.0.0.1 SENTINEL REPLICAS $RK_MASTER | grep -A 1 -x flags | grep -v -e disconnected -e s_down | grep -q slave
}
# It must not be asked for another. The next start allows it again.
ask sentinel 127.0.0.1 ACL SETUSER default '-sentinel|failover' >/dev/null
until=$(($(date +%s) + 8))
sleep 2
while electing && [ "$(date +%s)" -lt $until ]; do sleep 0.1; done
