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
    # Names, addresses and epochs are kept; ports are those of today.
    known=$(sed -nE -e "s/^(sentinel (monitor|known-replica) [^ ]+ [^ ]+) [0-9]+/\1 $RK_PORT/" \
        -e "s/^(sentinel known-sentinel [^ ]+ [^ ]+) [0-9]+/\1 $RK_SENTINEL_PORT/" \
        -e '/^sentinel (monitor|config-epoch|leader-epoch|current-epoch|known-replica|known-sentinel)( |$)/p' \
        "$conf" 2>/dev/null) || known=''
    known_master=$(printf '%s\n' "$known" | sed -n "s/^sentinel monitor $RK_MASTER \([^ ]*\) .*/\1/p")
    if [ -z "$known_master" ]; then
        known=''
    elif stranger "$known_master"; then
        say "the Services have new addresses: forgetting $known_master"
        known=''
    fi
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
    if [ -n "$named" ] && stranger "$named"; then
        say "blank: the other sentinels name $named (epoch $epoch), which is no server of this instance: waiting"
        return
    fi
    if [ -n "$named" ]; then
        say "blank: the other sentinels name $named (epoch $epoch)"
        ! register "$named" "$me" || introduce
        return
    fi
    majority || return 0
    # A server that waits asks the others itself, and tells all sentinels of a master it finds.
    [ -z "$(notes "$me")" ] || return 0
    look_around
    if [ "$masters_found" = 1 ]; then
        say "blank, as are the others: $master_found is master"
        register "$master_found" "$me" || :
    fi
}

# look_around: asks the servers themselves. Sets
#   masters_found  how many say they are master; master_found is the address of the last
#   replicas_found how many say anything else
look_around() {
    masters_found=0 master_found='' replicas_found=0
    look_at=$(members server)
    # shellcheck disable=SC2086 # several ordinals
    interview $look_at
    for look_ordinal in $look_at; do
        read -r look_address look_role _ <"$run/roles/$look_ordinal" || continue
        case $look_role in
            master) masters_found=$((masters_found + 1)) master_found=$look_address ;;
            silent) ;;
            *) replicas_found=$((replicas_found + 1)) ;;
        esac
    done
}

# give_up: lets go of a master that is down and no server of this instance, as when all Services were made anew: for the one
# server that says it is master, or for none if all of them wait.
give_up() {
    case $own_flags in
        *s_down*) ;;
        *) foreign=0; return ;;
    esac
    if stranger "$own_address"; then foreign=$((foreign + 1)); else foreign=0; fi
    [ "$foreign" -ge 3 ] || return 0
    look_around
    if [ "$masters_found" = 1 ]; then
        survey
        majority || return 0
        say "$own_address is no server of this instance: giving it up for $master_found"
        if [ "$found" -gt 1 ]; then
            present "$master_found" $((epoch + 1))
        else
            echo "SENTINEL REMOVE $RK_MASTER" | tell
            register "$master_found" "$me" || :
        fi
    elif [ "$masters_found$replicas_found" = 00 ]; then
        say "$own_address is no server of this instance: giving it up for whoever starts"
        echo "SENTINEL REMOVE $RK_MASTER" | tell
    fi
}

# present ADDRESS EPOCH: tells the other sentinels of a master in the words of a hello, which they follow if the epoch is higher
# than theirs, and then tell this one.
present() {
    present_id=$(echo SENTINEL MYID | ask sentinel "$me")
    present_me=$(announced sentinel "$ordinal")
    present_hello=$present_me,$RK_SENTINEL_PORT,$present_id,$2,$RK_MASTER,$1,$RK_PORT,$2
    while read -r present_ordinal present_to; do
        [ "$present_ordinal" = "$ordinal" ] || echo "PUBLISH __sentinel__:hello $present_hello" | ask sentinel "$present_to" >/dev/null
    done <"$run/sentinels"
}

# agree: where two servers were registered at once, or elected under one epoch, the smaller part gives in. Sets agreed once
# all sentinels name the same.
agree() {
    if [ "$own_address" = "$named" ]; then
        [ "$answered" -lt "$found" ] || [ "$(wc -l <"$run/tally")" -ne 1 ] || agreed="$own_address $own_epoch"
        return
    fi
    if [ "$own_epoch" != "$epoch" ] || ! majority; then
        return
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

# instances: what this sentinel knows of the others, one a line in $run/known-sentinels and $run/known-replicas: "ADDRESS FLAGS
# MILLISECONDS_SINCE_ANSWER", and of replicas the priority.
instances() {
    : >"$run/known-sentinels"
    : >"$run/known-replicas"
    printf 'SENTINEL %s %s\n' SENTINELS "$RK_MASTER" REPLICAS "$RK_MASTER" | ask sentinel "$me" | {
        while read -r key; do
            # An empty list is an empty line.
            [ -n "$key" ] || continue
            read -r value
            case $key in
                ip) instance=$value ;;
                flags) instance_flags=$value ;;
                last-ok-ping-reply) instance_silence=$value ;;
                slave-priority) instance_priority=$value ;;
                # Of these two only replicas have the first, only sentinels the second, behind all the others.
                slave-repl-offset)
                    echo "$instance $instance_flags $instance_silence $instance_priority" >>"$run/known-replicas"
                    ;;
                voted-leader-epoch) echo "$instance $instance_flags $instance_silence" >>"$run/known-sentinels" ;;
                *) ;;
            esac
        done
    }
}

