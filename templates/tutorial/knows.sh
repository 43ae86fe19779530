#!/bin/sh
# knows.sh: all that the sentinel of this container knows, a line each: `master ADDRESS FLAGS`, `server ADDRESS`
# (the master too) and `sentinel ADDRESS` (without this one).
set -eu
# shellcheck source=common.sh
. /etc/redis-k8s/common.sh

answer=$(ask 127.0.0.1 "$REDIS_SENTINEL_SERVICE_PORT" SENTINEL MASTER "$MASTER_NAME")
address=$(printf '%s\n' "$answer" | field ip)
printf 'master %s %s\n' "$address" "$(printf '%s\n' "$answer" | field flags)"
printf 'server %s\n' "$address"
for kind in replicas sentinels; do
    ask 127.0.0.1 "$REDIS_SENTINEL_SERVICE_PORT" SENTINEL "$kind" "$MASTER_NAME" | entries |
        while read -r address _; do
            if [ "$kind" = replicas ]; then
                printf 'server %s\n' "$address"
            else
                printf 'sentinel %s\n' "$address"
            fi
        done
done
