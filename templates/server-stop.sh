#!/bin/sh
# Before a server stops: a master has another take over first (without it: no writes for downAfter and more, and those lost that no
# replica had); a replica answers those who are still led to it.
# shellcheck disable=SC1091,SC2086,SC2154,SC3043 # variables of common.sh and topology.env
set -u
. /etc/redis-k8s/common.sh
tell() { ask server 127.0.0.1 "$@"; }
# leads: true if this server is master. Where clients hold all connections the watch makes room.
leads() {
  case $(role 127.0.0.1) in
    master*) ;;
    other)
      : >$run/room
      sleep 1
      case $(role 127.0.0.1) in master*) ;; *) return 1 ;; esac
      ;;
    *) return 1 ;;
  esac
}
find_followers() {
  local member address
  later='' earlier=''
  interview
  grep " slave $me connected " $work/roles >$work/followers
  while read -r member address _; do
    # 0: it stops, too.
    [ "$(ask server "$address" CONFIG GET replica-priority | sed -n 2p)" != 0 ] || continue
    if [ $member -gt $ordinal ]; then later="$later $address"; else earlier="$earlier $address"; fi
  done <$work/followers
}
prefer() {
  local address
  for address in $preferred; do ask server "$address" CONFIG SET replica-priority "$1" >/dev/null; done
}
# pace MILLISECONDS: how often sentinels ask servers for their state.
pace() { grep ' named ' $work/views | at_once set_period "$1" >/dev/null; }
set_period() { ask sentinel "$1" SENTINEL DEBUG INFO-PERIOD "$2"; }
# caught_up ADDRESS...: true once these hold all that this server wrote; false after 3 s.
caught_up() {
  local address its written until
  written=$(role 127.0.0.1)
  until=$(($(date +%s) + 3))
  for address in "$@"; do
    while its=$(role "$address") && case $its in slave* | master*) [ "${its##* }" -lt "${written##* }" ] ;; *) true ;; esac do
      [ "$(date +%s)" -lt $until ] || return 1
      sleep 0.05
    done
  done
}
# move: has sentinels elect another master until they have: the next one if one stops, or gives up since it heard of no replica. The
# sentinel is asked, since the pause delays this server's own answers.
move() {
  local until is
  until=$(($(date +%s) + 10))
  while majority && [ "$named" = "$me" ] && [ "$(date +%s)" -lt $until ]; do
    elect || { sleep 0.2; survey; continue; }
    while is=$(view "$elected_by"); do
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
  # Until every node knows that it ends, the read Service leads clients here.
  tell CONFIG SET replica-priority 0 >/dev/null
  sleep 2
  # It may have been promoted meanwhile.
  leads || exit 0
fi
me=$(tell CONFIG GET replica-announce-ip | sed -n 2p)
survey
majority && [ "$named" = "$me" ] || exit 0
find_followers
# In a roll later ordinals have restarted already: with them the master moves no more often than it must.
preferred=''
[ -z "$later" ] || [ -z "$earlier" ] || preferred=$later
prefer 50
# Sentinels see the wish, and ask all replicas at about one time.
[ -z "$later$earlier" ] || { pace 100; sleep 0.9; }
# Nobody who is gone must be asked while clients wait.
clock
slack=$((now + 50))
survey
find_followers
if [ "$named" = "$me" ] && [ -n "$later$earlier" ]; then
  # Whether a replica was promoted a sentinel asks only a second after it asked last, while clients wait: half of it passes first, less
  # what the questions took.
  clock
  slack=$((slack - now))
  pace 1000
  [ $slack -le 0 ] || sleep "$(printf '0.%02d' $slack)"
  tell CLIENT PAUSE 25000 WRITE >/dev/null
  # The wish must not outweigh the data.
  caught_up ${later:-$earlier} || [ -z "$preferred" ] || { prefer 100; sleep 1.2; }
  move
fi
# Clients wait until this server has stopped, whatever came of it: an election half done may have promoted another already.
prefer 100 &
pace $info_period
if [ "$named" = "$me" ]; then say 'no other server can take over'
else
  rm -f $data/was-master
  say "handed over to $named"
fi
