# shellcheck shell=sh disable=SC2034,SC2086,SC2154,SC3013,SC3043 # for other files; several words; both shells know local and -nt
# What servers and sentinels share: who is there, how to ask them, and what they answer. RK_* and POD_* come from the pod; what may
# change under a running one is in topology.env.

etc=/etc/redis-k8s secrets=/etc/redis-k8s-auth run=/run/redis-k8s data=/data
. "$etc/topology.env"
ordinal=${POD_NAME##*-}
# Each script has notes of its own.
work=$run/${0##*/}
mkdir -p "$work"
# More replicas than any instance has: a server that asks for so many takes no writes.
too_many=10000
# Milliseconds after which sentinels ask servers for their state again.
info_period=1000
if command -v valkey-server >/dev/null; then program=valkey; else program=redis; fi
tls=''
[ "$RK_TLS" = 0 ] || tls="--tls --cacert $etc-tls/ca.crt --cert $etc-tls/tls.crt --key $etc-tls/tls.key"

# clock: sets now to hundredths of a second since the node started, without a program.
clock() {
  read -r now _ </proc/uptime
  now=${now%.*}${now#*.}
}

# pulse waiting|ready|late [WHY]: what the probes are told, and when that was.
pulse() {
  pulsed=$*
  clock
  echo "$now $pulsed" >"$run/pulse"
}

# say: one line for the operator, which is not repeated while nothing changes.
said=''
say() {
  [ "$*" = "$said" ] || printf '%s %s: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$POD_NAME" "$*"
  said=$*
}

# --- passwords, never in arguments ---

# secret NAME: sets secret to the first line of a mounted secret, or to nothing.
secret() {
  secret=''
  [ ! -r "$secrets/$1" ] || IFS= read -r secret <"$secrets/$1" || :
}

# password server|sentinel: sets secret to what all of these take: the previous one while it changes.
password() {
  secret "$1-previous"
  [ -n "$secret" ] || secret "$1"
}

await_password() {
  while [ "$RK_AUTH" = 1 ] && secret server && [ -z "$secret" ]; do
    say 'waiting for the password'
    pulse waiting for the password
    sleep 1
  done
}

# quoted: the secret as one argument of a configuration file, whatever bytes it has.
quoted() {
  printf '"%s"' "$(printf '%s' "$secret" | od -An -v -tx1 | tr -d '\n' | sed 's/ /\\x/g')"
}

# accepted server|sentinel: every valid password, as ACL SETUSER takes them; none while a pod runs that knows none.
accepted() {
  local name
  if [ "$auth" = 0 ] || [ -e "$run/open" ]; then echo nopass; return; fi
  for name in "$1" "$1-previous"; do
    secret "$name"
    [ -z "$secret" ] || printf '#%s ' "$(printf '%s' "$secret" | sha256sum | sed 's/ .*//')"
  done
}

# find_unaware: leaves $run/open if a pod runs that has not restarted since passwords were switched on. A password is always given
# with the user 'default': a server that has none takes that, too.
find_unaware() {
  rm -f "$run/open"
  [ "$RK_AUTH" = 1 ] || return 0
  for kind in server sentinel; do roster $kind | at_once unaware $kind; done | grep -q 'user  *$' && : >"$run/open"
}
unaware() {
  if [ "$2" = server ]; then
    talk 1 '' "$1" "$RK_PORT" CONFIG GET masteruser
  else
    talk 1 '' "$1" "$RK_SENTINEL_PORT" SENTINEL CONFIG GET sentinel-user
  fi | tr '\n' ' '
}

# --- questions ---

# talk SECONDS|ever PASSWORD ADDRESS PORT [WORD...]: sends a command, or those of standard input; prints what comes back, or why
# nobody can be reached.
talk() (
  limit="timeout $1" to="-h $3 -p $4"
  [ "$1" != ever ] || limit=''
  [ -z "$2" ] || { export REDISCLI_AUTH="$2" VALKEYCLI_AUTH="$2"; to="$to --user default"; }
  shift 4
  # It reads no standard input beside words, but would take it from who reads on.
  [ $# = 0 ] || exec </dev/null
  exec $limit "$program-cli" $to $tls "$@" 2>&1
)

# ask server|sentinel ADDRESS [WORD...]: does so with our password, and gives up after a second.
ask() {
  local port="$RK_PORT" address="$2"
  [ "$1" = server ] || port=$RK_SENTINEL_PORT
  password "$1"
  shift 2
  talk 1 "$secret" "$address" "$port" "$@"
}

# all_done ADDRESS: gives a sentinel the commands of standard input; true if every one of them was answered with OK.
all_done() {
  local commands
  commands=$(cat)
  [ "$(echo "$commands" | ask sentinel "$1" | grep -cx OK)" -eq "$(echo "$commands" | wc -l)" ]
}

# at_once FUNCTION [ARGUMENT]: of the roster on standard input, asks all at once; prints "ORDINAL ADDRESS ANSWER".
at_once() {
  local member address
  while read -r member address _; do echo "$member $address $("$1" "$address" "${2:-}")" & done
  wait
}

# role ADDRESS: what a server says it is: "master - - OFFSET", "slave MASTER LINK OFFSET", "loading", "refused" (our password),
# "other" or, if it does not answer, "silent".
role() {
  ask server "$1" ROLE | {
    local word='' a='' b='' c=''
    read -r word && read -r a && read -r b && read -r c && read -r offset
    case $word in
      master) echo "master - - $a" ;;
      slave) echo "slave $a $c ${offset:--1}" ;;
      LOADING*) echo loading ;;
      *NOAUTH* | *WRONGPASS*) echo refused ;;
      '' | 'Could not connect'* | *[Ee]rror*) echo silent ;;
      *) echo other ;;
    esac
  }
}

