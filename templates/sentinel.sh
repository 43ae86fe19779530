#!/bin/sh
# Starts a sentinel at once, with what it knew before, and keeps beside it a watch that mends what Sentinel cannot: a
# sentinel that knows nothing, sentinels that have not met, and the ghosts of pods that were scaled away.
# shellcheck disable=SC2154 # variables of common.sh and topology.env
set -u
# shellcheck source=common.sh
. /etc/redis-k8s/common.sh

conf=$data/sentinel.conf
me=127.0.0.1

# own_id: the same after every restart, so that the others see the same sentinel come back, not a new one.
own_id() {
    printf '%s/%s' "$POD_NAMESPACE" "$POD_NAME" | sha1sum | { read -r id _ && echo "$id"; }
}

# configure: the configuration of this start, with the election state of the last one.
configure() {
    umask 077
    known=$(grep -E "^sentinel (monitor|config-epoch|leader-epoch|current-epoch|known-replica|known-sentinel)( |$)" "$conf" 2>/dev/null) || known=''
    case $known in
        *"sentinel monitor $RK_MASTER "*) ;;
        *) known='' ;;
    esac
    {
        echo "include $etc/sentinel.conf"
        echo "sentinel myid $(own_id)"
        # Without names the pod's own address has to do; the watch corrects it.
        configure_address=$(announced sentinel "$ordinal")
        echo "sentinel announce-ip ${configure_address:-$POD_IP}"
        echo "sentinel announce-port $RK_SENTINEL_PORT"
        if [ -n "$(secret sentinel)" ]; then
            accepted_passwords sentinel
            # The others may not take the new password yet; the watch finds out.
            printf 'sentinel sentinel-pass %s\n' "$(secret sentinel | quoted)"
        fi
        if [ -n "$known" ]; then
            printf '%s\n' "$known" | grep '^sentinel monitor '
            echo "sentinel down-after-milliseconds $RK_MASTER $down_after"
            echo "sentinel failover-timeout $RK_MASTER $failover_timeout"
            echo "sentinel parallel-syncs $RK_MASTER $parallel_syncs"
            [ -z "$(secret server)" ] || echo "sentinel auth-pass $RK_MASTER $(secret server | quoted)"
            printf '%s\n' "$known" | grep -v '^sentinel monitor '
        fi
    } >"$conf.new"
    mv "$conf.new" "$conf"
}

tell() { ask sentinel "$me" >/dev/null; }

# learn: a blank sentinel asks the others, and, if none knows, the servers: exactly one master is evidence enough.
learn() {
    if [ -n "$named" ]; then
        say "blank: the other sentinels name $named (epoch $epoch)"
        ! register "$named" "$me" || introduce
        return
    fi
    majority || return 0
    learn_masters=''
    roster server >"$run/servers"
    while read -r _ learn_address; do
        case $(role "$learn_address") in
            master*) learn_masters="$learn_masters $learn_address" ;;
            *) ;;
        esac
    done <"$run/servers"
    case $learn_masters in
        '' | ' '*' '*) ;;
        *)
            say "blank, as are the others: $learn_masters is master"
            register "${learn_masters# }" "$me" || :
            ;;
    esac
}

# agree: before the first election two servers may have been registered at once; the smaller part gives in.
agree() {
    if [ "$epoch" != 0 ] || [ "$own_address" = "$named" ] || ! majority; then
        return 0
    fi
    case $(role "$named") in
        master*)
            say "the other sentinels name $named (epoch $epoch), not $own_address: giving in"
            echo "SENTINEL REMOVE $RK_MASTER" | tell
            register "$named" "$me" || :
            ;;
        *) ;;
    esac
}

# introduce: presents to this sentinel those it has not met, in the words sentinels use among themselves. Without it they
# meet only through a master that lives.
introduce() {
    while read -r introduce_ordinal introduce_address; do
        [ "$introduce_ordinal" != "$ordinal" ] || continue
        case " $known_addresses " in
            *" $introduce_address "*) continue ;;
            *) ;;
        esac
        introduce_id=$(echo SENTINEL MYID | ask sentinel "$introduce_address") || continue
        case $introduce_id in
            *[!0-9a-f]* | '') continue ;;
            *) ;;
        esac
        echo "PUBLISH __sentinel__:hello $introduce_address,$RK_SENTINEL_PORT,$introduce_id,$epoch,$RK_MASTER,$named,$RK_PORT,$epoch" |
            tell
    done <"$run/sentinels"
}

# instances sentinels|replicas: what this sentinel knows of them: "ADDRESS FLAGS MILLISECONDS_SINCE_ANSWER", one a line.
instances() {
    echo "SENTINEL $1 $RK_MASTER" | ask sentinel "$me" | {
        instance=''
        while read -r key && read -r value; do
            case $key in
                name) [ -z "$instance" ] || echo "$instance $instance_flags $instance_silence" ;;
                ip) instance=$value ;;
                flags) instance_flags=$value ;;
                last-ok-ping-reply) instance_silence=$value ;;
                *) ;;
            esac
        done
        [ -z "$instance" ] || echo "$instance $instance_flags $instance_silence"
    }
}

