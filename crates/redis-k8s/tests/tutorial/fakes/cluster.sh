# shellcheck shell=sh disable=SC2034 # variables are read by those who source this
# What both imitations of kubectl share: a cluster of files in $STATE, and a record of every call in $STATE/calls.
#   FAULT   what goes wrong: unready, no-adoption, no-move, no-memory
set -eu

touch "$STATE/created" "$STATE/reset"
servers=0
sentinels=0
[ ! -s "$STATE/servers" ] || read -r servers <"$STATE/servers"
[ ! -s "$STATE/sentinels" ] || read -r sentinels <"$STATE/sentinels"
bootstrap=redis-master

record() {
    printf '%s\n' "$*" >>"$STATE/calls"
}

is_created() {
    grep -qx "$1" "$STATE/created"
}

# create: reads one or more objects and remembers `KIND NAME` of each.
create() {
    cat >"$STATE/object"
    kind=$(sed -n 's/^kind: //p' "$STATE/object")
    name=$(sed -n 's/^  name: //p' "$STATE/object" | tail -n 1)
    case "$kind $name" in
    'ReplicationController redis') echo 1 >"$STATE/servers" ;;
    'ReplicationController redis-sentinel') echo 1 >"$STATE/sentinels" ;;
    esac
    cat "$STATE/object" >>"$STATE/objects"
    printf '%s %s\n' "$kind" "$name" >>"$STATE/created"
    record "create $kind $name"
}

is_deleted() {
    [ -e "$STATE/deleted" ]
}

# The address of the master: the first server of the controller once it has moved.
master_address() {
    if [ -e "$STATE/moved" ]; then echo 10.0.1.1; else echo 10.0.0.1; fi
}

# Addresses of the servers and sentinels of the controllers, which the bootstrap pod may be one of.
addresses() {
    count=$2
    if [ "$3" = adopting ] && ! is_deleted; then
        count=$((count - 1))
    fi
    number=1
    while [ "$number" -le "$count" ]; do
        echo "$1$number"
        number=$((number + 1))
    done
}
