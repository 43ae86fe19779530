# Starts a sentinel as the one it was: otherwise the old one would count for ever.
set -u
. /etc/redis-k8s/common.sh
conf=$data/sentinel.conf
remembered() {
  while read -r _ word name address _ rest; do
    case $word in
    known-sentinel) at sentinel $address ;;
    monitor | known-*) at server $address ;;
    *-epoch) to=$address ;;
    *) continue ;;
    esac
    echo sentinel $word $name $to $rest
  done 2>/dev/null <"$conf"
}
# what others name, and the replicas, which a dead master cannot tell
told() {
  survey; [ -n "$named" ] || return 0
  at server $named; echo sentinel monitor $RK_MASTER $to $quorum
  roster server present | while read -r _ address; do
    at server $address; [ $address = $named ] || echo sentinel known-replica $RK_MASTER $to
  done
}
configure() {
  local known master address; umask 077; known=$(remembered)
  [ -n "$known" ] || known=$(told)
  master=$(echo "$known" | sed -n "s/^sentinel monitor $RK_MASTER \([^ ]*\) .*/\1/p")
  ours=no
  [ -z "$master" ] || whose $master
  [ "$ours" != no ] || known=''
  address=$(announced sentinel $ordinal)
  wait
  {
    echo "include $etc/sentinel.conf"
    echo "sentinel myid $(printf '%s/%s' "$POD_NAMESPACE" $POD_NAME | sha1sum | sed 's/ .*//')"
    at sentinel ${address:-$POD_IP}; printf 'sentinel announce-ip %s\nsentinel announce-port %s\n' $to
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
find_unaware &
configure
say "starting, $(grep '^sentinel monitor ' "$conf" || echo 'knowing no master')"
sh $etc/sentinel-watch.sh &
exec $program-server "$conf" --sentinel
