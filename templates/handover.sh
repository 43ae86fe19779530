#!/bin/sh
# Before a server stops: if it is master, another takes over first, without a lost write.
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
# A replica of a later ordinal has been restarted already if this is a rolling restart: prefer it, so that the master moves
# no more often than it must. Sentinels see the wish within a second.
for peer in $(server_members); do
    [ "$peer" -gt "$ordinal" ] || continue
    case $(role "$(announced "$peer")") in
        "slave $me connected "*) echo 'CONFIG SET replica-priority 50' | ask server "$(announced "$peer")" >/dev/null && preferred=$peer ;;
        *) ;;
    esac
done
[ -z "${preferred:-}" ] || sleep 1.2
# Clients wait instead of writing what nobody would keep.
echo 'CLIENT PAUSE 15000 WRITE' | tell >/dev/null
if elect; then
    # The sentinels are asked, not this server: the pause delays its own answer.
    tries=0
    while [ "$tries" -lt 40 ]; do
        survey
        if majority && [ "$named" != "$me" ]; then
            say "handed over to $named (epoch $epoch)"
            echo 'CONFIG SET replica-priority 100' | ask server "$named" >/dev/null
            exit 0
        fi
        tries=$((tries + 1))
        sleep 0.1
    done
fi
say 'no other server can take over'
echo 'CLIENT UNPAUSE' | tell >/dev/null
