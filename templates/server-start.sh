# Starts a server: decides from evidence alone what it is, or others copy an empty data set
set -u
. /etc/redis-k8s/common.sh
# form: what a start would load; durable: all that was acknowledged; stamp: when written
find_data() {
  local kept=''; form='' durable=0 stamp=0
  [ ! -r $data/form ] || read -r kept <$data/form
  [ ! -s $data/dump.rdb ] || form=rdb
  set -- $data/appendonlydir/*
  if [ -e "$1" ]; then
    case $form-$kept-$persistence in
    rdb-rdb-*) ;;
    rdb--rdb | rdb-none-* | rdb--none) [ "$(ls -t "$@" $data/dump.rdb | sed q)" = $data/dump.rdb ] || form=aof ;;
    *) form=aof ;;
    esac
  fi
  [ -n "$form" ] || return 0
  [ $form = aof ] || set -- $data/dump.rdb
  stamp=$(stat -c %Y "$@" | sort -rn | sed q)
  [ ! -e $data/was-master ] || stamp=$((stamp + 2))
  [ -e $data/whole ] && case $form-$kept in aof-aof | aof-) durable=1 ;; esac
}
# what the sentinels say, whom they name. me: our address
look_up() {
  local address; survey; address=$(announced server $ordinal)
  [ $ordinal -lt $servers ] || address=${address:-$POD_IP}
  me=${address:-$me}; find_data; looked='' role='' ours=''
  [ -z "$named" ] || [ "$named" = "$me" ] || { role=$(role $named); whose $named; }
}
# the others: who waits, has the newest data, is master, follows us
look_around() {
  local address kind follows offset most=-1; looked=1 masters='' listening=0 mine='' best=''; post; read_board
  [ -n "$named" ] || [ $all_wait = 0 ] || [ $first = $ordinal ] || return 0
  interview
  while read -r _ address kind follows _; do
    [ "$kind" = silent ] || listening=$((listening + 1))
    case $kind-$follows in
    master-*) masters="$masters $address" ;;
    "slave-$me")
      mine="$mine $address"
      offset=$(ask server $address INFO replication | sed -n 's/^slave_repl_offset:\([0-9]*\).*/\1/p')
      [ ${offset:-0} -le $most ] || best=$address most=${offset:-0}
      ;;
    esac
  done <$work/roles
}
# says by the name of a held connection that this server waits, for two looks, and its stamp
post() {
  local address held=$((2 * (waited - post_next) + 8))
  [ $held -ge 8 ] || return 0
  post_next=$((waited + 2))
  while read -r _ address _; do
    ({ echo "CLIENT SETNAME rk-waits-$ordinal-$stamp"; sleep $held; } | limit=$held ask sentinel $address >/dev/null &)
  done <$work/views
}
read_board() {
  local note peer its waiting=' '; first=$ordinal first_stamp=$stamp all_wait=1
  for note in $(at_once notes <$work/views | tr ' ' '\n' | grep -x '[0-9]*-[0-9]*' | grep -v "^$ordinal-"); do
    peer=${note%-*} its=${note#*-}
    waiting="$waiting$peer "
    if [ $its -gt $first_stamp ] || { [ $its -eq $first_stamp ] && [ $peer -lt $first ]; }; then
      first=$peer first_stamp=$its
    fi
  done
  for peer in $(members server); do case "$waiting$ordinal " in *" $peer "*) ;; *) all_wait=0 ;; esac; done
}
decide() {
  verdict='wait'
  if [ -z "$me" ]; then reason="the address of $RK_INSTANCE-announce-$ordinal is not known"
  elif ! majority; then reason="$answered of $found sentinels answer${silence:+ ($silence)}, and a majority must"
  elif [ -z "$named" ]; then decide_unnamed
  elif [ "$named" = "$me" ]; then decide_named
  else decide_other
  fi
}
decide_unnamed() {
  reason='no sentinel names a master'
  if [ -z "$looked" ]; then verdict=look
  elif [ -n "$masters" ]; then verdict=tell reason="$reason, but$masters is one: telling them"
  elif [ -n "$mine" ] && [ $durable = 1 ]; then verdict=first reason="$reason, and the replicas follow this server"
  elif [ -n "$mine" ]; then
    verdict=promote reason="$reason, and this server lost its data: promoting $best, which has the most"
  elif [ $listening -gt 0 ]; then reason="$reason, and the one the replicas follow must come"
  elif [ $all_wait = 0 ] && [ $waited -lt $patience ]; then reason="$reason, and the other servers must come"
  elif [ $first != $ordinal ]; then reason="$reason: $RK_INSTANCE-$first starts as one"
  else verdict=first reason="$reason: a fresh cluster, which this server starts"
  fi
}
decide_named() {
  reason="sentinels name this server (epoch $epoch)"
  case $views in *failover_in_progress*) reason="$reason, but elect another"; return ;; esac
  if [ $durable = 1 ]; then verdict=closed reason="$reason, its data is here"
  elif [ -e $data/force-master ]; then verdict=master reason="$reason, and an operator gave up the data it lost"
  elif [ -z "$looked" ]; then verdict=look
  elif [ $listening -gt 0 ]; then
    reason="$reason, but its data is gone: having them elect another"
    case $((waited < 8))$views in 1*_down* | 1*unheard*) ;; *) verdict=elect ;; esac
  elif [ $all_wait = 1 ] && { [ $first_stamp = 0 ] || [ $first = $ordinal ]; }; then
    verdict=closed reason="$reason, and nobody has newer data"
  elif [ $all_wait = 1 ]; then reason="$reason, but $RK_INSTANCE-$first has newer data, and must be elected"
  elif [ $claims = 0 ] && [ $waited -ge 20 ]; then
    verdict=closed reason="$reason, and nobody with data came back: the data is lost"
  else
    reason="$reason, its data is gone, and the others, who may have it, must come (to give it up: touch $data/force-master)"
  fi
}
decide_other() {
  reason="sentinels name $named (epoch $epoch)"
  case $role-$ours in
  master*-yes | loading-yes) verdict=replica ;;
  master*-* | loading-* | silent-no) reason="$reason, which is no server of this instance" ;;
  refused-*) reason="$reason, which refuses the password" ;;
  silent-*)
    reason="$reason, which does not answer"
    if [ $durable = 1 ]; then verdict=candidate
    elif [ -z "$looked" ]; then verdict=look
    elif [ $listening = 0 ] && [ $waited -ge 10 ] && [ $all_wait = 1 ] && [ $first = $ordinal ] && [ $stamp -gt 0 ]; then
      verdict=candidate reason="$reason, and nobody has newer data"
    fi
    ;;
  *) reason="$reason, which is not a master" ;;
  esac
}
register_everywhere() {
  local address kind registered=0
  while read -r _ address kind _; do
    case $kind in named) ;; blank) register $1 $address ;; *) false ;; esac && registered=$((registered + 1))
  done <$work/views
  [ $registered -gt $((found / 2)) ]
}
# data in another form is switched by the watch
start() {
  wait ${unaware:-}; form=${form:-$persistence}; echo $form >$data/form
  umask 077
  {
    printf 'include %s\n' $etc/redis.conf $etc/live.conf
    if [ $form = aof ]; then echo appendonly yes; else echo appendonly no; fi
    at server $me; printf 'replica-announce-ip %s\nreplica-announce-port %s\n' $to
    printf 'min-replicas-to-write %s\nmin-replicas-max-lag %s\n' "${closed:-$min_replicas}" $max_lag
    case $($program-server -v) in 'Redis server v=7'* | [!R]*) ;; *) echo repl-rdb-channel no ;; esac
    if [ -d $secrets ]; then
      users server; password server
      printf 'masteruser %s\nmasterauth %s\n' $user "$(quoted)"
    fi
    [ $# = 0 ] || { at server $1; echo "replicaof $to"; }
    [ -z "$newcomer" ] || echo 'replica-priority 0'
  } >$run/redis.conf
  : >$run/running
  sh $etc/server-watch.sh $me "$closed" "$newcomer" &
  exec $program-server $run/redis.conf
}
# a master that comes back is closed: an election may go on. A newcomer is not electable
act() {
  local other
  case $verdict in
  wait) say "$reason: waiting" ;;
  master | closed | first)
    [ $verdict != first ] || register_everywhere $me || return 0
    [ $verdict != closed ] || closed=$too_many
    say "$reason: starting as master"; rm -f $data/force-master; : >$data/whole
    start
    ;;
  replica)
    say "$reason: joining as replica"; newcomer=1; ${compare:-:} $named; start $named
    ;;
  candidate) say "$reason: starting as replica, for the sentinels to elect"; start $named ;;
  *) say "$reason" ;;
  esac
  case $verdict in
  elect) elect ;;
  tell) set -- $masters; register_everywhere $1 ;;
  promote)
    ask server $best REPLICAOF NO ONE
    at server $best; for other in $mine; do [ $other = $best ] || ask server $other REPLICAOF $to; done
    ;;
  esac >/dev/null
}

rm -f $run/running
closed='' newcomer='' me='' reason=starting
pulse waiting $reason
await_password
find_data
patience=3
[ $claims = 0 ] || patience=$((stamp ? 60 : 10))
find_unaware &
unaware=$! began=$(date +%s) post_next=0
while :; do
  waited=$(($(date +%s) - began))
  look_up; decide
  [ $verdict != look ] || { look_around; decide; }
  act; pulse waiting "$reason"; sleep $((waited > 60)).3
done
