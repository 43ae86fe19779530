# What servers and sentinels share
etc=/etc/redis-k8s secrets=/etc/redis-k8s-auth run=/run/redis-k8s data=/data
ordinal=${POD_NAME##*-} work=$run/${0##*/} said='' pulsed='no answer yet' tls='' user=default
mkdir -p $work
too_many=10000
program=redis; ! command -v valkey-server >/dev/null || program=valkey
[ ! -d $etc-tls ] || tls="--tls --cacert $etc-tls/ca.crt --cert $etc-tls/tls.crt --key $etc-tls/tls.key"
clock() { read -r now _ </proc/uptime && now=${now%.*}${now#*.}; }
pulse() { pulsed=$* && clock && echo "$now $pulsed" >$run/pulse; }
say() {
  [ "$*" = "$said" ] || printf '%s %s: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" $POD_NAME "$*"
  said=$*
}
secret() { secret=''; [ ! -r $secrets/$1 ] || IFS= read -r secret <$secrets/$1 || :; }
# what all take: the previous one while it changes
password() { secret $1-previous; [ -n "$secret" ] || secret $1; }
await_password() {
  until [ ! -d $secrets ] || { secret server; [ -n "$secret" ]; }; do
    say 'waiting for the password'; pulse waiting for the password; sleep 1
  done
}
quoted() { printf '"%s"' "$(printf '%s' "$secret" | od -An -v -tx1 | tr -d '\n' | sed 's/ /\\x/g')"; }
# all valid passwords; nopass while a pod knows none
accepted() {
  if [ $auth = 0 ] || [ -s $run/open ]; then echo nopass; return; fi
  for name in $1 ${2:-$1-previous}; do
    secret $name
    [ -z "$secret" ] || printf '#%s ' "$(printf '%s' "$secret" | sha256sum | sed 's/ .*//')"
  done
}
users() { echo "user default on ~* &* +@all $(accepted $1)"; }
grant() { order ACL SETUSER default ${2:-} $(accepted $1); }
# leaves $run/open if a pod knows no password yet
find_unaware() {
  rm -f $run/open
  [ -d $secrets ] || return 0
  for kind in server sentinel wait; do
    if [ $kind = wait ]; then wait; else roster $kind | at_once unaware $kind & fi
  done | grep -q 'user  *$' && echo >$run/open
}
unaware() {
  at $2 "$1"; if [ $2 = server ]; then set -- CONFIG GET masteruser; else set -- SENTINEL CONFIG GET sentinel-user; fi
  talk 1 '' $to "$@" | tr '\n' ' '
}
# talk SECONDS|ever PASSWORD ADDRESS PORT [WORD...]: prints the answer, or why there is none
talk() (
  limit="timeout $1" to="-h $3 -p $4"
  [ "$1" != ever ] || limit=''
  [ -z "$2" ] || { export REDISCLI_AUTH="$2" VALKEYCLI_AUTH="$2"; to="$to --user $user"; }
  shift 4
  [ $# = 0 ] || exec </dev/null
  exec $limit $program-cli $to $tls "$@" 2>&1
)
at() { to="$2 $RK_PORT"; [ $1 = server ] || to="$2 $RK_SENTINEL_PORT"; }
# ask server|sentinel ADDRESS [WORD...]: the same with our password, for 1 s
ask() { local to; at $1 "$2"; password $1; shift 2; talk ${limit:-1} "$secret" $to "$@"; }
all_done() {
  cat >$work/commands; [ "$(limit=5 ask sentinel $1 <$work/commands | grep -cx OK)" -eq "$(wc -l <$work/commands)" ]
}
# at_once FUNCTION: calls it for all of a roster at once; "ORDINAL ADDRESS ANSWER"
at_once() {
  local member address
  while read -r member address _; do echo "$member $address $($1 "$address" ${2:-})" & done
  wait
}
# "master - - OFFSET", "slave MASTER LINK OFFSET", loading, refused, silent or other
role() {
  ask server $1 ROLE | {
    local word='' a='' b='' c='' d=''
    read -r word && read -r a && read -r b && read -r c && read -r d
    case $word in
    master) echo "master - - $a" ;;
    slave) echo "slave $a $c ${d:--1}" ;;
    LOADING*) echo loading ;;
    *NOAUTH* | *WRONGPASS*) echo refused ;;
    '' | 'Could not connect'* | *[Ee]rror*) echo silent ;;
    *) echo other ;;
    esac
  }
}
# "named MASTER EPOCH FLAGS REPLICAS SENTINELS", blank, refused or "silent WHY". Our flags: candidate (unelected),
# unheard (2.5 s). Address last: no old one comes under a new epoch
view() {
  printf '%s\n' "SENTINEL MASTER $RK_MASTER" "SENTINEL GET-MASTER-ADDR-BY-NAME $RK_MASTER" PING | ask sentinel $1 | awk '
    /^NOAUTH |^AUTH failed|^WRONGPASS / { bad = "refused wrong password" }
    /^ERR No such master/ { blank = 1; next }
    /^ERR |^Error: |^Could not connect/ { sub(/.*: /, ""); bad = "silent " $0 }
    { is[before] = $0; named = port; port = before; before = $0 }
    END {
      if (bad) { print bad; exit }
      if (before != "PONG") { print "silent no answer within a second"; exit }
      if (blank) { print "blank"; exit }
      flags = is["flags"]
      if (is["failover-state"] == "wait_start") flags = flags ",candidate"
      if (is["last-ok-ping-reply"] >= 2500) flags = flags ",unheard"
      if (named != is["ip"]) flags = "master"
      print "named", named, is["config-epoch"], flags, is["num-slaves"], is["num-other-sentinels"]
    }'
}
addresses() {
  local word found=''
  for word in $(timeout 2 getent ahosts $1 2>/dev/null); do
    case $word in *[!0-9a-f.:]*) continue ;; esac
    case "$found " in *" $word "*) ;; *) found="$found $word" ;; esac
  done
  case $found in *' '*' '*) printf '%s\n' $found | sort ;; ?*) echo ${found# } ;; esac
}
name_service() { [ -n "$(addresses $RK_INSTANCE-sentinel)" ]; }
# the address of a name; without names, or with known, the last one
lookup() {
  local found='' known=''
  [ ! -r $data/names/$1 ] || read -r known <$data/names/$1
  [ -n "${2:-}" ] || found=$(addresses $1)
  found=${found%%[!0-9a-f.:]*}
  if [ -z $found ]; then
    [ -z "$known" ] || { [ -z "${2:-}" ] && name_service; } || echo "$known"
    return
  fi
  [ "$known" = $found ] || { mkdir -p $data/names; echo $found >$data/names/$1; }
  echo $found
}
set_of() {
  set=$RK_INSTANCE rendered=$servers
  [ $1 = server ] || set=$set-sentinel rendered=$sentinels
}
exists() { set_of $1 && [ -n "$(addresses $set-$2.$set-headless)" ]; }
# a pod's address: its Service's, or its own if it has none
announced() {
  local name; ! ${outside:-false} $1 $2 || return 0
  set_of $1; name=$set-announce-$2
  [ "$2" -lt $rendered ] || name=$set-$2.$set-headless
  if [ -n "$tls" ]; then echo "$name.$POD_NAMESPACE.svc"; else lookup $name ${3:-}; fi
}
members() {
  local next=0 found; set_of $1; found=$(addresses $set-headless | wc -l)
  while [ $next -lt $rendered ] || { [ $found -gt $next ] && exists $1 $next; }; do
    echo $next; next=$((next + 1))
  done
}
# roster server|sentinel [present]: "ORDINAL ADDRESS" of those that may exist, or do
roster() {
  local member
  for member in $(members $1) end; do
    [ $member != end ] || { wait; break; }
    { [ -n "${2:-}" ] && ! exists $1 $member; } || echo "$member $(announced $1 $member)" &
  done | grep ' .' | sort -n
}
# sets ours: yes, no (another instance's) or maybe
whose() {
  ours=maybe; roster server >$work/roster
  if grep -q " $1\$" $work/roster || addresses $RK_INSTANCE-headless | grep -qx "$1" || ! name_service; then ours=yes
  elif [ "$(wc -l <$work/roster)" -ge $servers ]; then ours=no; fi
}
interview() { roster server | grep -v "^$ordinal " | at_once role | sort -n >$work/roles; }
# asks all sentinels: found, answered, silence (why one did not), named, epoch, views
survey() {
  local kind rest; . $etc/topology.env
  roster sentinel | at_once view | sort -n >$work/views
  found=$(wc -l <$work/views) answered=0 silence='' views=none named='' epoch=0
  [ $found -ge $sentinels ] || found=$sentinels silence='no such name'
  while read -r _ _ kind rest; do
    case $kind in
    named) answered=$((answered + 1)) views=$views,$rest ;;
    blank) answered=$((answered + 1)) ;;
    *) silence=$rest ;;
    esac
  done <$work/views
  sed -n 's/.* named \([^ ]*\) \([^ ]*\) .*/\2 \1/p' $work/views | sort | uniq -c | sort -k2,2nr -k1,1nr -k3,3 >$work/tally
  read -r _ epoch named <$work/tally || epoch=0
}
majority() { [ $answered -gt $((found / 2)) ]; }
notes() { ask sentinel $1 CLIENT LIST | sed -n 's/.* name=rk-waits-\([0-9]*-[0-9]*\) .*/\1/p'; }
# our timers and password; each period saves failover time
sentinel_settings() {
  local set="SENTINEL SET $RK_MASTER" hello=500
  [ -z "${calm:-}" ] || hello=$((${#tls} ? 4000 : 2000))
  echo "$set quorum $quorum down-after-milliseconds $down_after failover-timeout $failover_timeout parallel-syncs $parallel_syncs"
  echo "$set master-reboot-down-after-period $down_after"; password server
  [ -z "$secret" ] || echo "$set auth-user $user auth-pass $(quoted)"
  echo SENTINEL DEBUG INFO-PERIOD 1000 PING-PERIOD 500 ASK-PERIOD 250 PUBLISH-PERIOD $hello MIN-LINK-RECONNECT-PERIOD 3000
}
register() { at server $1; { echo "SENTINEL MONITOR $RK_MASTER $to $quorum"; sentinel_settings; } | all_done "$2"; }
# has a sentinel elect: elected_by; two could promote two. Far ordinals first: both sets roll at once
elect() {
  local order=-n
  [ $((2 * ordinal)) -ge $found ] || order=-nr
  for elected_by in $(sort $order $work/views | sed -n 's/^[^ ]* \([^ ]*\) named .*/\1/p'); do
    case $(ask sentinel $elected_by SENTINEL FAILOVER $RK_MASTER) in OK | *INPROG*) return 0 ;; esac
  done
  return 1
}
. $etc/topology.env
[ ! -r $etc/users.sh ] || . $etc/users.sh
