#!/bin/sh
# Finds out how this server starts, then becomes it. Sentinel alone decides who is master: this script asks, and supplies
# the evidence Sentinel lacks at the very start. It never exits because there is no master yet, never follows an address
# that is not a master, never starts as a replica while it is itself named master, and never serves an empty data set as
# master while anybody may still have the data.
# shellcheck disable=SC2154 # variables of common.sh and topology.env
set -u
# shellcheck source=common.sh
. /etc/redis-k8s/common.sh

state=$run/state
newcomer=$run/newcomer

# --- this server ---

# find_me: sets me to the address by which all others know this server; it may change while the name service tells old ones.
find_me() {
    found_me=$(announced server "$ordinal")
    [ "$ordinal" -lt "$servers" ] || found_me=${found_me:-$POD_IP}
    me=${found_me:-${me:-}}
}

# has_data: true if this server kept what it acknowledged: an append-only file, written before every answer, of a data set
# that was once whole (a replica killed during its first sync has a file, too).
has_data() {
    [ "$durable" = 1 ] && [ -e "$data/whole" ] && [ -n "$(ls -A "$data/appendonlydir" 2>/dev/null)" ]
}

# stamp: when the data was last written, in seconds; 0 for none. Tells the newest data when nobody else can. A master's counts for
# two seconds more: its replicas write a moment later what it sent them, and when all stop it may have more (one write, once).
stamp() {
    if has_data || [ -s "$data/dump.rdb" ]; then
        newest=1
        for stamp_file in "$data"/appendonlydir/* "$data/dump.rdb"; do
            [ ! -e "$stamp_file" ] || stamp_time=$(stat -c %Y "$stamp_file")
            [ "${stamp_time:-0}" -le "$newest" ] || newest=$stamp_time
        done
        [ ! -e "$data/was-master" ] || newest=$((newest + 2))
        echo "$newest"
    else
        echo 0
    fi
}

# configure [MASTER]: writes the configuration of this start.
configure() {
    umask 077
    {
        echo "include $etc/redis.conf"
        echo "replica-announce-ip $me"
        echo "replica-announce-port $RK_PORT"
        if [ -n "$(secret server)" ]; then
            accepted_passwords server
            # shellcheck disable=SC2086 # no master, no word
            printf 'masterauth %s\n' "$(secret_for server ${1:-} | quoted)"
        fi
        [ -z "${1:-}" ] || echo "replicaof $1 $RK_PORT"
        [ "${priority:-}" != 0 ] || echo 'replica-priority 0'
        [ -z "${closed:-}" ] || echo "min-replicas-to-write $too_many"
    } >"$run/redis.conf"
}

become_master() {
    say "$1: starting as master"
    configure
    touch "$data/whole"
    start
}

# resume_as_master REASON: a master that comes back takes no writes until the sentinels have seen it. An election that began
# before it listened goes on regardless, and would take away whatever it accepted meanwhile (22 writes confirmed by WAIT, once).
resume_as_master() {
    closed=1
    reclaim &
    become_master "$1"
}

# open_when_confirmed [alone]: lets a closed server take writes once every sentinel names it and sees it up,
# with no election under way. Where only a majority answers, that has to last 5 s: an election is over by then. Replicas look
# only once a second whether their master is back: with 'alone' it takes writes without them for so long, if all sentinels see it.
open_when_confirmed() {
    run=$run/confirm confirmed_since='' confirmed_alone=''
    mkdir -p "$run"
    while sleep 0.2; do
        case $(role 127.0.0.1) in
            "slave "*) break ;;
            "master "*) survey; find_me ;;
            *) continue ;;
        esac
        case "$named $flags" in
            *s_down* | *o_down* | *unheard* | *failover_in_progress*) confirmed_since='' ;;
            "$me "*)
                confirmed_since=${confirmed_since:-$(date +%s)}
                if [ "$answered" -ge "$found" ]; then
                    confirmed_alone=${1:-}
                    break
                fi
                ! majority || [ $(($(date +%s) - confirmed_since)) -lt 5 ] || break
                ;;
            *) confirmed_since='' ;;
        esac
        majority || confirmed_since=''
    done
    if [ -n "$confirmed_alone" ] && echo 'CONFIG SET min-replicas-to-write 0' | all_done server 127.0.0.1; then
        say 'open for writes'
        sleep 1
        # A sentinel that is to promote another may have closed it again.
        ! is_closed || return 0
    fi
    # A replica is opened as well: it takes no writes now, and must take them when it is elected.
    until sed -n 's/^\(min-replicas-to-write [0-9]*\)$/CONFIG SET \1/p' "$etc/redis.conf" | all_done server 127.0.0.1; do
        sleep 0.2
    done
    say 'open for writes'
}

# is_closed: true if this server takes no writes.
is_closed() {
    case $(echo CONFIG GET min-replicas-to-write | ask server 127.0.0.1) in
        *"$too_many") ;;
        *) return 1 ;;
    esac
}

# guard: runs beside every server, and opens it when it is closed: since it came back, or a sentinel was to promote another. A master
# that hears from no replica for two seconds, or does not answer, may be replaced: it closes that. So may one that lost a replica,
# and reaches most sentinels no more: it is cut off together with the replicas it has left. Without it a master that is back just as
# another is promoted goes on accepting, and a replica that still follows it confirms, what is lost a second later (123 writes, once).
guard() {
    [ -z "${closed:-}" ] || (open_when_confirmed alone)
    guarded || return 0
    # Half of what Redis itself allows, at least two seconds: replicas report once a second.
    guard_most=$(sed -n 's/^min-replicas-max-lag \([0-9]*\)$/\1/p' "$etc/redis.conf")
    guard_most=$((${guard_most:-4} / 2))
    [ "$guard_most" -ge 2 ] || guard_most=2
    # Before its first answer it has yet to start.
    guard_silent='' guard_late='' guard_pause=0.5 guard_heard=0 guard_doubts=0
    while sleep "$guard_pause"; do
        guard_info=$(printf 'CONFIG GET min-replicas-to-write\nINFO replication\n' | ask server 127.0.0.1)
        case $guard_info in
            # Closed; '?' is the end of a line.
            min-replicas-to-write?"$too_many"?*)
                (open_when_confirmed)
                continue
                ;;
            '')
                [ -n "$guard_silent" ] || continue
                guard_silent=$((guard_silent + 1))
                [ "$guard_silent" -ge 2 ] || continue
                ;;
            *role:master*)
                guard_silent=0 guard_pause=0.5
                heed_replicas
                if [ "${lag:-0}" -eq "$guard_most" ] && [ -z "$guard_late" ]; then
                    # Whole seconds: for a millisecond a report that is just due looks two of them old.
                    guard_late=1 guard_pause=0.1
                    continue
                fi
                guard_late=''
                # One that is not heard any more may be about to be elected, by sentinels that are not, either.
                [ "$heard" -ge "$guard_heard" ] || guard_doubts=10
                guard_heard=$heard
                if [ "${lag:-0}" -lt "$guard_most" ]; then
                    [ "$guard_doubts" -gt 0 ] || continue
                    guard_doubts=$((guard_doubts - 1))
                    out_of_reach || continue
                fi
                ;;
            *)
                guard_silent=0 guard_late='' guard_pause=2
                continue
                ;;
        esac
        say 'cut off, or stalled: taking no writes until the sentinels hear this server'
        # One that is frozen does so as soon as it wakes.
        until close_writes 127.0.0.1; do sleep 0.05; done
    done
}

# heed_replicas: reads guard_info. In the shell itself, since twice a second other programs would cost three times as much as the
# question. Sets
#   lag    the seconds since the replica heard of last was heard of; empty without replicas
#   heard  how many replicas were heard of less than guard_most seconds ago
heed_replicas() {
    lag='' heard=0
    while read -r lag_line; do
        case $lag_line in
            slave*state=online*lag=*)
                lag_one=${lag_line##*lag=}
                case $lag_one in
                    [0-9]*) lag_one=${lag_one%%[!0-9]*} ;;
                    # The server reads two clocks, of which one may be a tick behind: -1.
                    *) lag_one=0 ;;
                esac
                [ -n "$lag" ] && [ "$lag" -le "$lag_one" ] || lag=$lag_one
                [ "$lag_one" -ge "$guard_most" ] || heard=$((heard + 1))
                ;;
            *) ;;
        esac
    done <<INFO
$guard_info
INFO
}

# out_of_reach: true if most sentinels neither answer nor refuse within a second: they may be electing another, beyond a cut. One
# that refuses does not run, and elects nobody. By addresses that are known already, since look-ups fail beyond a cut.
out_of_reach() {
    for reach_ordinal in $(seq 0 $((sentinels - 1))); do
        reach_address=$(announced sentinel "$reach_ordinal" known)
        { [ -z "$reach_address" ] || echo PING | ask_with sentinel sentinel "$reach_address"; } >"$run/reach-$reach_ordinal" 3>&1 &
    done
    wait
    reach_lost=0
    for reach_ordinal in $(seq 0 $((sentinels - 1))); do
        read -r reach_answer <"$run/reach-$reach_ordinal" || reach_answer=''
        case $reach_answer in
            *refused*) ;;
            '' | 'Could not connect'*) reach_lost=$((reach_lost + 1)) ;;
            *) ;;
        esac
    done
    [ $((reach_lost * 2)) -gt "$sentinels" ]
}

# reclaim: runs beside such a server once. A replica may still hold a link to the pod that was lost with its node: to it the
# address is the same, and without a last packet it would wait for 20 s, and the master for it.
reclaim() {
    run=$run/reclaim
    mkdir -p "$run"
    sleep 1
    reclaim_seen=$(echo INFO replication | ask server 127.0.0.1)
    interview_peers
    for peer in $peers; do
        read -r reclaim_address reclaim_role <"$run/roles/$peer" || continue
        case "$reclaim_role $reclaim_seen" in
            "slave $me connected "*"ip=$reclaim_address,"*) ;;
            "slave $me connected "*)
                say "$reclaim_address holds a link to a pod that is gone: having it made anew"
                echo CLIENT KILL TYPE master | ask server "$reclaim_address" >/dev/null
                ;;
            *) ;;
        esac
    done 2>/dev/null
}

# become_replica MASTER REASON: a replica that has yet to receive the data is neither electable nor ready until it has it.
become_replica() {
    say "$2: joining as replica"
    priority=0
    touch "$newcomer"
    configure "$1"
    start
}

# become_candidate MASTER REASON: the master is gone, and this server has data the sentinels may elect.
become_candidate() {
    say "$2: starting as replica, for the sentinels to elect"
    configure "$1"
    start
}

start() {
    echo running >"$state"
    tend &
    guard &
    exec "$server_program" "$run/redis.conf"
}

# tend: runs beside the server for as long as it lives.
tend() {
    run=$run/tend synced_since='' lost_since='' tend_pause=0.3 tend_passes=0
    mkdir -p "$run"
    while sleep "$tend_pause"; do
        read_topology
        tend_answer=$(role 127.0.0.1)
        read -r tend_role tend_master tend_link _ <<ROLE
$tend_answer
ROLE
        remember_role
        if [ -e "$newcomer" ]; then
            welcome
            # Whether it is in sync is asked often, until it is; the rest costs look-ups.
            tend_passes=$((tend_passes + 1))
            [ $((tend_passes % 10)) = 0 ] || continue
        else
            tend_pause=5
        fi
        keep_address
        find_master
    done
}

# remember_role: keeps beside the data whether this server was master when it last was anything, for 'stamp'.
remember_role() {
    case "$tend_role $tend_link" in
        'master '*) [ -e "$data/was-master" ] || touch "$data/was-master" ;;
        'slave connected') [ ! -e "$data/was-master" ] || rm -f "$data/was-master" ;;
        *) ;;
    esac
}

# welcome: a newcomer is electable once it is in sync or, with older data, its master has been gone for 30 s.
welcome() {
    case "$tend_role $tend_link" in
        'slave connected' | 'master '*) touch "$data/whole" && synced_since=0 ;;
        'slave sync') synced_since='' ;;
        'loading '* | 'silent '*) ;;
        *) [ ! -e "$data/whole" ] || synced_since=${synced_since:-$(date +%s)} ;;
    esac
    [ -n "$synced_since" ] && [ $(($(date +%s) - synced_since)) -ge 30 ] || return 0
    ! echo 'CONFIG SET replica-priority 100' | all_done server 127.0.0.1 || rm -f "$newcomer"
}

# keep_address: the Service may be made anew, or the name service have told an old address at the start.
keep_address() {
    announced_me=$me
    find_me
    if [ "$me" != "$announced_me" ]; then
        if echo "CONFIG SET replica-announce-ip $me" | all_done server 127.0.0.1; then
            say "known as $me from now on, no longer as $announced_me"
        else
            me=$announced_me
        fi
    fi
}

# find_master: Sentinel leads the replicas it knows to a new master. One that it lost sight of, behind a master that is gone or
# behind another replica, asks by itself.
find_master() {
    case "$tend_role $tend_link" in
        'slave connected') tend_above=$(role "$tend_master") ;;
        'slave sync') tend_above=busy ;;
        'slave '*) tend_above=lost ;;
        *) tend_above=none ;;
    esac
    case $tend_above in
        lost | silent | 'slave '*) lost_since=${lost_since:-$(date +%s)} ;;
        *) lost_since='' ;;
    esac
    [ -n "$lost_since" ] && [ $(($(date +%s) - lost_since)) -ge 5 ] || return 0
    survey
    if majority && [ -n "$named" ] && [ "$named" != "$me" ] && [ "$named" != "$tend_master" ] && one_of_ours "$named"; then
        case $(role "$named") in
            master*)
                say "sentinels name $named (epoch $epoch), not $tend_master, which is gone: joining it"
                echo "REPLICAOF $named $RK_PORT" | ask server 127.0.0.1 >/dev/null
                ;;
            *) ;;
        esac
    fi
}

# --- the other servers ---

# meet: interviews the other servers. Sets
#   masters    addresses of those that are master
#   listening  how many answered anything
#   mine       addresses of replicas that follow this server
#   best       the one of them with the most data
meet() {
    interview_peers
    masters='' listening=0 mine='' best_offset=-1 best=''
    for peer in $peers; do
        peer_role=silent
        read -r peer_address peer_role peer_follows _ <"$run/roles/$peer" || :
        [ "$peer_role" = silent ] || listening=$((listening + 1))
        case $peer_role in
            master) masters="$masters $peer_address" ;;
            slave)
                [ "$peer_follows" = "$me" ] || continue
                mine="$mine $peer_address"
                # ROLE says -1 while the link is down, which it is, since this server does not run.
                peer_offset=$(echo INFO replication | ask server "$peer_address" | sed -n 's/^slave_repl_offset:\([0-9]*\).*/\1/p')
                if [ "${peer_offset:-0}" -gt "$best_offset" ]; then
                    best=$peer_address best_offset=${peer_offset:-0}
                fi
                ;;
            *) ;;
        esac
    done
}

