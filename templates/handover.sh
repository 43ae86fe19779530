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

# led: has a sentinel elect another master; on Valkey 9 this server then hands over to it itself.
led() {
    { [ "$server_program" = valkey-server ] && elect COORDINATED; } || elect ''
}

# await_election: until the sentinel that leads names another master, which it then tells all the others, or names none any
# more because it has stopped. It is asked, not this server, whose own answers the pause delays.
await_election() {
    while [ "$(date +%s)" -lt "$until" ]; do
        read -r lead_kind lead_named lead_epoch _ <<LEAD
$(view "$elected_by")
LEAD
        [ "$lead_kind" = named ] || break
        if [ "$lead_named" != "$me" ]; then
            named=$lead_named epoch=$lead_epoch
            return
        fi
        sleep 0.05
    done
    survey
}

# A sentinel that is away must not be asked while clients wait.
survey
# Clients wait instead of writing what nobody would keep.
echo 'CLIENT PAUSE 15000 WRITE' | tell >/dev/null
until=$(($(date +%s) + 10))
# When a sentinel stops before it is done, the next one leads; when everything is deleted at once, there is none left.
while majority && [ "$named" = "$me" ] && [ "$(date +%s)" -lt "$until" ] && led; do
    await_election
done
if majority && [ "$named" != "$me" ]; then
    say "handed over to $named (epoch $epoch)"
else
    # Clients keep waiting until this server has stopped: an election left half done may have promoted another already, and
    # what this one accepted now would be lost (14 writes confirmed by WAIT, once).
    say 'no other server can take over'
fi
prefer 100
