#!/bin/sh
# probe.sh server|sentinel live|ready: how the container is.
set -eu
# shellcheck source=common.sh
. /etc/redis-k8s/common.sh

# One that waits for a master does what it should: it lives, and is not ready.
if [ -e /redis-master-data/.waiting ] || [ -e /redis-sentinel/.waiting ]; then
    [ "$2" = live ]
    exit
fi
case "$1 $2" in
'server live')
    # Any answer: a server that loads its data, or runs a long script, refuses the question and lives.
    [ -n "$(ask 127.0.0.1 "$REDIS_PORT" PING)" ]
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
