#!/bin/sh
# Before a server stops: if it is master, another takes over first, without a lost write.
# shellcheck disable=SC2154 # variables of common.sh and topology.env
set -u
# shellcheck source=common.sh
. /etc/redis-k8s/common.sh

tell() { ask server 127.0.0.1; }

[ "$(cat "$run/state")" = running ] || exit 0
case $(role 127.0.0.1) in
    master*) ;;
    *) exit 0 ;;
esac
me=$(echo CONFIG GET replica-announce-ip | tell | sed -n 2p)
survey
if ! majority || [ "$named" != "$me" ]; then
    exit 0
fi
# prefer PRIORITY: sets the priority of the replicas of later ordinals; the lower, the better.
prefer() {
    for peer in $later; do
        echo "CONFIG SET replica-priority $1" | ask server "$(announced server "$peer")" >/dev/null
    done
}

# In a rolling restart a later ordinal has been restarted already: prefer it, so that the master moves no more often than
# it must. Sentinels see the wish within a second. Without a choice between earlier and later there is nothing to wish.
later='' earlier=''
for peer in $(members server); do
    case "$peer $(role "$(announced server "$peer")")" in
        "$ordinal "*) ;;
        *" slave $me connected "*) if [ "$peer" -gt "$ordinal" ]; then later="$later $peer"; else earlier=$peer; fi ;;
        *) ;;
    esac
done
[ -n "$earlier" ] || later=''
if [ -n "$later" ]; then
    prefer 50
    sleep 1.2
fi

# A sentinel that is away must not be asked while clients wait.
survey
# Clients wait instead of writing what nobody would keep.
echo 'CLIENT PAUSE 15000 WRITE' | tell >/dev/null
# Valkey 9 can coordinate: the master hands over to the replica itself.
if { [ "$server_program" = valkey-server ] && elect COORDINATED; } || elect ''; then
    # The sentinel is asked, not this server: the pause delays its own answer. Once the sentinel that leads names another,
    # it tells all the others; what is left for the clients is to be let go.
    until=$(($(date +%s) + 10))
    while [ "$(date +%s)" -lt "$until" ]; do
        read -r lead_kind lead_named lead_epoch _ <<LEAD
$(view "$elected_by")
LEAD
        if [ "$lead_kind" = named ] && [ "$lead_named" != "$me" ]; then
            say "handed over to $lead_named (epoch $lead_epoch)"
            prefer 100
            exit 0
        fi
        # A sentinel that stops as well, as when everything is deleted at once, finishes nothing.
        [ "$lead_kind" = named ] || break
        sleep 0.05
    done
fi
say 'no other server can take over'
echo 'CLIENT UNPAUSE' | tell >/dev/null
prefer 100
