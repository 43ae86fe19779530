#!/bin/sh
# Runs beside a sentinel. Mends what Sentinel cannot: a sentinel that knows nothing, sentinels that have not met, ghosts of pods that
# were scaled away, an election that nobody wins; closes a master that is about to be replaced; tells the probes. Without it a
# healthy cluster works on, and fails over.
# shellcheck disable=SC1091,SC2086,SC2154,SC3013,SC3043 # variables of common.sh and topology.env
set -u
. /etc/redis-k8s/common.sh
me=127.0.0.1
tell() { ask sentinel $me "$@" >/dev/null; }
# listen: has this sentinel tell its state once a second.
listen() {
  exec 4<&-
  [ -z "$teller" ] || kill "$teller" 2>/dev/null
  rm -f $work/state
  mkfifo $work/state
  password sentinel
  talk ever "$secret" $me $RK_SENTINEL_PORT -r -1 -i 1 SENTINEL MASTER $RK_MASTER >$work/state &
  teller=$!
  exec 4<$work/state
}
# heed: runs beside the watch, which looks when something happens. A master held for down may be alive, with clients and a replica that
# hear it: once this sentinel is to promote another, it is closed.
heed() {
  local line event address
  password sentinel
  while :; do
    talk ever "$secret" $me $RK_SENTINEL_PORT SUBSCRIBE +elected-leader +try-failover +switch-master +sdown -sdown \
      +sentinel +slave | while read -r line; do
      [ "$line" = message ] || continue
      read -r event
      read -r _ _ address _
      [ "$event" != +elected-leader ] || [ $min_replicas = 0 ] || insist "$address"
      : >$run/event
    done
    sleep 1
  done
}
# insist ADDRESS: closes it, several times: another is promoted 0.1 to 0.2 s later, and a lost packet comes again after a second.
insist() {
  say "$1 is about to be replaced: telling it to take no writes"
  for _ in 1 2 3 4 5; do
    ask server "$1" CONFIG SET min-replicas-to-write $too_many >/dev/null &
    sleep 0.1
  done
}
look_at_self() {
  view $me >$work/own
  read -r kind own own_epoch own_flags _ <$work/own
}
# learn: asks the others, and, if none knows, the servers: exactly one master is evidence enough. A server that waits does so itself.
learn() {
  survey
  ours=yes
  if [ -n "$named" ]; then whose $named
  elif majority && [ -z "$(notes $me)" ]; then
    roster server | at_once role >$work/roles
    [ "$(grep -c ' master ' $work/roles)" = 1 ] || return 0
    named=$(sed -n 's/^[^ ]* \([^ ]*\) master .*/\1/p' $work/roles) epoch=0
  else return 0
  fi
  if [ "$ours" = no ]; then say "blank: the others name $named (epoch $epoch), which is no server of this instance: waiting"
  elif register $named $me; then
    say "blank: learned that $named is master (epoch $epoch)"
    known=''
    introduce
  fi
}
# introduce: presents those to it that it has not met (known), in Sentinel's own words: they meet only through a master that lives.
introduce() {
  local member address id
  while read -r member address _; do
    case " $known $member:" in *" $address "* | *" $ordinal:") continue ;; esac
    id=$(ask sentinel "$address" SENTINEL MYID)
    case $id in
      *[!0-9a-f]* | '') ;;
      *) tell PUBLISH __sentinel__:hello "$address,$RK_SENTINEL_PORT,$id,$epoch,$RK_MASTER,$named,$RK_PORT,$epoch" ;;
    esac
  done <$work/views
}
# unlearn WHY: lets go of the master it names, to learn anew.
unlearn() {
  say "$1: letting go of $own"
  tell SENTINEL REMOVE $RK_MASTER
}
# stuck: true while it stands for election without being elected, or nobody has elected for ten seconds.
stuck() {
  look_at_self
  clock
  case $own_flags in
    *candidate*) ;;
    *failover_in_progress*) masterless=''; false ;;
    *o_down*) masterless=${masterless:-$now}; [ $((now - masterless)) -ge 1000 ] ;;
    *) masterless=''; false ;;
  esac
}
# vote_again: sentinels that stand at one moment each vote for themselves, and one that finds no replica gives up; none tries again
# for twice the failover timeout, up to 60 s without a master. The lowest does so at once, by a timeout of half a second.
vote_again() {
  local old=''
  stuck && sleep 0.9 && stuck || return 0
  survey
  # Who does not answer may have been elected.
  [ $answered -ge $found ] || { sleep 1.5; stuck && survey || return 0; }
  old=$own
  majority && [ "$(sed -n 's/ .* named .*//p' $work/views | sed q)" = $ordinal ] || return 0
  # Nobody is elected, nor has another master.
  sed -n "/ named /{/candidate/d;/ named $own /!p;/failover_in_progress/p}" $work/views | grep -q . && return 0
  say 'an election comes to nothing: voting again'
  tell SENTINEL SET $RK_MASTER failover-timeout 500
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    sleep 0.1
    look_at_self
    case "$own $own_flags" in "$old "*candidate*) ;; "$old "*failover_in_progress*) break ;; "$old "*) ;; *) break ;; esac
  done
  # What follows may take its time.
  tell SENTINEL SET $RK_MASTER failover-timeout $failover_timeout
}
changed() { [ $etc/topology.env -nt $work/applied ] || [ $secrets/server -nt $work/applied ]; }
# settle: gives it the timers, passwords and address of today.
settle() {
  local address
  address=$(announced sentinel $ordinal)
  changed || [ -e $run/open ] || [ "$settled" != "$own $address" ] || return 0
  : >$work/applied
  . $etc/topology.env
  {
    sentinel_settings
    [ -z "$address" ] || echo "SENTINEL CONFIG SET announce-ip $address"
    if [ -r $secrets/sentinel ]; then
      [ ! -e $run/open ] || { find_unaware; [ -e $run/open ] || echo ACL SETUSER default resetpass; }
      echo "ACL SETUSER default $(accepted sentinel)"
      password sentinel
      printf 'SENTINEL CONFIG SET sentinel-user default\nSENTINEL CONFIG SET sentinel-pass %s\n' "$(quoted)"
    fi
  } | all_done $me && settled="$own $address"
}
# give_up: lets go of a master that is down and no server of ours (all Services were made anew), if one is master, or none runs.
give_up() {
  ours=yes
  case $own_flags in *s_down*) whose $own ;; esac
  [ $ours = no ] || strange=0
  strange=$((strange + 1))
  [ $ours = no ] && [ $strange -gt 3 ] || return 0
  roster server | at_once role >$work/roles
  if [ "$(grep -c ' master ' $work/roles)" = 1 ] || ! grep -qv ' silent$' $work/roles; then
    unlearn 'no server of this instance has its address'
  fi
}
find_known() {
  local key value address='' flags=''
  printf 'SENTINEL %s %s\n' SENTINELS $RK_MASTER REPLICAS $RK_MASTER | ask sentinel $me | while read -r key; do
    # An empty list is an empty line.
    [ -z "$key" ] || read -r value
    case $key in
      ip) address=$value ;;
      flags) flags=$value ;;
      # Only replicas have the first, only sentinels the second, behind all else.
      slave-repl-offset) echo "server $address $flags" ;;
      voted-leader-epoch) echo "sentinel $address $flags" ;;
    esac
  done >$work/known
}
# amiss: true unless it knows exactly those who have a name, holds nobody for down and agrees with all others.
amiss() {
  [ "$own_flags" != master ] || [ "$agreed" != "$own $own_epoch" ] || [ -n "$ghosts" ] || [ -e $run/open ] ||
    grep -q s_down $work/known || strangers server || strangers sentinel
}
strangers() {
  set_of "$1"
  [ "$(addresses "$set-headless" | wc -l)" -ne $(($(grep -c "^$1 " $work/known) + 1)) ]
}
# agree: of two masters of one epoch the smaller part gives in. Sets agreed once all sentinels name the same.
agree() {
  if [ "$own" = "$named" ]; then
    [ $answered -lt $found ] || [ "$(wc -l <$work/tally)" -ne 1 ] || agreed="$own $own_epoch"
  elif [ $own_epoch = $epoch ] && majority; then
    case $(role $named) in master*) unlearn "the other sentinels name $named (epoch $epoch)" ;; esac
  fi
}
# forget: has it forget pods that were scaled away, by RESET: not while the master is in doubt, not without a majority, one sentinel at
# a time, lowest first, each after the last knows everybody again.
forget() {
  local member flags replicas others all address before=$ghosts
  roster server present >$work/servers
  roster sentinel present >$work/sentinels
  ghosts=$(grep s_down $work/known | while read -r _ address _; do
    cat $work/servers $work/sentinels | grep -q " $address\$" || printf '%s ' "$address"
  done)
  [ -n "$ghosts" ] && [ "$ghosts" = "$before" ] && name_service || return 0
  survey
  majority || return 0
  all="named master $(($(wc -l <$work/servers) - 1)) $(($(wc -l <$work/sentinels) - 1))"
  while read -r member _ kind _ _ flags replicas others; do
    if [ $member -lt $ordinal ] && grep -q "^$member " $work/sentinels; then
      [ "$kind $flags $replicas $others" = "$all" ] || return 0
    fi
  done <$work/views
  # A RESET would end an election it leads.
  look_at_self
  if [ "$own $own_epoch $own_flags" = "$named $epoch master" ]; then
    say "forgetting $ghosts: no such pod"
    tell SENTINEL RESET $RK_MASTER
    known=''
    introduce
  fi
}
# look: true if all is well.
look() {
  look_at_self
  case $kind in blank) learn; return 1 ;; named) ;; *) return 1 ;; esac
  settle
  if [ "$own_flags" = master ]; then masterless=''; else vote_again; fi
  give_up
  find_known
  amiss || return 0
  known=$(sed -n 's/^sentinel \([^ ]*\) .*/\1/p' $work/known | tr '\n' ' ')
  survey
  agree
  introduce
  forget
  return 1
}

teller='' settled='' agreed='' ghosts='' masterless='' strange=0 was='' since=0 due=0 kind=''
: >$work/applied
heed &
listen
while :; do
  read_master <&4
  case $kind in
    named) pulse ready ;;
    blank) pulse late knows no master ;;
    refused) pulse "$pulsed"; continue ;;
    # It is not up yet, or it ended.
    silent) sleep 0.2; listen; continue ;;
  esac
  state="$kind $address $epoch $flags $replicas $others"
  if [ -e $run/event ] || [ "$state" != "$was" ]; then
    rm -f $run/event
    was=$state since=$now due=0
  fi
  [ "$now" -ge $due ] || changed || continue
  began=$now
  # What does not change is looked at less and less.
  if look; then due=$((began + 12000)); else due=$((began + (began - since < 48000 ? (began - since) / 8 : 6000))); fi
  clock
  # What it said meanwhile is old.
  [ $((now - began)) -lt 150 ] || listen
done
