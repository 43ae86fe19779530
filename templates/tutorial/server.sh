#!/bin/sh
# Starts a server: master or replica, as the sentinels have it. Only the bootstrap pod may be master unasked, and only
# the first time it starts; everybody else waits rather than guess, and never ends because there is no master yet.
#
# From the environment, besides what common.sh names:
#   APPEND_ONLY     yes if the data of a killed server is whole
#   MIN_REPLICAS    replicas that must be in sync for a write, if not as many as the configuration says
#   QUORUM          sentinels that must agree that the master is down
set -eu
# shellcheck source=common.sh
. /etc/redis-k8s/common.sh

data=/redis-master-data
started=$data/.started
waiting=$data/.waiting

# The first process of a container ignores every signal it has no trap for.
trap 'exit 0' TERM INT

# start REASON [ADDRESS PORT]: becomes the server, a replica of that address if there is one.
start() {
    say "$1"
    {
        cat "$etc/redis.conf"
        printf 'replica-announce-ip %s\n' "$POD_IP"
        printf 'replica-announce-port %s\n' "$REDIS_PORT"
        if [ -n "${MIN_REPLICAS:-}" ]; then
            printf 'min-replicas-to-write %s\n' "$MIN_REPLICAS"
        fi
        if [ $# -gt 1 ]; then
            printf 'replicaof %s %s\n' "$2" "$3"
        fi
    } >"$data/redis.conf"
    : >"$started"
    rm -f "$waiting"
    exec "$server" "$data/redis.conf"
}

# True in the bootstrap pod until its server first started.
is_first() {
    [ "${MASTER:-}" = true ] && [ ! -e "$started" ]
}

# True if what a killed server had is still here, all of it.
has_data() {
    [ "$APPEND_ONLY" = yes ] || return 1
    for file in "$data"/appendonlydir/*.manifest "$data"/*.aof; do
        if [ -s "$file" ]; then
            return 0
        fi
    done
    return 1
}

# True if no replica is left that could be elected.
is_hopeless() {
    replicas | {
        while read -r _ _ _ flags; do
            case $flags in
            *s_down* | *o_down* | *disconnected*) ;;
            *) exit 1 ;;
            esac
        done
    }
}

# The sentinels know only the dead: names this server to all of them.
take_over() {
    {
        printf '%s\n' "$voice"
        printf '%s\n' "$sentinels"
    } | while read -r address port _; do
        if [ -n "$address" ]; then
            ask "$address" "$port" SENTINEL REMOVE "$MASTER_NAME" >/dev/null
            ask "$address" "$port" SENTINEL MONITOR "$MASTER_NAME" "$POD_IP" "$REDIS_PORT" "$QUORUM" >/dev/null
            while read -r word option name value; do
                if [ "$word $name" = "sentinel $MASTER_NAME" ]; then
                    ask "$address" "$port" SENTINEL SET "$MASTER_NAME" "$option" "$value" >/dev/null
                fi
            done <"$etc/sentinel.conf"
        fi
    done
}

: >"$waiting"
turns=0 hopeless=0
while :; do
    survey
    turns=$((turns + 1))
    # One that hands over is no longer to be followed: the sentinels would not know in time that it was.
    if [ -n "$named" ] && [ "$named" != "$POD_IP" ] && is_staying "$named" "$named_port"; then
        start "following the master $named:$named_port" "$named" "$named_port"
    fi
    if [ -n "$named" ] && is_hopeless; then
        hopeless=$((hopeless + 1))
    else
        hopeless=0
    fi
    if [ -z "$named" ]; then
        # Twice: a Service takes a moment to lead to pods that have just become ready.
        if is_first && [ "$turns" -ge 2 ]; then
            start "no sentinel answers: beginning as the first master"
        fi
        say "waiting: no sentinel at $REDIS_SENTINEL_SERVICE_HOST:$REDIS_SENTINEL_SERVICE_PORT names a master"
    elif [ "$named" = "$POD_IP" ]; then
        if has_data; then
            start "the sentinels name this server master, and its data is here: starting as master"
        elif is_first && [ "$hopeless" -gt 0 ]; then
            start "its own sentinel names this server master: beginning as the first master"
        elif [ "$hopeless" -ge 15 ]; then
            start "EMPTY: the sentinels name this server master, and no replica is left: starting as master without data"
        fi
        say "waiting: the sentinels name this server master, but its data is gone; another has to be elected"
    elif is_first && [ "$hopeless" -ge 30 ]; then
        take_over
        start "EMPTY: neither the master $named nor any replica is left: beginning anew as master"
    else
        say "waiting: $named:$named_port is named master but is not one now"
    fi
    sleep 1
done