# post: pins a note to every sentinel, for as long as this server waits: the name of a held connection says who waits and
# how new its data is. It vanishes with the server, and needs no port of its own.
post() {
    [ "$waited" -ge "$post_next" ] || return 0
    post_next=$((waited + 2))
    post_note="CLIENT SETNAME rk-waits-$ordinal-$(stamp)"
    while read -r _ post_address; do
        # In a subshell of its own, so that no 'wait' of ours waits for it.
        ( { echo "$post_note"; sleep 3; } | send "$(secret sentinel)" "$post_address" "$RK_SENTINEL_PORT" 4 >/dev/null & )
    done <"$run/sentinels"
}

# read_board: what the others have pinned, until all are seen to wait. Sets
#   waiting  ordinals that wait
#   first    the ordinal with the newest data, this server included; the lowest of equals
read_board() {
    waiting='' first=$ordinal first_stamp=$(stamp)
    while read -r _ board_address; do
        for board_note in $(notes "$board_address"); do
            board_ordinal=${board_note%-*} board_stamp=${board_note#*-}
            [ "$board_ordinal" != "$ordinal" ] || continue
            waiting="$waiting $board_ordinal"
            if [ "$board_stamp" -gt "$first_stamp" ] ||
                { [ "$board_stamp" -eq "$first_stamp" ] && [ "$board_ordinal" -lt "$first" ]; }; then
                first=$board_ordinal first_stamp=$board_stamp
            fi
        done
        ! everybody_waits || break
    done <"$run/sentinels"
}

# everybody_waits: true if every other server has pinned its note, so that none of them holds anything we do not know of.
everybody_waits() {
    for peer in $peers; do
        case " $waiting " in
            *" $peer "*) ;;
            *) return 1 ;;
        esac
    done
}

