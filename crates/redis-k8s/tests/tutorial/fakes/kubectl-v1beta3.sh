#!/bin/sh
# kubectl of 2015, on a cluster where both controllers adopt the bootstrap pod.
# shellcheck source=crates/redis-k8s/tests/tutorial/fakes/cluster.sh
. "$FAKES/cluster.sh"

case $1 in
--namespace=*)
    record "namespace ${1#--namespace=}"
    shift
    ;;
esac

lines() {
    number=1
    for address in $(addresses "$2" "$3" adopting); do
        echo "$1-$number|$address|Running"
        number=$((number + 1))
    done
}

# One answer for each of so many others.
others() {
    number=1
    while [ "$number" -lt "$1" ]; do
        printf 'name\nx\nrunid\n%s\n' "$number"
        number=$((number + 1))
    done
}

case "$1 $2" in
'create -f')
    create
    ;;
'get pods' | 'get services' | 'get rc')
    case "$2 $3" in
    'pods -l')
        is_deleted || echo "$bootstrap|10.0.0.1|Running"
        case $4 in
        name=redis) lines redis 10.0.1. "$servers" ;;
        redis-sentinel=true) lines redis-sentinel 10.0.2. "$sentinels" ;;
        *) exit 1 ;;
        esac
        ;;
    "pods $bootstrap") is_created "Pod $bootstrap" && ! is_deleted ;;
    'services '*) is_created "Service $3" ;;
    'rc redis') is_created "ReplicationController $3" && echo "$servers" ;;
    'rc redis-sentinel') is_created "ReplicationController $3" && echo "$sentinels" ;;
    *) exit 1 ;;
    esac
    ;;
'resize rc')
    record "$*"
    count=${4#--replicas=}
    case $3 in
    redis) echo "$count" >"$STATE/servers" ;;
    redis-sentinel) echo "$count" >"$STATE/sentinels" ;;
    esac
    ;;
'delete pods')
    record "$*"
    : >"$STATE/deleted"
    [ "$FAULT" = no-move ] || : >"$STATE/moved"
    ;;
'exec -p')
    case "$8 $9 ${10:-} ${11:-}" in
    *' PING '*) [ "$FAULT" = unready ] || echo PONG ;;
    *get-master-addr-by-name*) printf '%s\n6379\n' "$(master_address)" ;;
    *slaves*) others "$servers" ;;
    *sentinels*) others "$sentinels" ;;
    *) exit 1 ;;
    esac
    ;;
*) exit 1 ;;
esac