# read_master: reads the answer to SENTINEL MASTER. Sets kind (named, blank, refused, silent), why (what is said instead), address,
# epoch, flags, replicas, others (sentinels). Two flags are ours: unheard (for 2.5 s) and candidate (not elected yet).
read_master() {
  local key value
  kind=silent why='no answer within a second' address='' epoch=0 flags=none replicas=0 others=0
  while read -r key; do
    case $key in
      '') continue ;;
      'ERR No such master'*) kind=blank; return ;;
      *NOAUTH* | *WRONGPASS*) kind=refused why='wrong password'; return ;;
      'Could not connect'* | *[Ee]rror* | ERR*) why=${key##*: }; return ;;
      *) read -r value || : ;;
    esac
    case $key in
      ip) address=$value ;;
      flags) flags=$value ;;
      failover-state) [ "$value" != wait_start ] || flags=$flags,candidate ;;
      last-ok-ping-reply) [ "$value" -lt 2500 ] || flags=$flags,unheard ;;
      config-epoch) epoch=$value ;;
      num-slaves) replicas=$value ;;
      num-other-sentinels) others=$value ;;
      parallel-syncs) kind=named; return ;;
    esac
  done
}

# view ADDRESS: what a sentinel knows of our master: "named ADDRESS EPOCH FLAGS REPLICAS SENTINELS", or "blank", "refused" or
# "silent", and why. The address is asked for last, on its own: a failover may end between the answers, and an old address under
# the new epoch would be believed, while an epoch too low is put right by the next hello.
view() {
  printf 'SENTINEL MASTER %s\nSENTINEL GET-MASTER-ADDR-BY-NAME %s\nPING\n' "$RK_MASTER" "$RK_MASTER" | ask sentinel "$1" | {
    local named='' end=''
    read_master
    read -r named && while [ "$end" != PONG ] && read -r end; do :; done
    # Once the new master is chosen, what is left of a failover is none of its concern.
    [ "$named" = "$address" ] || flags=master
    case $kind-$end in
      named-PONG) echo "named $named $epoch $flags $replicas $others" ;;
      blank-PONG | refused-*) echo "$kind $why" ;;
      *) echo "silent $why" ;;
    esac
  }
}

# --- names ---

# addresses NAME: the addresses of a name, one a line, always in the same order; nothing if there are none.
addresses() {
  timeout 2 getent ahosts "$1" 2>/dev/null | sed 's/ .*//' | sort -u
}

# name_service: true if names can be looked up at all; the sentinel Service always has one.
name_service() {
  [ -n "$(addresses "$RK_INSTANCE-sentinel")" ]
}

# lookup NAME [known]: its address. Without a name service, or with 'known', the last one: a Service keeps its own.
lookup() {
  local found='' known=''
  [ ! -r "$data/names/$1" ] || read -r known <"$data/names/$1"
  [ -n "${2:-}" ] || found=$(addresses "$1" | sed q)
  if [ -z "$found" ]; then
    [ -z "$known" ] || { [ -z "${2:-}" ] && name_service; } || echo "$known"
    return
  fi
  [ "$known" = "$found" ] || { mkdir -p "$data/names"; echo "$found" >"$work/$1" && mv "$work/$1" "$data/names/$1"; }
  echo "$found"
}

# set_of server|sentinel: sets set to the set's name, rendered to how many pods it was rendered with (kubectl may have scaled it).
set_of() {
  set=$RK_INSTANCE rendered=$servers
  [ "$1" = server ] || set=$set-sentinel rendered=$sentinels
}

# exists server|sentinel ORDINAL: true if there is such a pod, ready or not.
exists() {
  set_of "$1"
  [ -n "$(addresses "$set-$2.$set-headless")" ]
}

# announced server|sentinel ORDINAL [known]: the address by which a pod is known to all: its Service's, or, for a pod beyond the
# rendered ones, its own. With TLS both are names, since certificates have names.
announced() {
  local name
  set_of "$1"
  name=$set-announce-$2
  [ "$2" -lt "$rendered" ] || name=$set-$2.$set-headless
  if [ "$RK_TLS" = 1 ]; then echo "$name.$POD_NAMESPACE.svc"; else lookup "$name" "${3:-}"; fi
}

