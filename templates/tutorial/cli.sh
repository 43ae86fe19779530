#!/bin/sh
# cli.sh COMMAND...: asks the server or sentinel of this container, whatever its image calls the client.
set -eu
# shellcheck source=common.sh
. /etc/redis-k8s/common.sh

if [ "${SENTINEL:-}" = true ]; then
    port=$REDIS_SENTINEL_SERVICE_PORT
else
    port=$REDIS_PORT
fi
exec timeout 5 "$cli" -p "$port" "$@"
