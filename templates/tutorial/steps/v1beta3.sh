#!/bin/sh
# The run book of the tutorial "Reliable, Scalable Redis on Kubernetes" for the instance {{ name }}, as of 2015:
# for a cluster that serves v1beta3, and the kubectl of its time, which says resize where later ones say scale.
#
# Needs no input, can be run again after an interruption, and ends with an error as soon as a step does not hold.
#   KUBECTL   the client and its options, default kubectl
#   WAIT      seconds each step may take, default 600: the image's sentinels take a minute to miss a master
set -eu

KUBECTL=${KUBECTL:-kubectl}
WAIT=${WAIT:-600}
name='{{ name }}'
port={{ port }}
sentinel_port={{ sentinel_port }}
servers={{ servers }}
sentinels={{ sentinels }}
bootstrap=$name-master

kube() {
    # shellcheck disable=SC2086 # the client and its options
    $KUBECTL {% if namespace %}--namespace='{{ namespace }}' {% endif %}"$@"
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

exists() {
    kube get "$1" "$2" </dev/null >/dev/null 2>&1
}

# create KIND NAME: the object on standard input, unless it is there.
create() {
    if exists "$1" "$2"; then
        say "    $1 $2 is there"
    else
        kube create -f -
    fi
}

{% raw %}
# pods SELECTOR: `NAME|ADDRESS|PHASE` of every pod.
pods() {
    kube get pods -l "$1" -o template --template='{{range .items}}{{.metadata.name}}|{{.status.podIP}}|{{.status.phase}}{{"\n"}}{{end}}'
}
{% endraw %}

# ask POD CONTAINER PORT COMMAND...: what its server or sentinel answers.
ask() {
    ask_pod=$1 ask_container=$2 ask_port=$3
    shift 3
    kube exec -p "$ask_pod" -c "$ask_container" -- redis-cli -p "$ask_port" "$@" </dev/null 2>/dev/null || :
}

# --- what has to hold ---

bootstrap_serves() {
    [ "$(ask "$bootstrap" master "$port" PING)" = PONG ] && [ -n "$(named_by "$bootstrap")" ]
}

bootstrap_gone() {
    ! exists pods "$bootstrap"
}

{% raw %}
# has_pods CONTROLLER: the controller counts a pod as its own, whoever made it.
has_pods() {
    case $(kube get rc "$1" -o template --template='{{.status.replicas}}') in
    '' | 0 | '<no value>') return 1 ;;
    esac
}
{% endraw %}

# running SELECTOR COUNT: so many pods run.
running() {
    [ "$(pods "$1" | grep -c '|Running$')" -ge "$2" ]
}

sentinel_pods() {
    pods "$name-sentinel=true" | awk -F'|' '$3 == "Running" { print $1 }'
}

named_by() {
    ask "$1" sentinel "$sentinel_port" SENTINEL get-master-addr-by-name mymaster | head -n 1
}

# Every sentinel knows at least as many replicas and sentinels as there are.
all_know() {
    for each in $(sentinel_pods); do
        [ "$(ask "$each" sentinel "$sentinel_port" SENTINEL slaves mymaster | grep -c '^runid$')" -ge $((servers - 1)) ] || return 1
        [ "$(ask "$each" sentinel "$sentinel_port" SENTINEL sentinels mymaster | grep -c '^runid$')" -ge $((sentinels - 1)) ] || return 1
    done
}

# The running pod every sentinel names master, if they agree.
agreed_master() {
    address=$(for each in $(sentinel_pods); do named_by "$each"; done | sort -u)
    master=$(pods "name=$name" | awk -F'|' -v address="$address" '$2 == address && $3 == "Running" { print $1 }')
    [ -n "$master" ] && printf '%s\n' "$master"
}

moved() {
    new_master=$(agreed_master) && [ "$new_master" != "$bootstrap" ]
}

# --- the steps ---

if exists rc "$name-sentinel" && bootstrap_gone; then
    say "The bootstrap pod has served its time already."
else
    say "1. The bootstrap pod: the first master and the first sentinel"
    create pods '{{ pod.name }}' <<'END_OF_OBJECT'
{{ pod.yaml }}END_OF_OBJECT
    wait_for "pod $bootstrap serves" bootstrap_serves

    say "2. The Service through which sentinels are found"
    create services '{{ service.name }}' <<'END_OF_OBJECT'
{{ service.yaml }}END_OF_OBJECT

    say "3. The controller of the servers, which adopts the bootstrap pod"
    create rc '{{ redis.name }}' <<'END_OF_OBJECT'
{{ redis.yaml }}END_OF_OBJECT
    wait_for "the controller $name has adopted pod $bootstrap" has_pods "$name"

    say "4. The controller of the sentinels, which adopts it too"
    create rc '{{ sentinel.name }}' <<'END_OF_OBJECT'
{{ sentinel.yaml }}END_OF_OBJECT
    wait_for "the controller $name-sentinel has adopted pod $bootstrap" has_pods "$name-sentinel"

    say "5. More servers and more sentinels"
    kube resize rc "$name" --replicas="$servers"
    kube resize rc "$name-sentinel" --replicas="$sentinels"
    wait_for "$servers servers run" running "name=$name" "$servers"
    wait_for "$sentinels sentinels run" running "$name-sentinel=true" "$sentinels"
    wait_for "every sentinel knows all servers and all other sentinels" all_know

    say "6. The bootstrap pod has served its time"
    kube delete pods "$bootstrap"
    wait_for "pod $bootstrap is gone" bootstrap_gone
fi
wait_for "$servers servers run" running "name=$name" "$servers"
wait_for "$sentinels sentinels run" running "$name-sentinel=true" "$sentinels"
wait_for "the sentinels agree on a new master" moved

master=$(agreed_master) || fail "the sentinels no longer agree on a master"
say "The master is $master at $(named_by "$(sentinel_pods | head -n 1)")."
