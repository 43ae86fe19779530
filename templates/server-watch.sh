# server-watch.sh ADDRESS [CLOSED] [NEWCOMER]: closes a master that may have been replaced, applies its files, tells the probes
set -u
. /etc/redis-k8s/common.sh
me=$1 closed=$2 newcomer=$3 return=$(printf '\r')
listen() {
  local pid
  exec 4<&- 5>&- 6<&-
  [ ! -r $work/pids ] || while read -r pid; do kill "$pid"; done <$work/pids 2>/dev/null
  rm -f $work/state $work/orders $work/answers; mkfifo $work/state $work/orders $work/answers; password server
  talk ever "$secret" 127.0.0.1 $RK_PORT -r -1 -i 0.5 INFO replication >$work/state &
  echo "$!" >$work/pids
  talk ever "$secret" 127.0.0.1 $RK_PORT <$work/orders >$work/answers &
  echo "$!" >>$work/pids
  until command exec 4<$work/state 5>$work/orders 6<$work/answers; do sleep 0.1; done 2>/dev/null
  broken=''
}
# reads our state. lag: of the last replica heard of; heard: how many lag less
sample() {
  local line one
  while IFS= read -r line; do
    line=${line%"$return"}
    case $line in
    '# Replication') role='' link=down master='' lag='' heard=0 ;;
    role:*) role=${line#*:} ;;
    master_host:*) master=${line#*:} ;;
    master_link_status:up) link=up ;;
    master_sync_in_progress:1) link=sync ;;
    master_replid:*) history=${line#*:} ;;
    slave*state=online*lag=?*)
      one=${line##*lag=}
      case $one in -*) one=0 ;; *) one=${one%%[!0-9]*} ;; esac
      [ -n "$lag" ] && [ "$lag" -le "$one" ] || lag=$one
      [ "$one" -ge $most ] || heard=$((heard + 1))
      ;;
    repl_backlog_histlen:*) return 0 ;;
    NOAUTH* | BUSY*) role=busy; return 0 ;;
    *certificate*) pulse late "$line"; return 1 ;;
    Error* | 'Could not connect'*) return 1 ;;
    esac
  done
  return 1
}
sample_now() { echo INFO replication >&5; sample <&6; }
# Sentinel ends all connections of a master that it makes a replica
order() {
  echo "$*" >&5
  read -r answer <&6 || answer=Error
  case $answer in OK) ;; Error* | 'Could not connect'*) broken=1; false ;; *) false ;; esac
}
setting() { order CONFIG GET "$1"; [ "$answer" = "$1" ] && read -r answer <&6 || broken=1; }
open_to() { order CONFIG SET min-replicas-to-write "$1"; }
is_closed() { setting min-replicas-to-write; [ "$answer" = $too_many ]; }
# closes a master that hears no replica, that slept, or that lost one and most sentinels
lead() {
  if ! is_closed; then
    [ $min_replicas -gt 0 ] || return 0
    [ "${lag:-0}" -lt $most ] && [ $heard -ge $heard_before ] || { sleep 0.1; sample_now; }
    [ $heard -ge $heard_before ] || doubts=3
    heard_before=$heard
    if [ $gap -lt $((down_after / 10 - 100)) ] && [ "${lag:-0}" -lt $most ]; then
      [ $doubts -gt 0 ] || return 0
      doubts=$((doubts - 1))
      out_of_reach || return 0
    fi
    say 'cut off, or stalled: taking no writes until the sentinels hear this server'
    open_to $too_many || return 0
  fi
  confirm
}
# true if most sentinels neither answer nor refuse
out_of_reach() {
  local member
  for member in $(seq 0 $((sentinels - 1))); do echo "$member $(announced sentinel $member known)"; done |
    at_once reach >$work/reach
  [ $((2 * $(grep -c lost $work/reach))) -gt $sentinels ]
}
reach() { case ${1:+$(ask sentinel $1 PING)} in *refused*) ;; '' | 'Could not connect'*) echo lost ;; esac; }
# opens it once all sentinels name and hear it, or most for 5 s. Just started, it writes without replicas for a second
confirm() {
  local since='' open=''
  while [ -z "$open" ]; do
    survey; pulse ready
    case "$named $views" in
    *s_down* | *o_down* | *unheard* | *failover_in_progress*) since='' ;;
    "$me "*)
      majority || since=''
      since=${since:-$now}
      if [ $answered -ge $found ]; then open=all$closed; elif [ $((now - since)) -ge 500 ]; then open=most; fi
      ;;
    *) since=''; readdress ;;
    esac
    [ -n "$open" ] || sleep 0.2
    sample_now && [ "$role" = master ] || return 0
  done
  closed=''
  if [ "$open" = "all$too_many" ]; then
    open_to 0; say 'open for writes'; sleep 1
    ! is_closed || return 0
  fi
  open_to $min_replicas && say 'open for writes'
}
# a replica may hold a link to the lost pod for 20 s
reclaim() {
  local address role seen; sleep 1; seen=$(ask server 127.0.0.1 INFO replication)
  interview
  grep " slave $me connected " $work/roles | while read -r _ address _; do
    case $seen in
    *"ip=$address,"*) ;;
    *)
      say "$address holds a link to a pod that is gone: having it made anew"
      ask server $address CLIENT KILL TYPE master >/dev/null
      ;;
    esac
  done
}
# a newcomer is electable once in sync, or with older data after 30 s; old data is served for 10 s
follow() {
  [ "$was" = slave ] && [ $((beat % 20)) != 0 ] || { closed=''; open_to $min_replicas; rm -f $data/was-master; }
  if [ "$link" = up ]; then
    [ $lost -lt 20 ] || serve_stale yes
    lost=0
    [ -z "$newcomer" ] || : >$data/whole
  else
    lost=$((lost + 1))
    [ $lost -ne 20 ] || serve_stale no
    [ "$link" != down ] || [ $lost -lt 10 ] || find_master
  fi
  if [ -n "$newcomer" ] && [ -e $data/whole ] && { [ "$link" = up ] || [ $lost -ge 60 ]; }; then
    order CONFIG SET replica-priority 100 && newcomer=''
  fi
}
serve_stale() { grep -q serve-stale-data $etc/live.conf || order CONFIG SET replica-serve-stale-data "$1"; }
find_master() {
  [ $beat -ge $next_search ] || return 0
  next_search=$((beat + (lost < 60 ? 10 : 60)))
  survey
  majority && [ -n "$named" ] && [ "$named" != "$me" ] && [ "$named" != "$master" ] || return 0
  whose $named
  case $(role $named)-$ours in
  master*-yes)
    say "sentinels name $named (epoch $epoch), not $master, which is gone: joining it"
    at server $named; order REPLICAOF $to
    ;;
  esac
}
heed_topology() { : >$work/applied; . $etc/topology.env; most=$((max_lag < 4 ? 2 : max_lag / 2)); }
# gives it the files of today; old passwords last until the next start
apply() {
  local name value; heed_topology
  [ -n "$closed" ] || open_to $min_replicas
  order CONFIG SET min-replicas-max-lag $max_lag; grep '^[a-z]' $etc/live.conf >$work/live
  while read -r name value; do
    case $value in *\" | *\') ;; *) value="\"$value\"" ;; esac
    order CONFIG SET "$name" "$value" || say "$name waits for the next start: $answer"
  done <$work/live
  [ -z "$tls" ] || order CONFIG SET tls-ca-cert-file $etc-tls/ca.crt tls-cert-file $etc-tls/tls.crt tls-key-file $etc-tls/tls.key ||
    say "certificate: $answer"
  [ -d $secrets ] || return 0
  grant server "$@"; password server
  [ -z "$secret" ] || order CONFIG SET masterauth "$(quoted)"
}
# keeps data in the form asked for
switch_form() {
  local kept; read -r kept <$data/form
  [ "$kept" != $persistence ] || return 0
  next_upkeep=$((beat + 4))
  case $persistence-$(ask server 127.0.0.1 INFO persistence) in
  *loading:1* | *_in_progress:1* | *aof_rewrite_scheduled:1*) return 0 ;;
  aof-*aof_enabled:0*) order CONFIG SET appendonly yes; return 0 ;;
  rdb-*aof_enabled:1*) [ -n "$saved" ] || { order BGSAVE; saved=1; return 0; } ;;
  esac
  [ $persistence = aof ] || order CONFIG SET appendonly no
  say "data is kept as $persistence now, no longer as $kept"; echo $persistence >$data/form
}
readdress() {
  local address; address=$(announced server $ordinal)
  if [ "${address:-$me}" != "$me" ] && order CONFIG SET replica-announce-ip "$address"; then
    say "known as $address from now on, no longer as $me"; me=$address
  fi
}
upkeep() {
  readdress; switch_form
  case $role-$link in slave-up) case $(role $master) in slave*) find_master ;; esac ;; esac
  [ ! -e $run/open ] || { find_unaware; [ -e $run/open ] || apply resetpass; }
}

