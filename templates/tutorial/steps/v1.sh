#!/bin/sh
# The run book of the tutorial "Reliable, Scalable Redis on Kubernetes" for the instance {{ name }}, on a cluster of today.
#
# It creates what the tutorial creates, in its order, and waits where the tutorial only hoped. One thing is different:
# a pod has one controller since Kubernetes 1.3, so the bootstrap pod is adopted as a server and its sentinel is one
# more than the controller's. Deleted as the tutorial has it, that pod would leave a majority that can no longer be
# reached. So the master moves first, then the pod is deleted, then the sentinels forget the one that went with it.
#
# Needs no input, can be run again after an interruption, and ends with an error as soon as a step does not hold.
#   KUBECTL   the client and its options, default kubectl
#   WAIT      seconds each step may take, default 300
set -eu

KUBECTL=${KUBECTL:-kubectl}
WAIT=${WAIT:-300}
name='{{ name }}'
master_name='{{ master_name }}'
servers={{ servers }}
sentinels={{ sentinels }}
bootstrap=$name-master
server_pods=name=$name
sentinel_pods=$name-sentinel=true

kube() {
    # shellcheck disable=SC2086 # the client and its options
    $KUBECTL {% if namespace %}--namespace '{{ namespace }}' {% endif %}"$@"
}

say() {
    printf '%s\n' "$*"
}

fail() {
    printf '%s\n' "steps: $*" >&2
    exit 1
}

# wait_for TEXT COMMAND...: until the command holds.
wait_for() {
    wait_text=$1
    shift
    wait_end=$(($(date +%s) + WAIT))
    until "$@"; do
        if [ "$(date +%s)" -ge "$wait_end" ]; then
            fail "not so after $WAIT s: $wait_text{% if namespace %} (namespace {{ namespace }}){% endif %}"
        fi
        sleep 1
    done
    say "    $wait_text"
}

# create KIND NAME: the object on standard input, unless it is there.
create() {
    if [ -n "$(kube get "$1" "$2" --ignore-not-found -o name </dev/null)" ]; then
        say "    $1 $2 is there"
    else
        kube create -f -
    fi
}

# pods SELECTOR: `NAME|ADDRESS|READY|CONTROLLER|` of every pod that is not being deleted.
pods() {
    kube get pods -l "$1" -o jsonpath='{range .items[*]}{.metadata.name}|{.status.podIP}|{.status.conditions[?(@.type=="Ready")].status}|{.metadata.ownerReferences[*].name}|{.metadata.deletionTimestamp}{"\n"}{end}' |
        awk -F'|' '$5 == ""'
}

# column NUMBER: that column of the pods on standard input.
column() {
    awk -F'|' -v column="$1" '{ print $column }'
}

# knows POD: all that its sentinel knows: `master ADDRESS FLAGS`, `server ADDRESS` and `sentinel ADDRESS`, a line each.
knows() {
    kube exec "$1" -c sentinel -- sh /etc/redis-k8s/knows.sh </dev/null 2>/dev/null || :
}

# listed WORD: the addresses behind that word, of what a sentinel knows.
listed() {
    awk -v word="$1" '$1 == word { print $2 }' | sort
}

# --- what has to hold ---

# ready SELECTOR COUNT CONTROLLER: so many pods of the controller are ready.
ready() {
    pods "$1" | awk -F'|' -v count="$2" -v controller="$3" '
        $4 == controller && $3 == "True" { ready++ }
        END { exit !(ready >= count) }'
}

bootstrap_ready() {
    pods "$server_pods" | awk -F'|' -v pod="$bootstrap" '$1 == pod && $3 == "True" { found = 1 } END { exit !found }'
}

bootstrap_gone() {
    [ -z "$(kube get pod "$bootstrap" --ignore-not-found -o name)" ]
}

adopted() {
    pods "$server_pods" | awk -F'|' -v pod="$bootstrap" -v controller="$name" '
        $1 == pod && $4 == controller { found = 1 }
        END { exit !found }'
}

# The pods there are now, for the conditions below.
look() {
    server_list=$(pods "$server_pods")
    sentinel_list=$(pods "$sentinel_pods")
    sentinel_names=$(printf '%s\n' "$sentinel_list" | column 1)
}

# is_exact POD KNOWN: a sentinel that knows this names a master without any doubt, and knows all pods there are and no more.
is_exact() {
    printf '%s\n' "$2" | grep -q '^master [^ ]* master$' || return 1
    [ "$(printf '%s\n' "$2" | listed server)" = "$(printf '%s\n' "$server_list" | column 2 | sort)" ] || return 1
    others=$(printf '%s\n' "$sentinel_list" | awk -F'|' -v pod="$1" '$1 != pod { print $2 }' | sort)
    [ "$(printf '%s\n' "$2" | listed sentinel)" = "$others" ]
}