# --- decisions ---

# No sentinel knows a master, and a majority says so: a fresh cluster, or one whose sentinels lost everything.
found_a_cluster() {
    find_peers
    post
    read_board
    # Those that wait need not ask each other again and again, which would slow down the one that is to start.
    if everybody_waits && [ "$first" != "$ordinal" ]; then
        say "a fresh cluster: waiting for $RK_INSTANCE-$first to start it"
        return
    fi
    meet
    case $masters in
        '') ;;
        *)
            # shellcheck disable=SC2086 # several addresses
            set -- $masters
            say "no sentinel names a master, $1 is one: telling them"
            register_everywhere "$1" || :
            return
            ;;
    esac
    if [ -n "$mine" ]; then
        if has_data; then
            ! register_everywhere "$me" || become_master 'no sentinel names a master, and the replicas follow this server'
        else
            say "no sentinel names a master, and this server lost its data: promoting $best, the replica with the newest"
            echo 'REPLICAOF NO ONE' | ask server "$best" >/dev/null
            for other in $mine; do
                [ "$other" = "$best" ] || echo "REPLICAOF $best $RK_PORT" | ask server "$other" >/dev/null
            done
        fi
        return
    fi
    if [ "$listening" -gt 0 ]; then
        say 'no sentinel names a master: waiting for the one the replicas follow'
        return
    fi
    if everybody_waits || [ "$waited" -ge "$patience" ]; then
        if [ "$first" != "$ordinal" ]; then
            say "a fresh cluster: waiting for $RK_INSTANCE-$first to start it"
        elif register_everywhere "$me"; then
            become_master 'a fresh cluster, and this server starts it'
        fi
    else
        say 'a fresh cluster: waiting for the other servers'
    fi
}