# gone: of the instances on standard input, the addresses that are down for a while and that no pod has: $1 lists those
# that pods have.
gone() {
    while read -r gone_address gone_flags gone_silence; do
        case $gone_flags in
            *s_down*) ;;
            *) continue ;;
        esac
        case " $1 " in
            *" $gone_address "*) continue ;;
            *) ;;
        esac
        [ "$gone_silence" -lt $((down_after + 1500)) ] || printf '%s ' "$gone_address"
    done
}

# my_turn: ghosts are forgotten by one sentinel at a time, lowest first, each after the last knows everybody again.
my_turn() {
    turn_servers=$(wc -l <"$run/present-servers")
    turn_sentinels=$(wc -l <"$run/present-sentinels")
    while read -r turn_ordinal _; do
        [ "$turn_ordinal" -lt "$ordinal" ] || continue
        read -r turn_kind _ _ turn_flags turn_replicas turn_others _ <"$run/views/$turn_ordinal" || return 1
        [ "$turn_kind $turn_flags $turn_replicas $turn_others" = \
            "named master $((turn_servers - 1)) $((turn_sentinels - 1))" ] || return 1
    done <"$run/present-sentinels"
}

# forget: RESET is the only way to make Sentinel forget a pod that was scaled away. Not while the master is in doubt, not
# without a majority, not twice at a time, and not for a pod that is only being replaced.
forget() {
    ghosts=''
    if grep -q s_down "$run/known-sentinels" "$run/known-replicas"; then
        roster server present >"$run/present-servers"
        ghosts=$(gone "$(addresses_of "$run/present-sentinels")" <"$run/known-sentinels")
        ghosts=$ghosts$(gone "$(addresses_of "$run/present-servers")" <"$run/known-replicas")
    fi
    if [ -n "$ghosts" ] && [ "$ghosts" = "$ghosts_before" ] && [ "$own_flags" = master ] && name_service; then
        survey
        if majority && my_turn; then
            say "forgetting $ghosts: no such pod"
            echo "SENTINEL RESET $RK_MASTER" | tell
            known_addresses=''
            introduce
        fi
    fi
    ghosts_before=$ghosts
}

# settle: gives this sentinel the timers and passwords of today; both may change under a running pod.
settle() {
    settle_address=$(announced sentinel "$ordinal")
    settle_server=$(secret server)
    if [ -n "$(secret server-previous)" ]; then
        roster server >"$run/servers"
        # shellcheck disable=SC2046 # several addresses
        settle_server=$(secret_for server $(addresses_of "$run/servers"))
    fi
    settle_sentinel=$(secret sentinel)
    if [ -n "$(secret sentinel-previous)" ]; then
        # shellcheck disable=SC2046
        settle_sentinel=$(secret_for sentinel $(addresses_of "$run/present-sentinels"))
    fi
    settle_all=$(cat "$etc/topology.env" && printf '%s %s %s' "$settle_server" "$settle_sentinel" "$settle_address" | sha256sum)
    [ "$settle_all" != "$settled" ] || return 0
    {
        sentinel_settings "$settle_server"
        [ -z "$settle_sentinel" ] || printf 'SENTINEL CONFIG SET sentinel-pass %s\n' "$(printf '%s' "$settle_sentinel" | quoted)"
        [ -z "$settle_address" ] || echo "SENTINEL CONFIG SET announce-ip $settle_address"
    } | tell
    settled=$settle_all
}

watch() {
    settled='' ghosts_before=''
    pause=0.5
    while sleep "$pause"; do
        read_topology
        read -r own_kind own_address own_epoch own_flags _ <<OWN
$(view "$me")
OWN
        case $own_kind in
            blank)
                survey
                known_addresses=''
                learn
                continue
                ;;
            named) ;;
            *) continue ;;
        esac
        instances sentinels >"$run/known-sentinels"
        instances replicas >"$run/known-replicas"
        roster sentinel present >"$run/present-sentinels"
        settle
        known_addresses=$(while read -r address _; do printf '%s ' "$address"; done <"$run/known-sentinels")
        if strangers || [ "$own_epoch" = 0 ]; then
            survey
            agree
            introduce
        fi
        forget
        # Quick while something is amiss, slow when all is well.
        if [ -z "$ghosts" ] && [ "$(wc -l <"$run/known-sentinels")" -ge $((sentinels - 1)) ]; then pause=2; else pause=1; fi
    done
}

# strangers: true if a sentinel has a name but is not known to this one.
strangers() {
    while read -r stranger_ordinal stranger_address; do
        [ "$stranger_ordinal" != "$ordinal" ] || continue
        case " $known_addresses " in
            *" $stranger_address "*) ;;
            *) return 0 ;;
        esac
    done <"$run/present-sentinels"
    return 1
}

while [ "${RK_AUTH:-0}" = 1 ] && [ -z "$(secret server)" ]; do
    say 'waiting for the password'
    sleep 1
done
configure
echo running >"$run/state"
say "starting, $(grep "^sentinel monitor " "$conf" || echo 'knowing no master')"
watch &
exec "$server_program" "$conf" --sentinel
