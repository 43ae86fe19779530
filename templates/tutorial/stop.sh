#!/bin/sh
# Before a server stops: if it is master, hands over to a replica, so that nothing acknowledged is lost.
set -eu
# shellcheck source=common.sh
. /etc/redis-k8s/common.sh

if [ "$(role_of 127.0.0.1 "$REDIS_PORT")" != master ]; then
    exit 0
fi
survey
if [ "$named" != "$POD_IP" ] || [ -z "$(replicas)" ]; then
    exit 0
fi
# Whoever starts now waits for the new master instead of following this one (is_staying in common.sh).
ask 127.0.0.1 "$REDIS_PORT" CONFIG SET replica-priority 0 >/dev/null
# Writes wait until the clients are sent to the new master; what was accepted reaches the replicas meanwhile.
ask 127.0.0.1 "$REDIS_PORT" CLIENT PAUSE 10000 WRITE >/dev/null
turn=0
while [ "$turn" -lt 40 ]; do
    # Not the sentinel of this pod, which is stopping too. One that is not ready yet is asked again.
    if [ $((turn % 10)) -eq 0 ]; then
        printf '%s\n' "$sentinels" | while read -r address port _ flags; do
            if [ -z "$address" ] || [ "$address" = "$POD_IP" ] || ! is_new '' "$address" "$flags"; then
                continue
            fi
            if [ "$(ask "$address" "$port" SENTINEL FAILOVER "$MASTER_NAME")" = OK ]; then
                break
            fi
        done
    fi
    survey
    # The sentinels, not this server's own role: the pause holds the change of that back.
    if [ -n "$named" ] && [ "$named" != "$POD_IP" ]; then
        # Clients that wait here would do so until they lose patience.
        ask 127.0.0.1 "$REDIS_PORT" CLIENT KILL TYPE normal >/dev/null
        say "handed over to $named:$named_port"
        exit 0
    fi
    turn=$((turn + 1))
    sleep 0.2
done
ask 127.0.0.1 "$REDIS_PORT" CLIENT UNPAUSE >/dev/null
ask 127.0.0.1 "$REDIS_PORT" CONFIG SET replica-priority 100 >/dev/null
say "nobody could take over"