# The sentinels name this server.
resume() {
    case $flags in
        *failover_in_progress*) say "sentinels name this server (epoch $epoch), but elect another: waiting"; return ;;
        *) ;;
    esac
    if has_data; then
        resume_as_master "sentinels name this server (epoch $epoch), its data is here"
    fi
    if [ -e "$data/force-master" ]; then
        rm -f "$data/force-master"
        become_master "sentinels name this server (epoch $epoch), and an operator gave up the data it lost"
    fi
    meet
    if [ "$listening" -gt 0 ]; then
        say "sentinels name this server (epoch $epoch), but its data is gone: having them elect another"
        elect || :
        return
    fi
    post
    read_board
    if everybody_waits; then
        if [ "$first_stamp" = 0 ] || [ "$first" = "$ordinal" ]; then
            resume_as_master "sentinels name this server (epoch $epoch), and nobody has newer data"
        fi
        say "sentinels name this server (epoch $epoch), $RK_INSTANCE-$first has newer data: waiting until they elect it"
    elif [ "$claims" = 0 ] && [ "$waited" -ge 20 ]; then
        resume_as_master "sentinels name this server (epoch $epoch), and nobody with data came back: the data is lost"
    else
        say "sentinels name this server (epoch $epoch), but its data is gone: waiting for the other servers, who may have it" \
            "(to give it up: touch $data/force-master in this container)"
    fi
}

