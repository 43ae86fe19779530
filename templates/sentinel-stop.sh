# Before a sentinel stops: ends the election it leads; half done it would cost 8 s
set -u
. /etc/redis-k8s/common.sh
electing() {
  ask sentinel 127.0.0.1 SENTINEL MASTER $RK_MASTER | grep -q failover_in_progress &&
    ask sentinel 127.0.0.1 SENTINEL REPLICAS $RK_MASTER | grep -A 1 -x flags | grep -v -e disconnected -e s_down | grep -q slave
}
ask sentinel 127.0.0.1 ACL SETUSER $user '-sentinel|failover' >/dev/null
until=$(($(date +%s) + 8))
sleep 2
while electing && [ "$(date +%s)" -lt $until ]; do sleep 0.1; done