# gone: of the instances on standard input, the addresses that are down for a while and that no pod has: $1 lists those
# that pods have.
gone() {
    while read -r gone_address gone_flags gone_silence _; do
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

# doubles: of the replicas on standard input, those known by the address of a pod that announces another: what a sync that
# was interrupted leaves behind in Redis 8. $1 lists the announced addresses, $2 those of pods.
doubles() {
    while read -r doubles_address _; do
        case " $1 " in
            *" $doubles_address "*) continue ;;
            *) ;;
        esac
        case " $2 " in
            *" $doubles_address "*) printf '%s ' "$doubles_address" ;;
            *) ;;
        esac
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
# without a majority, not twice at a time, and not for a pod that was replaced before anybody missed it.
forget() {
    roster server present >"$run/present-servers"
    ghosts=$(gone "$(addresses_of <"$run/present-sentinels")" <"$run/known-sentinels")
    ghosts=$ghosts$(gone "$(addresses_of <"$run/present-servers")" <"$run/known-replicas")
    ghosts=$ghosts$(doubles "$(addresses_of <"$run/present-servers")" "$(addresses "$RK_INSTANCE-headless" | tr '\n' ' ')" \
        <"$run/known-replicas")
    if [ -n "$ghosts" ] && [ "$ghosts" = "$ghosts_before" ] && [ "$own_flags" = master ] && name_service; then
        survey
        # Asked again, since a RESET would end an election this sentinel leads.
        case "$(majority && my_turn && view "$me")" in
            "named $named $epoch master "*)
                say "forgetting $ghosts: no such pod"
                echo "SENTINEL RESET $RK_MASTER" | tell
                known_addresses=''
                introduce
                ;;
            *) ;;
        esac
    fi
    ghosts_before=$ghosts
}

# rescue: an election that found no replica to promote, because none had answered for a moment, is tried again only after twice
# the failover timeout. Once the master has been down for ten passes and nobody elects, the lowest sentinel that answers does.
rescue() {
    case $own_flags in
        *failover_in_progress*) masterless=0; return ;;
        *o_down*) masterless=$((masterless + 1)) ;;
        *) masterless=0; return ;;
    esac
    [ "$masterless" -ge 10 ] || return 0
    survey
    case $flags in
        *failover_in_progress*) return ;;
        *) ;;
    esac
    if majority && [ "$named" = "$own_address" ] && lowest; then
        say "$named is down, and nobody elects another: doing so"
        echo "SENTINEL FAILOVER $RK_MASTER" | tell
    fi
}

# vote_again: sentinels that stand for election at the same moment each vote for themselves, and none tries again for twice the
# failover timeout: 29 to 60 s without a master. The lowest does so at once, and has the votes of the others; should it be none of
# them, the next does two seconds later.
vote_again() {
    case $own_flags in
        *candidate*) candidacy=$((candidacy + 1)) ;;
        *) candidacy=0; return ;;
    esac
    [ "$candidacy" -ge 3 ] || return 0
    survey
    majority && nobody_elected || return 0
    # Who does not answer may have been elected, and be about to promote another.
    [ "$answered" -ge "$found" ] || before_me=$((before_me + 1))
    [ "$candidacy" -ge $((3 + 4 * before_me)) ] || return 0
    say 'sentinels vote for themselves, and none is elected: voting again'
    # After half a second it gives up, and after a whole one it tries again.
    echo "SENTINEL SET $RK_MASTER failover-timeout 500" | tell
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        sleep 0.1
        case $(view "$me") in
            *candidate*) ;;
            "named $own_address "*failover_in_progress*) break ;;
            "named $own_address "*) ;;
            *) break ;;
        esac
    done
    # What follows may take its time.
    echo "SENTINEL SET $RK_MASTER failover-timeout $failover_timeout" | tell
    candidacy=0
}

# nobody_elected: true if no sentinel that answered the last survey leads an election, or has led one. Sets before_me to how many
# of them are of a lower ordinal.
nobody_elected() {
    before_me=0
    while read -r elected_ordinal _; do
        read -r elected_kind elected_address _ elected_flags _ <"$run/views/$elected_ordinal" || continue
        [ "$elected_kind" = named ] || continue
        [ "$elected_address" = "$own_address" ] || return 1
        case $elected_flags in
            *candidate*) ;;
            *failover_in_progress*) return 1 ;;
            *) ;;
        esac
        [ "$elected_ordinal" -ge "$ordinal" ] || before_me=$((before_me + 1))
    done <"$run/sentinels"
}

