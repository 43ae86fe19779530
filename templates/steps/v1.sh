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

address_of() {
    pods "$server_pods" | awk -F'|' -v pod="$1" '$1 == pod { print $2 }'
}

# ask POD CONTAINER COMMAND...: what its server or sentinel answers.
ask() {
    ask_pod=$1 ask_container=$2
    shift 2
    kube exec "$ask_pod" -c "$ask_container" -- sh /etc/redis-k8s/cli.sh "$@" </dev/null 2>/dev/null || :
}

# values FIELD: of an answer made of names and values, one or many entries.
values() {
    awk -v field="$1" 'NR % 2 { name = $0; next } name == field'
}

named_by() {
    ask "$1" sentinel SENTINEL MASTER "$master_name" | values ip
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

# The sentinel of this pod names a master without any doubt, and knows the servers and sentinels there are, no more.
knows_exactly() {
    answer=$(ask "$1" sentinel SENTINEL MASTER "$master_name")
    [ "$(printf '%s\n' "$answer" | values flags)" = master ] || return 1
    known=$({
        printf '%s\n' "$answer" | values ip
        ask "$1" sentinel SENTINEL REPLICAS "$master_name" | values ip
    } | sort)
    [ "$known" = "$(pods "$server_pods" | column 2 | sort)" ] || return 1
    known=$(ask "$1" sentinel SENTINEL SENTINELS "$master_name" | values ip | sort)
    [ "$known" = "$(pods "$sentinel_pods" | awk -F'|' -v pod="$1" '$1 != pod { print $2 }' | sort)" ]
}

all_know_exactly() {
    for each in $(pods "$sentinel_pods" | column 1); do
        knows_exactly "$each" || return 1
    done
    agreed_master >/dev/null
}

# The pod every sentinel names master, if they agree and it is.
agreed_master() {
    address=$(for each in $(pods "$sentinel_pods" | column 1); do named_by "$each"; done | sort -u)
    master=$(pods "$server_pods" | awk -F'|' -v address="$address" '$2 == address { print $1 }')
    [ -n "$master" ] || return 1
    [ "$(ask "$master" "$(container_of "$master")" ROLE | head -n 1)" = master ] || return 1
    printf '%s\n' "$master"
}

container_of() {
    if [ "$1" = "$bootstrap" ]; then echo master; else echo redis; fi
}

moved() {
    new_master=$(agreed_master) && [ "$new_master" != "$bootstrap" ]
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
    if [ "$(agreed_master)" = "$bootstrap" ]; then
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
for pod in $(pods "$sentinel_pods" | column 1); do
    if knows_exactly "$pod"; then
        say "    the sentinel $pod knows nobody who is gone"
        continue
    fi
    # All of them agree before one of them forgets: in the seconds after, it could take part in no election.
    wait_for "the sentinels agree on a master" moved
    ask "$pod" sentinel SENTINEL RESET "$master_name" >/dev/null
    wait_for "the sentinel $pod knows exactly the servers and sentinels there are" knows_exactly "$pod"
done
wait_for "all sentinels know exactly the servers and sentinels there are" all_know_exactly

master=$(agreed_master) || fail "the sentinels no longer agree on a master"
say "The master is $master at $(address_of "$master"), with $((servers - 1)) replicas and $sentinels sentinels."
