#!/bin/sh
# kubectl of today, on a cluster where the servers' controller alone adopts the bootstrap pod.
# shellcheck source=crates/redis-k8s/tests/tutorial/fakes/cluster.sh
. "$FAKES/cluster.sh"

if [ "$1" = --namespace ]; then
    record "namespace $2"
    shift 2
fi

bootstrap_line() {
    if is_created "Pod $bootstrap" && ! is_deleted; then
        owner=redis ready=True
        [ "$servers" -gt 0 ] && [ "$FAULT" != no-adoption ] || owner=
        [ "$FAULT" != unready ] || ready=False
        echo "$bootstrap|10.0.0.1|$ready|$owner|"
    fi
}

lines() {
    number=1
    for address in $(addresses "$2" "$3" "$4"); do
        echo "$1-$number|$address|True|$1|"
        number=$((number + 1))
    done
}

# The bootstrap pod's line, unless it is gone and the sentinel asked was told to forget.
unless_forgotten() {
    if ! is_deleted || ! grep -qx "$pod" "$STATE/reset"; then
        cat
    fi
}

case "$1 $2" in
'create -f')
    create
    ;;
'get pods')
    bootstrap_line
    case $4 in
    name=redis) lines redis 10.0.1. "$servers" adopting ;;
    redis-sentinel=true) lines redis-sentinel 10.0.2. "$sentinels" alone ;;
    *) exit 1 ;;
    esac
    # One that is on its way out is none of theirs.
    echo "gone-1|10.0.9.9|True|gone|2025-01-01T00:00:00Z"
    ;;
'get '*)
    if [ "$2 $3" = "pod $bootstrap" ] && is_deleted; then
        exit 0
    fi
    kind=$(echo "$2" | tr '[:upper:]' '[:lower:]')
    if sed 's/^Pod /pod /; s/^ConfigMap /configmap /; s/^Service /service /; s/^ReplicationController /replicationcontroller /' \
        "$STATE/created" | grep -qx "$kind $3"; then
        echo "$kind/$3"
    fi
    ;;
'scale rc')
    record "$*"
    count=${4#--replicas=}
    case $3 in
    redis) echo "$count" >"$STATE/servers" ;;
    redis-sentinel) echo "$count" >"$STATE/sentinels" ;;
    esac
    ;;
'delete pod')
    record "$*"
    : >"$STATE/deleted"
    ;;
'exec '*)
    pod=$2
    shift 6
    case "$*" in
    '/etc/redis-k8s/knows.sh')
        echo "master $(master_address) master"
        own=10.0.0.1
        echo server 10.0.0.1 | unless_forgotten
        for address in $(addresses 10.0.1. "$servers" adopting); do echo "server $address"; done
        number=1
        for address in $(addresses 10.0.2. "$sentinels" alone); do
            if [ "redis-sentinel-$number" = "$pod" ]; then own=$address; else echo "sentinel $address"; fi
            number=$((number + 1))
        done
        if [ "$own" != 10.0.0.1 ]; then
            echo sentinel 10.0.0.1 | unless_forgotten
        fi
        ;;
    '/etc/redis-k8s/cli.sh ROLE')
        case "$(master_address) $pod" in
        "10.0.0.1 $bootstrap" | '10.0.1.1 redis-1') echo master ;;
        *) echo slave ;;
        esac
        ;;
    '/etc/redis-k8s/cli.sh SENTINEL RESET redis')
        record "reset $pod"
        [ "$FAULT" = no-memory ] || echo "$pod" >>"$STATE/reset"
        ;;
    '/etc/redis-k8s/stop.sh')
        record "hand over $pod"
        [ "$FAULT" = no-move ] || : >"$STATE/moved"
        ;;
    *) exit 1 ;;
    esac
    ;;
*) exit 1 ;;
esac