now='' beat=0 next_upkeep=2 next_search=0 was='' lost=0 history='' history_before='' heard_before=0 doubts=0 saved=''
heed_topology
rm -f $work/pids
[ -z "$closed" ] || (work=$work-reclaim && mkdir -p $work && reclaim) &
trap : PIPE
listen
while :; do
  before=$now
  [ -z "$broken" ] && sample <&4 || { sleep 0.1; listen; continue; }
  clock; began=$now gap=$((now - ${before:-$now})) beat=$((beat + 1))
  case $role-$link-$newcomer in
  master-*) [ "$was" = master ] || : >$data/was-master; lead; pulse ready ;;
  slave-up-) follow; pulse ready ;;
  slave-up-*) follow; pulse late in sync, but not electable yet ;;
  slave-*) follow; pulse late "not in sync: the link to $master is $link" ;;
  *) pulse "$pulsed" ;;
  esac
  was=$role
  [ "$history" = "$history_before" ] || { history_before=$history; next_upkeep=$((beat + 4)); }
  if [ -e $run/room ]; then setting maxclients; order CONFIG SET maxclients $((2 * answer + 1000)); rm -f $run/room; fi
  for file in $etc/topology.env $secrets/server $etc-tls/tls.crt; do [ ! "$file" -nt $work/applied ] || apply; done
  [ $beat -lt $next_upkeep ] || { next_upkeep=$((beat < 100 ? 2 * beat : beat + 120)); upkeep; }
  clock; stale=$(((now - began) / 50))
  while [ $stale -gt 0 ] && sample <&4; do stale=$((stale - 1)); done
done