knows_exactly() {
    look
    is_exact "$1" "$(knows "$1")"
}

# agreed: every sentinel names the same server, and that server is master. Sets master and address.
agreed() {
    look
    known=$(for each in $sentinel_names; do knows "$each"; done)
    is_master "$(printf '%s\n' "$known" | listed master | uniq)"
}

# is_master ADDRESS: sets master to its pod if that is master, and address.
is_master() {
    address=$1
    master=$(printf '%s\n' "$server_list" | awk -F'|' -v address="$address" '$2 == address { print $1 }')
    [ -n "$master" ] || return 1
    if [ "$master" = "$bootstrap" ]; then container=master; else container=redis; fi
    [ "$(kube exec "$master" -c "$container" -- sh /etc/redis-k8s/cli.sh ROLE </dev/null 2>/dev/null | head -n 1)" = master ]
}

moved() {
    agreed && [ "$master" != "$bootstrap" ]
}

all_know_exactly() {
    look
    named=
    for each in $sentinel_names; do
        known=$(knows "$each")
        is_exact "$each" "$known" || return 1
        named=$(printf '%s\n' "$named" "$(printf '%s\n' "$known" | listed master)")
    done
    is_master "$(printf '%s\n' "$named" | sort -u | sed '/^$/d')"
}

# --- the steps ---

if [ -n "$(pods "$server_pods")" ] && bootstrap_gone; then
    say "The bootstrap pod has served its time already; looking after what is left to do."
else
    say "1. The bootstrap pod: the first master and the first sentinel"
{% for object in before %}
    create {{ object.kind }} '{{ object.name }}' <<'END_OF_OBJECT'
{{ object.yaml }}END_OF_OBJECT
{% endfor %}
    create {{ pod.kind }} '{{ pod.name }}' <<'END_OF_OBJECT'
{{ pod.yaml }}END_OF_OBJECT
    wait_for "pod $bootstrap is ready" bootstrap_ready

    say "2. The Service through which sentinels are found"
    create {{ service.kind }} '{{ service.name }}' <<'END_OF_OBJECT'
{{ service.yaml }}END_OF_OBJECT

    say "3. The controller of the servers, which adopts the bootstrap pod"
    create {{ redis.kind }} '{{ redis.name }}' <<'END_OF_OBJECT'
{{ redis.yaml }}END_OF_OBJECT
    wait_for "the controller $name has adopted pod $bootstrap" adopted

    say "4. The controller of the sentinels, which starts its own"
    create {{ sentinel.kind }} '{{ sentinel.name }}' <<'END_OF_OBJECT'
{{ sentinel.yaml }}END_OF_OBJECT
    wait_for "the controller $name-sentinel has a ready sentinel" ready "$sentinel_pods" 1 "$name-sentinel"

    say "5. More servers and more sentinels"
    kube scale rc "$name" --replicas="$servers"
    kube scale rc "$name-sentinel" --replicas="$sentinels"
    wait_for "$servers servers are ready" ready "$server_pods" "$servers" "$name"
    wait_for "$sentinels sentinels of the controller are ready" ready "$sentinel_pods" "$sentinels" "$name-sentinel"
    wait_for "every sentinel knows all servers and all other sentinels" all_know_exactly

    say "6. The master moves off the bootstrap pod, without losing a write"
    if [ "$master" = "$bootstrap" ]; then
        kube exec "$bootstrap" -c master -- sh /etc/redis-k8s/stop.sh </dev/null
    fi
    wait_for "the sentinels agree on a master outside pod $bootstrap" moved

    say "7. The bootstrap pod has served its time"
    kube delete pod "$bootstrap"
    wait_for "pod $bootstrap is gone" bootstrap_gone
fi
wait_for "$servers servers are ready" ready "$server_pods" "$servers" "$name"
wait_for "$sentinels sentinels are ready" ready "$sentinel_pods" "$sentinels" "$name-sentinel"

say "8. The sentinels forget who is gone, one after the other"
look
for pod in $sentinel_names; do
    if knows_exactly "$pod"; then
        say "    the sentinel $pod knows nobody who is gone"
        continue
    fi
    # All of them agree before one of them forgets: in the seconds after, it can take part in no election.
    wait_for "the sentinels agree on a master" moved
    kube exec "$pod" -c sentinel -- sh /etc/redis-k8s/cli.sh SENTINEL RESET "$master_name" </dev/null >/dev/null
    wait_for "the sentinel $pod knows exactly the servers and sentinels there are" knows_exactly "$pod"
done
wait_for "all sentinels know exactly the servers and sentinels there are" all_know_exactly
say "The master is $master at $address, with $((servers - 1)) replicas and $sentinels sentinels."
