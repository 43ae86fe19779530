#!/bin/sh
# probe.sh server|sentinel live|ready: how the container is.
set -eu
# shellcheck source=common.sh
. /etc/redis-k8s/common.sh

# True for a replica that lost its master while the sentinels name another, and leaves it there: one that joined in the
# moment its master died is known to nobody. Started again, it asks them.
is_astray() {
    set -- "$(ask 127.0.0.1 "$REDIS_PORT" INFO replication)"
    case $1 in
    *role:slave*master_link_status:down*) ;;
    *) return 1 ;;
    esac
    # One sentinel is enough, and all that a probe has time for.
    named='' epoch=-1 sentinels=''
    hear "$REDIS_SENTINEL_SERVICE_HOST" "$REDIS_SENTINEL_SERVICE_PORT"
    case $1 in
    *"master_host:$named"[!0-9.]*) return 1 ;;
    esac
    [ -n "$named" ] && [ "$named" != "$POD_IP" ] && is_staying "$named" "$named_port"
}

# One that waits for a master does what it should: it lives, and is not ready.
if [ -e /redis-master-data/.waiting ] || [ -e /redis-sentinel/.waiting ]; then
    [ "$2" = live ]
    exit
fi
case "$1 $2" in
'server live')
    # Any answer: a server that loads its data, or runs a long script, refuses the question and lives.
    [ -n "$(ask 127.0.0.1 "$REDIS_PORT" PING)" ]
    ! is_astray
    ;;
'server ready')
    [ "$(ask 127.0.0.1 "$REDIS_PORT" PING)" = PONG ]
    ask 127.0.0.1 "$REDIS_PORT" ROLE | {
        read -r role
        if [ "$role" = slave ]; then
            read -r _ && read -r _ && read -r link
            [ "$link" = connected ]
        fi
    }
    ;;
'sentinel live')
    [ "$(ask 127.0.0.1 "$REDIS_SENTINEL_SERVICE_PORT" PING)" = PONG ]
    ;;
'sentinel ready')
    ask 127.0.0.1 "$REDIS_SENTINEL_SERVICE_PORT" SENTINEL MASTER "$MASTER_NAME" | field ip | {
        read -r address && [ -n "$address" ]
    }
    ;;
esac