# The sentinels name another.
follow() {
    case $(role "$named") in
        master* | loading)
            if one_of_ours "$named"; then
                become_replica "$named" "sentinels name $named (epoch $epoch)"
            fi
            say "sentinels name $named (epoch $epoch), which is no server of this instance: waiting"
            ;;
        refused) say "sentinels name $named (epoch $epoch), which refuses the password: waiting" ;;
        silent)
            if stranger "$named"; then
                say "sentinels name $named (epoch $epoch), which is no server of this instance: waiting"
                return
            fi
            if has_data; then
                become_candidate "$named" "sentinels name $named (epoch $epoch), which does not answer"
            fi
            meet
            post
            read_board
            if [ "$listening" = 0 ] && [ "$waited" -ge 10 ] && everybody_waits && [ "$first" = "$ordinal" ]; then
                become_candidate "$named" "sentinels name $named (epoch $epoch), which is gone, and nobody has newer data"
            fi
            say "sentinels name $named (epoch $epoch), which does not answer: waiting"
            ;;
        *) say "sentinels name $named (epoch $epoch), which is not a master: waiting" ;;
    esac
}

echo waiting >"$state"
rm -f "$newcomer"
while [ "${RK_AUTH:-0}" = 1 ] && [ -z "$(secret server)" ]; do
    say 'waiting for the password'
    sleep 1
done
# How long a fresh cluster waits for servers that have not come yet: longer where they may bring data on a claim, longest
# where there is data already, and theirs may be newer.
patience=3
if [ "$claims" = 1 ]; then
    patience=10
    [ "$(stamp)" = 0 ] || patience=60
fi
began=$(date +%s) post_next=0
while :; do
    waited=$(($(date +%s) - began))
    survey
    find_me
    if [ -z "$me" ]; then
        say "waiting for the address of $RK_INSTANCE-announce-$ordinal"
    elif ! majority; then
        say "$answered of $found sentinels answer$([ "$refused" = 0 ] || echo ", $refused refuse the password"): waiting for a majority"
    elif [ -z "$named" ]; then
        found_a_cluster
    elif [ "$named" = "$me" ]; then
        resume
    else
        follow
    fi
    sleep 0.3
done
