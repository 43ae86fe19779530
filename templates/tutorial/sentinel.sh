#!/bin/sh
# Starts a sentinel: with what it knew before, else with what the others know. Only that of the bootstrap pod begins
# without anybody, by watching the server of its own pod.
#
# From the environment, besides what common.sh names:
#   QUORUM     sentinels that must agree that the master is down
#   POD_UID    identity of the pod, and so of its sentinel: a container that restarts is not one more sentinel
set -eu
# shellcheck source=common.sh
. /etc/redis-k8s/common.sh

state=/redis-sentinel
config=$state/sentinel.conf
waiting=$state/.waiting

trap 'exit 0' TERM INT

# The address others reach this sentinel at; a restarted pod may have another than before.
announcement() {
    printf 'sentinel announce-ip %s\n' "$POD_IP"
    printf 'sentinel announce-port %s\n' "$REDIS_SENTINEL_SERVICE_PORT"
}

# Forty digits from the thirty-two of the pod's UID.
identity() {
    IFS=-
    # shellcheck disable=SC2086 # split at the dashes
    set -- $POD_UID
    printf '%s' "$@" 00000000
}

# start REASON: becomes the sentinel.
start() {
    say "$1"
    rm -f "$waiting"
    exec "$server" "$config" --sentinel
}

# True if the configuration written before still says something. One sentinel that watched only its own pod, at an
# address the pod no longer has, knows nothing.
is_kept() {
    [ -s "$config" ] || return 1
    kept_monitor='' kept_peers=''
    while read -r word option _ address _; do
        case "$word $option" in
        'sentinel monitor') kept_monitor=$address ;;
        'sentinel known-sentinel' | 'sentinel known-replica' | 'sentinel known-slave') kept_peers=yes ;;
        esac
    done <"$config"
    [ -n "$kept_monitor" ] && { [ -n "$kept_peers" ] || [ "${MASTER:-}" != true ] || [ "$kept_monitor" = "$POD_IP" ]; }
}

# keep: the configuration written before, with the pod's present address.
keep() {
    {
        while IFS= read -r line; do
            case $line in
            'sentinel announce-ip '* | 'sentinel announce-port '*) ;;
            *) printf '%s\n' "$line" ;;
            esac
        done <"$config"
        announcement
    } >"$config.new"
    mv "$config.new" "$config"
}

# watch ADDRESS PORT EPOCH: a new configuration for that master, with everybody the survey found alive: with them a
# sentinel can take part in the election of a new master even if it has never seen the old one.
watch() {
    {
        printf 'port %s\n' "$REDIS_SENTINEL_SERVICE_PORT"
        printf 'dir %s\n' "$state"
        printf 'protected-mode no\n'
        printf 'sentinel myid %s\n' "$(identity)"
        announcement
        printf 'sentinel monitor %s %s %s %s\n' "$MASTER_NAME" "$1" "$2" "$QUORUM"
        cat "$etc/sentinel.conf"
        printf 'sentinel config-epoch %s %s\n' "$MASTER_NAME" "$3"
        known known-sentinel "$sentinels"
        if [ -n "$voice" ]; then
            known known-replica "$(replicas)"
        fi
    } >"$config.new"
    mv "$config.new" "$config"
}

# known DIRECTIVE ENTRIES: a line for each of them that is alive.
known() {
    known_ids=' '
    while read -r address port id flags; do
        if [ -z "$address" ] || ! is_new "$known_ids" "$id" "$flags"; then
            continue
        fi
        if [ "$1" = known-sentinel ]; then
            known_ids="$known_ids$id "
            printf 'sentinel %s %s %s %s %s\n' "$1" "$MASTER_NAME" "$address" "$port" "$id"
        else
            printf 'sentinel %s %s %s %s\n' "$1" "$MASTER_NAME" "$address" "$port"
        fi
    done <<END
$2
END
}

if is_kept; then
    keep
    start "starting with what this sentinel knew before"
fi
: >"$waiting"
turns=0
while :; do
    survey
    turns=$((turns + 1))
    if [ -n "$named" ]; then
        watch "$named" "$named_port" "$epoch"
        start "joining the sentinels that name the master $named:$named_port"
    elif [ "${MASTER:-}" = true ] && [ "$turns" -ge 2 ]; then
        watch "$POD_IP" "$REDIS_PORT" 0
        start "no sentinel answers: beginning as the first, with the server of this pod"
    fi
    say "waiting: no sentinel at $REDIS_SENTINEL_SERVICE_HOST:$REDIS_SENTINEL_SERVICE_PORT names a master"
    sleep 1
done
