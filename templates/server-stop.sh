#!/bin/sh
# Before a server stops: if it is master, another takes over first, without a lost write; if it is a replica, those who are still
# led to it get their answers.
# shellcheck disable=SC2154 # variables of common.sh and topology.env
set -u
# shellcheck source=common.sh
. /etc/redis-k8s/common.sh

tell() { ask server 127.0.0.1; }

# leads: true if this server is master.
leads() {
    case $(role 127.0.0.1) in
        master*) ;;
        *) return 1 ;;
    esac
}

# followers: who could take over. Sets later and earlier, the addresses of the replicas of higher and of lower ordinals.
followers() {
    later='' earlier=''
    interview_peers
    for peer in $peers; do
        read -r peer_address peer_role peer_follows peer_link _ <"$run/roles/$peer" || continue
        [ "$peer_role $peer_follows $peer_link" = "slave $me connected" ] || continue
        # One that stops has itself passed over.
        [ "$(echo CONFIG GET replica-priority | ask server "$peer_address" | sed -n 2p)" != 0 ] || continue
        if [ "$peer" -gt "$ordinal" ]; then later="$later $peer_address"; else earlier="$earlier $peer_address"; fi
    done 2>/dev/null
}

# prefer PRIORITY: sets the priority of the replicas of later ordinals; the lower, the better.
prefer() {
    for prefer_address in $preferred; do
        echo "CONFIG SET replica-priority $1" | ask server "$prefer_address" >/dev/null
    done
}

# pace MILLISECONDS: how often the sentinels that answered the last survey ask servers for their state.
pace() {
    while read -r pace_ordinal pace_address; do
        names_master "$pace_ordinal" || continue
        echo "SENTINEL DEBUG INFO-PERIOD $1" | ask sentinel "$pace_address" >/dev/null &
    done <"$run/sentinels"
    wait
}

# offset ADDRESS: how far a server has got, in bytes of replication; nothing if it does not say.
offset() {
    offset_role=$(role "$1")
    case $offset_role in
        'master '* | 'slave '*) echo "${offset_role##* }" ;;
        *) ;;
    esac
}

# behind ADDRESS...: those that do not hold all that this server wrote; they are asked at once.
behind() {
    for behind_address in "$@"; do
        {
            behind_offset=$(offset "$behind_address")
            [ "${behind_offset:-0}" -ge "$written" ] || echo "$behind_address"
        } &
    done
    wait
}

# caught_up ADDRESS...: true once these hold all that this server wrote, which writes no more; false after 3 s.
caught_up() {
    written=$(offset 127.0.0.1)
    [ -n "$written" ] || return 1
    caught_up_until=$(($(date +%s) + 3))
    while
        # shellcheck disable=SC2046 # several addresses
        set -- $(behind "$@")
        [ $# -gt 0 ]
    do
        [ "$(date +%s)" -lt "$caught_up_until" ] || return 1
        sleep 0.05
    done
}

# clock: sets now to hundredths of a second since the node started.
clock() {
    read -r now _ </proc/uptime
    now=${now%.*}${now#*.}
}

# await_election: until the sentinel that leads names another master, which it then tells all the others, has stopped and
# names none any more, or has given up: it did not hear of any replica for three times INFO-PERIOD. It is asked, not
# this server, whose own answers the pause delays.
await_election() {
    while [ "$(date +%s)" -lt "$until" ]; do
        lead_view=$(view "$elected_by")
        read -r lead_kind lead_named lead_epoch lead_flags _ <<LEAD
$lead_view
LEAD
        [ "$lead_kind" = named ] || return 0
        if [ "$lead_named" != "$me" ]; then
            named=$lead_named epoch=$lead_epoch
            return
        fi
        case $lead_flags in
            *failover_in_progress*) ;;
            *) return 0 ;;
        esac
        sleep 0.05
    done
}

# move: has the sentinels elect another master until they have, one after the other if one stops before it is done. A
# replica that has just come is electable a moment later; when everything is deleted at once, there is soon no sentinel left.
move() {
    until=$(($(date +%s) + 10))
    while majority && [ "$named" = "$me" ] && [ "$(date +%s)" -lt "$until" ]; do
        if elect; then await_election; else sleep 0.2; fi
        [ "$named" != "$me" ] || survey
    done
}

[ "$(cat "$run/state")" = running ] || exit 0
if ! leads; then
    # Until every node knows that it ends, the read Service leads clients here, who would be refused or wait in vain: up to a second.
    echo CONFIG SET replica-priority 0 | tell >/dev/null
    sleep 2
    # It may have been promoted meanwhile.
    leads || exit 0
fi
me=$(echo CONFIG GET replica-announce-ip | tell | sed -n 2p)
survey
if ! majority || [ "$named" != "$me" ]; then
    exit 0
fi
followers
if [ -z "$later$earlier" ]; then
    say 'no other server can take over'
    exit 0
fi
# In a rolling restart a later ordinal has been restarted already: prefer it, so that the master moves no more often than
# it must. Without a choice between earlier and later there is nothing to wish.
preferred=''
if [ -n "$later" ] && [ -n "$earlier" ]; then
    preferred=$later
    prefer 50
fi
# Sentinels see the wish, and ask all replicas at about the same time.
pace 100
sleep 0.9
# A sentinel that is away must not be asked while clients wait, nor a replica that has stopped meanwhile be waited for.
clock
began=$now
survey
followers
if [ "$named" = "$me" ] && [ -n "$later$earlier" ]; then
    # Whether a replica was promoted a sentinel that fails over asks only a second after it asked last, whatever its period, and
    # clients wait for that. With the usual period it asked just before. It must not ask too early, either: where all takes
    # longer, as the questions of now did, the rest is begun sooner.
    clock
    slack=$((50 + began - now))
    pace 1000
    [ "$slack" -le 0 ] || sleep "$(printf '0.%02d' "$slack")"
    # Clients wait instead of writing what nobody would keep.
    echo 'CLIENT PAUSE 25000 WRITE' | tell >/dev/null
    # shellcheck disable=SC2086 # several addresses
    if ! caught_up ${later:-$earlier} && [ -n "$preferred" ]; then
        # The wish must not outweigh the data.
        prefer 100
        sleep 1.2
    fi
    move
fi
# Clients wait: both at once.
prefer 100 &
pace "$info_period"
if [ "$named" != "$me" ]; then
    rm -f "$data/was-master"
    say "handed over to $named (epoch $epoch)"
else
    # Clients keep waiting until this server has stopped: an election left half done may have promoted another already, and
    # what this one accepted now would be lost (14 writes confirmed by WAIT, once).
    say 'no other server can take over'
fi
