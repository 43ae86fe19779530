# Beside a sentinel: mends what Sentinel cannot, closes a master to be replaced, tells the probes
set -u
. /etc/redis-k8s/common.sh
self=127.0.0.1
order() { answer=$(echo "$*" | ask sentinel $self); [ "$answer" = OK ]; }
listen() {
  exec 4<&-
  [ -z "$teller" ] || kill "$teller" 2>/dev/null
  rm -f $work/state; mkfifo $work/state; password sentinel
  talk ever "$secret" $self $RK_SENTINEL_PORT -r -1 -i 1 SENTINEL GET-MASTER-ADDR-BY-NAME $RK_MASTER >$work/state &
  teller=$!
  until command exec 4<$work/state; do sleep 0.1; done 2>/dev/null
}
# closes a master about to be replaced; wakes the watch
heed() {
  local line event address; password sentinel
  while :; do
    talk ever "$secret" $self $RK_SENTINEL_PORT SUBSCRIBE +elected-leader +try-failover +switch-master +sdown -sdown \
      +sentinel +slave | while read -r line; do
      [ "$line" = message ] || continue
      read -r event; read -r _ _ address _; . $etc/topology.env
      [ "$event" != +elected-leader ] || [ $min_replicas = 0 ] || close $address
      : >$run/event
    done
    sleep 1
  done
}
close() {
  say "$1 is about to be replaced: telling it to take no writes"
  for _ in 1 2 3 4 5; do
    ask server $1 CONFIG SET min-replicas-to-write $too_many >/dev/null &
    sleep 0.1
  done
}
look_at_self() { view $self >$work/own; read -r kind own own_epoch own_flags _ <$work/own; }
one_master() { roster server | at_once role >$work/roles; [ "$(grep -c ' master ' $work/roles)" = 1 ]; }
# asks the others, or if none knows the servers: one master is evidence
learn() {
  survey; ours=yes
  if [ -n "$named" ]; then whose $named
  else
    majority && [ -z "$(notes $self)" ] && one_master || return 0
    named=$(sed -n 's/^[^ ]* \([^ ]*\) master .*/\1/p' $work/roles) epoch=0
  fi
  if [ "$ours" = no ]; then say "blank: $named, which the others name, is no server of this instance: waiting"
  elif register $named $self; then
    say "blank: learned that $named is master"
  fi
}
unlearn() { say "$1: letting go of $own"; order SENTINEL REMOVE $RK_MASTER; }
# true while it stands unelected, or nobody elected for ten seconds
stuck() {
  look_at_self; clock
  case $own_flags in
  *candidate*) return 0 ;;
  *failover_in_progress*) ;;
  *o_down*) masterless=${masterless:-$now}; [ $((now - masterless)) -ge 1000 ]; return ;;
  esac
  masterless=''; false
}
# Sentinel tries again after up to 60 s. The lowest does so now
vote_again() {
  local old
  stuck && sleep 0.9 && stuck || return 0
  survey
  [ $answered -ge $found ] || { sleep 1.5; stuck && survey || return 0; }
  old=$own
  majority && [ "$(sed -n 's/ .* named .*//p' $work/views | sed q)" = $ordinal ] || return 0
  sed -n "/ named /{/candidate/d;/ named $own /!p;/failover_in_progress/p}" $work/views | grep -q . && return 0
  say 'an election comes to nothing: voting again'; order SENTINEL SET $RK_MASTER failover-timeout 500
  for _ in $(seq 20); do
    sleep 0.1; look_at_self
    case "$own $own_flags" in "$old "*candidate*) ;; "$old "*failover_in_progress*) break ;; "$old "*) ;; *) break ;; esac
  done
  order SENTINEL SET $RK_MASTER failover-timeout $failover_timeout
}
changed() { [ $etc/topology.env -nt $work/applied ] || [ $secrets/server -nt $work/applied ]; }
apply() {
  local address; address=$(announced sentinel $ordinal)
  changed || [ -e $run/open ] || [ "$applied" != "$own $address $calm" ] || return 0
  : >$work/applied; . $etc/topology.env
  {
    sentinel_settings
    [ -z "$address" ] || echo "SENTINEL CONFIG SET announce-ip $address"
    if [ -r $secrets/sentinel ]; then
      [ ! -e $run/open ] || { find_unaware; [ -e $run/open ] || set resetpass; }
      grant sentinel "$@" || echo; password sentinel
      printf 'SENTINEL CONFIG SET sentinel-pass %s\n' "$(quoted)"
    fi
  } | all_done $self && applied="$own $address $calm"
}
# lets go of a dead master that is none of ours
give_up() {
  ours=yes
  case $own_flags in *s_down*) whose $own ;; esac
  [ $ours = no ] || strange=0
  strange=$((strange + 1))
  [ $ours = no ] && [ $strange -gt 3 ] || return 0
  if one_master || ! grep -qv ' silent$' $work/roles; then
    unlearn 'no server of this instance has its address'
  fi
}
# whom it knows; one at a port that is no longer ours has another address
find_known() {
  printf 'SENTINEL %s %s\n' SENTINELS $RK_MASTER REPLICAS $RK_MASTER | ask sentinel $self |
    awk -v ports=" $RK_PORT $RK_SENTINEL_PORT ${ports:-}" '
    { is[before] = $0; before = $0; at = is["ip"] (index(ports, " " is["port"] " ") ? "" : ":" is["port"]) }
    /^slave-repl-offset$/ { print "server", at, is["flags"] }
    /^voted-leader-epoch$/ { print "sentinel", at, is["flags"] }' >$work/known
}
# true unless it knows just those who exist, and agrees with all
amiss() {
  [ "$own_flags" != master ] || [ "$agreed" != "$own $own_epoch" ] || [ -n "$ghosts" ] || [ -e $run/open ] ||
    grep -q s_down $work/known || unmet server || unmet sentinel
}
unmet() {
  set_of $1
  [ "$(addresses $set-headless | wc -l)" -ne $(($(grep -c "^$1 " $work/known) + 1)) ]
}
# of two masters of one epoch the smaller part gives in
give_in() {
  if [ "$own" = "$named" ]; then
    [ $answered -lt $found ] || [ "$(wc -l <$work/tally)" -ne 1 ] || agreed="$own $own_epoch"
  elif [ -n "$named" ] && [ $own_epoch = $epoch ] && majority; then
    case $(role $named) in master*) unlearn "the other sentinels name $named (epoch $epoch)" ;; esac
  fi
}
# RESET: not while the master is in doubt, one sentinel at a time, lowest first
forget() {
  local member flags replicas others all address before=$ghosts
  roster server present >$work/servers; roster sentinel present >$work/sentinels
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
  look_at_self
  if [ "$own $own_epoch $own_flags" = "$named $epoch master" ]; then
    say "forgetting $ghosts: no such pod"; order SENTINEL RESET $RK_MASTER
  fi
}
look() {
  look_at_self
  case $kind in blank) learn; return 1 ;; named) ;; *) return 1 ;; esac
  apply
  if [ "$own_flags" = master ]; then masterless=''; else vote_again; fi
  give_up; find_known
  amiss || { [ -n "$calm" ] || { calm=1; apply; }; return 0; }
  survey; give_in; forget
  return 1
}

teller='' applied='' agreed='' calm='' ghosts='' masterless='' strange=0 was=- since=0 due=0
: >$work/applied; : >$work/started
heed &
listen
while :; do
  read -r state <&4 || state=Error
  case $state in
  '') pulse late knows no master ;;
  NOAUTH*) pulse "$pulsed"; continue ;;
  *certificate*) pulse late "$state"; sleep 0.2; listen; continue ;;
  'Could not connect'* | *[Ee]rror*) sleep 0.2; listen; continue ;;
  *) read -r _ <&4; pulse ready ;;
  esac
  [ -z "$tls" ] || renew
  if [ -e $run/event ] || [ "$state" != "$was" ]; then rm -f $run/event; was=$state since=$now due=0; fi
  [ $now -ge $due ] || changed || continue
  began=$now
  if look; then due=$((began + 12000)); else due=$((began + (began - since < 48000 ? (began - since) / 8 : 6000))); fi
  clock
  [ $((now - began)) -lt 150 ] || listen
done
