# Before a server stops: a master has another take over, or nobody writes for downAfter
set -u
. /etc/redis-k8s/common.sh
ask_self() { ask server 127.0.0.1 "$@"; }
leads() {
  case $(role 127.0.0.1) in master*) return 0 ;; slave*) return 1 ;; esac
  # clients may hold all connections
  : >$run/room; sleep 1
  case $(role 127.0.0.1) in master*) ;; *) false ;; esac
}
find_followers() {
  local address; followers=''; interview
  for address in $(sed -n "s/^[^ ]* \([^ ]*\) slave $me connected .*/\1/p" $work/roles); do
    [ "$(ask server $address CONFIG GET replica-priority | sed -n 2p)" = 0 ] || followers="$followers $address"
  done
}
pace() { grep ' named ' $work/views | at_once set_period "$1" >/dev/null; }
set_period() { ask sentinel $1 SENTINEL DEBUG INFO-PERIOD "$2"; }
caught_up() {
  local address its written='' until
  until=$(($(date +%s) + 3))
  for address in 127.0.0.1 "$@"; do
    while its=$(role $address); case $its in *[0-9]) [ "${its##* }" -lt "${written:=${its##* }}" ] ;; esac do
      [ "$(date +%s)" -lt $until ] || return 1
      sleep 0.05
    done
  done
}
# has sentinels elect until one names another; our own answers are delayed
move() {
  local until is
  until=$(($(date +%s) + 10))
  while majority && [ "$named" = "$me" ] && [ "$(date +%s)" -lt $until ]; do
    elect || { sleep 0.2; survey; continue; }
    while is=$(view $elected_by); do
      case $is in
      "named $me "*failover_in_progress*) [ "$(date +%s)" -lt $until ] || break ;;
      "named $me "* | [!n]*) survey; break ;;
      *) is=${is#named }; named=${is%% *}; break ;;
      esac
      sleep 0.05
    done
  done
}

[ -e $run/running ] || exit 0
if ! leads; then
  ask_self CONFIG SET replica-priority 0 >/dev/null; sleep 2
  leads || exit 0
fi
me=$(ask_self CONFIG GET replica-announce-ip | sed -n 2p)
survey
majority && [ "$named" = "$me" ] || exit 0
[ $servers = 1 ] || { pace 100; sleep 0.9; }
clock
slack=$((now + 50))
survey
find_followers
if [ "$named" = "$me" ] && [ -n "$followers" ]; then
  clock; slack=$((slack - now)); pace 1000
  [ $slack -le 0 ] || sleep "$(printf '0.%02d' $slack)"
  ask_self CLIENT PAUSE 25000 WRITE >/dev/null
  caught_up $followers
  move
fi
pace 1000
if [ "${named:-$me}" = "$me" ]; then say 'no other server can take over'
else rm -f $data/was-master; say "handed over to $named"; fi