# members server|sentinel: the ordinals that may exist: the rendered ones and those scaled beyond them.
members() {
  local next=0 found
  set_of "$1"
  found=$(addresses "$set-headless" | wc -l)
  while [ "$next" -lt "$rendered" ] || { [ "$found" -gt "$next" ] && exists "$1" "$next"; }; do
    echo "$next"
    next=$((next + 1))
  done
}

# roster server|sentinel [present]: "ORDINAL ADDRESS" of the members, or of those whose pod exists, one a line.
roster() {
  local member
  {
    for member in $(members "$1"); do
      { [ -n "${2:-}" ] && ! exists "$1" "$member"; } || echo "$member $(announced "$1" "$member")" &
    done
    wait
  } | grep ' .' | sort -n
}

# whose ADDRESS: sets ours to yes if a server of this instance has it, to no if certainly none has. Services that are made anew get
# new addresses, and the old one may be another instance's by now, whose data would replace ours. Without names nobody can tell.
whose() {
  ours=maybe
  roster server >"$work/roster"
  if grep -q " $1\$" "$work/roster" || addresses "$RK_INSTANCE-headless" | grep -qx "$1" || ! name_service; then
    ours=yes
  elif [ "$(wc -l <"$work/roster")" -ge "$servers" ]; then
    ours=no
  fi
}

# interview: asks all other servers their role, and leaves "ORDINAL ADDRESS ROLE" in $work/roles.
interview() {
  roster server | grep -v "^$ordinal " | at_once role | sort -n >"$work/roles"
}

# --- what the sentinels say ---

# survey: asks all sentinels for their view, and leaves "ORDINAL ADDRESS VIEW" in $work/views. Sets
#   found     how many sentinels there are, at least the rendered number; answered: how many of them answered
#   silence   what was heard of one that did not
#   named     the address they name, of the highest epoch, the latest election: epoch; empty if they say "no such master"
#   views     how they see the master, all of them together
survey() {
  local kind rest
  . "$etc/topology.env"
  roster sentinel | at_once view | sort -n >"$work/views"
  found=$(wc -l <"$work/views") answered=0 silence='' views=none named='' epoch=0
  [ "$found" -ge "$sentinels" ] || found=$sentinels silence='no such name'
  while read -r _ _ kind rest; do
    case $kind in
      named) answered=$((answered + 1)) views=$views,$rest ;;
      blank) answered=$((answered + 1)) ;;
      *) silence=$rest ;;
    esac
  done <"$work/views"
  # Of equal epochs, only possible before the first election, the most votes.
  sed -n 's/^[^ ]* [^ ]* named \([^ ]*\) \([^ ]*\) .*/\2 \1/p' "$work/views" | sort | uniq -c | sort -k2,2nr -k1,1nr -k3,3 >"$work/tally"
  read -r _ epoch named <"$work/tally" || epoch=0
}

# majority: true if more than half of all sentinels answered the last survey.
majority() {
  [ "$answered" -gt $((found / 2)) ]
}

# notes ADDRESS: what servers that wait have pinned to a sentinel: "ORDINAL-STAMP" of each.
notes() {
  ask sentinel "$1" CLIENT LIST | sed -n 's/.* name=rk-waits-\([0-9]*-[0-9]*\) .*/\1/p'
}

# sentinel_settings: the commands that give a sentinel our timers and the servers' password. Each period saves up to a second in
# which a silent master is not noticed, agreed upon or, once back, put right, or a link that hangs made anew.
sentinel_settings() {
  echo "SENTINEL SET $RK_MASTER quorum $quorum down-after-milliseconds $down_after failover-timeout $failover_timeout" \
    "parallel-syncs $parallel_syncs"
  # A master that comes back with much to load is as good as gone: replicas that hold the data take over meanwhile.
  echo "SENTINEL SET $RK_MASTER master-reboot-down-after-period $down_after"
  password server
  [ -z "$secret" ] || echo "SENTINEL SET $RK_MASTER auth-user default auth-pass $(quoted)"
  echo SENTINEL DEBUG INFO-PERIOD $info_period PING-PERIOD 500 ASK-PERIOD 250 PUBLISH-PERIOD 1000 MIN-LINK-RECONNECT-PERIOD 3000
}

# register ADDRESS SENTINEL: tells a blank sentinel who is master; one that knows a master keeps to it.
register() {
  { echo "SENTINEL MONITOR $RK_MASTER $1 $RK_PORT $quorum"; sentinel_settings; } | all_done "$2"
}

# elect: has a sentinel elect another master, the first that agrees of those that named one in the last survey: elected_by. One that
# is at it counts, since a second election beside the first could promote a second server. Those far from this server's place
# come first: both sets are often restarted at once, from the last ordinal to the first.
elect() {
  local order=-n
  [ $((2 * ordinal)) -ge "$found" ] || order=-nr
  for elected_by in $(sort $order "$work/views" | sed -n 's/^[^ ]* \([^ ]*\) named .*/\1/p'); do
    case $(ask sentinel "$elected_by" SENTINEL FAILOVER "$RK_MASTER") in
      OK | *INPROG*) return 0 ;;
    esac
  done
  return 1
}
