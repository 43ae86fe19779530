# Starts a sentinel as the one it was: otherwise the old one would count for ever.
set -u
. /etc/redis-k8s/common.sh
conf=$data/sentinel.conf
remembered() {
  sed -nE -e "s/^(sentinel (monitor|known-replica) [^ ]+ [^ ]+) [0-9]+/\1 $RK_PORT/" \
    -e "s/^(sentinel known-sentinel [^ ]+ [^ ]+) [0-9]+/\1 $RK_SENTINEL_PORT/" \
    -e '/^sentinel (monitor|config-epoch|leader-epoch|current-epoch|known-replica|known-sentinel)( |$)/p' "$conf" 2>/dev/null
}
configure() {
  local known master address; umask 077; known=$(remembered)
  master=$(echo "$known" | sed -n "s/^sentinel monitor $RK_MASTER \([^ ]*\) .*/\1/p")
  ours=no
  [ -z "$master" ] || whose $master
  [ "$ours" != no ] || known=''
  address=$(announced sentinel $ordinal)
  {
    echo "include $etc/sentinel.conf"
    echo "sentinel myid $(printf '%s/%s' "$POD_NAMESPACE" $POD_NAME | sha1sum | sed 's/ .*//')"
    printf 'sentinel announce-ip %s\nsentinel announce-port %s\n' "${address:-$POD_IP}" $RK_SENTINEL_PORT
    [ ! -d $secrets ] || echo "sentinel sentinel-user $user"
    if [ -r $secrets/sentinel ]; then
      users sentinel; password sentinel
      echo "sentinel sentinel-pass $(quoted)"
    fi
    if [ -n "$known" ]; then
      echo "$known" | grep '^sentinel monitor '
      password server
      printf "sentinel %s $RK_MASTER %s\n" down-after-milliseconds $down_after failover-timeout $failover_timeout \
        parallel-syncs $parallel_syncs ${secret:+auth-user $user auth-pass "$(quoted)"}
      echo "$known" | grep -v '^sentinel monitor '
    fi
  } >"$conf.new"
  mv "$conf.new" "$conf"
}

pulse waiting to start
await_password
find_unaware
configure
say "starting, $(grep '^sentinel monitor ' "$conf" || echo 'knowing no master')"
sh $etc/sentinel-watch.sh &
exec $program-server "$conf" --sentinel