# lowest: true if no sentinel of a lower ordinal answered the last survey.
lowest() {
    while read -r lowest_ordinal _; do
        [ "$lowest_ordinal" -lt "$ordinal" ] || continue
        ! names_master "$lowest_ordinal" || return 1
    done <"$run/sentinels"
}

# even: takes the preference off replicas whose stop hook did not live to do it, or the next election would choose them
# whatever data they have.
even() {
    grep ' 50$' "$run/known-replicas" >"$run/preferred" || { preferred=0; return; }
    preferred=$((preferred + 1))
    [ "$preferred" -ge 10 ] || return 0
    while read -r even_address _; do
        echo 'CONFIG SET replica-priority 100' | ask server "$even_address" >/dev/null
    done <"$run/preferred"
}

# settle: gives this sentinel the timers and passwords of today; both may change under a running pod, and a stop hook that does not
# live to take its own back leaves them.
settle() {
    settle_address=$(announced sentinel "$ordinal")
    settle_server=$(secret server)
    if [ -n "$(secret server-previous)" ]; then
        # shellcheck disable=SC2046 # several addresses
        settle_server=$(secret_for server $(roster server | addresses_of))
    fi
    settle_sentinel=$(secret sentinel)
    if [ -n "$(secret sentinel-previous)" ]; then
        # shellcheck disable=SC2046
        settle_sentinel=$(secret_for sentinel $(roster sentinel present | addresses_of))
    fi
    settle_all=$(cat "$etc/topology.env" &&
        printf '%s %s %s %s' "$settle_server" "$settle_sentinel" "$settle_address" "$own_address" | sha256sum)
    [ "$settle_all" != "$settled" ] || return 0
    {
        sentinel_settings "$settle_server"
        [ -z "$settle_sentinel" ] || printf 'SENTINEL CONFIG SET sentinel-pass %s\n' "$(printf '%s' "$settle_sentinel" | quoted)"
        [ -z "$settle_address" ] || echo "SENTINEL CONFIG SET announce-ip $settle_address"
    } | all_done sentinel "$me" && settled=$settle_all
}

# amiss: true unless this sentinel knows exactly those who have a name, holds nobody for down and agrees with all the others.
amiss() {
    [ "$own_flags" != master ] || [ "$agreed" != "$own_address $own_epoch" ] || [ -n "$ghosts_before" ] ||
        grep -q s_down "$run/known-sentinels" "$run/known-replicas" ||
        [ "$(addresses "$RK_INSTANCE-sentinel-headless" | wc -l)" -ne $(($(wc -l <"$run/known-sentinels") + 1)) ] ||
        [ "$(addresses "$RK_INSTANCE-headless" | wc -l)" -ne $(($(wc -l <"$run/known-replicas") + 1)) ]
}

watch() {
    settled='' agreed='' ghosts_before='' masterless=0 candidacy=0 foreign=0 preferred=0
    pause=0.5
    while sleep "$pause"; do
        read_topology
        own_view=$(view "$me")
        read -r own_kind own_address own_epoch own_flags _ <<OWN
$own_view
OWN
        case $own_kind in
            blank)
                survey
                known_addresses=''
                learn
                pause=1
                continue
                ;;
            named) ;;
            *) continue ;;
        esac
        instances
        settle
        vote_again
        rescue
        give_up
        even
        # While this sentinel stands for election, nothing else matters.
        pause=0.3
        [ "$candidacy" = 0 ] || continue
        # Everything else costs look-ups and questions, which nobody should pay for while all is well.
        pause=2
        amiss || continue
        pause=1
        known_addresses=$(while read -r address _; do printf '%s ' "$address"; done <"$run/known-sentinels")
        roster sentinel present >"$run/present-sentinels"
        if strangers || [ "$agreed" != "$own_address $own_epoch" ]; then
            survey
            agree
            introduce
        fi
        forget
    done
}

# fence: runs beside the sentinel. A master that is held for down may be alive, with clients and a replica that hear it: once this
# sentinel is to promote another, it is told to take no writes. Whether it hears that or not, another is promoted.
fence() {
    guarded || return 0
    while :; do
        # Words, since a client whose commands come from a file leaves where that ends.
        send "$(secret sentinel)" "$me" "$RK_SENTINEL_PORT" 86400 SUBSCRIBE +elected-leader </dev/null |
            while read -r fence_kind fence_name fence_address _; do
                [ "$fence_kind $fence_name" != "master $RK_MASTER" ] || insist "$fence_address"
            done
        sleep 1
    done
}

# insist ADDRESS: tells a master to take no writes, several times: Sentinel promotes another 0.1 to 0.2 s later, and a packet that
# is lost is sent again only after a second.
insist() {
    close_writes "$1" &
    say "$1 is about to be replaced: telling it to take no writes"
    for _ in 1 2 3 4; do
        sleep 0.1
        close_writes "$1" &
    done
    wait
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
fence &
exec "$server_program" "$conf" --sentinel
