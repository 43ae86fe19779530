#!/bin/sh
# Before a sentinel stops: those who are still led to it get their answers, and an election it leads is brought to its end. Left
# half done, clients would have no master until the others put it right: 8.5 s when both sets are restarted at once.
# shellcheck disable=SC1091,SC2154 # variables of common.sh and topology.env
set -u
. /etc/redis-k8s/common.sh

# electing: true while this sentinel leads an election, or tries to. Where nobody can be elected it is not waited for: every
# replica it knows is out of its reach, as when everything is deleted at once.
electing() {
  ask sentinel 127.0.0.1 SENTINEL MASTER "$RK_MASTER" | grep -q failover_in_progress &&
    ask sentinel 127.0.0.1 SENTINEL REPLICAS "$RK_MASTER" | grep -A 1 -x flags | grep -v -e disconnected -e s_down | grep -q slave
}

# From now on it must not be asked for one: it would stop in the middle. The configuration of the next start allows it again.
ask sentinel 127.0.0.1 ACL SETUSER default '-sentinel|failover' >/dev/null
until=$(($(date +%s) + 8))
# Until every node knows that it ends, its Service leads clients here, who would be refused or wait in vain: up to a second.
sleep 2
while electing && [ "$(date +%s)" -lt $until ]; do sleep 0.1; done
