# shellcheck shell=sh
# What servers and sentinels share: who is there, how to ask them, and what they answer.
#
# From the environment:
#   RK_INSTANCE                 name of the instance; every other name is made from it
#   RK_MASTER                   name of the master, as sentinels and clients know it
#   RK_PORT, RK_SENTINEL_PORT   ports of servers and sentinels
#   RK_TLS                      1 if every connection is encrypted
#   POD_NAME, POD_NAMESPACE, POD_IP
# From $etc/topology.env, which may change under a running pod (only digits after each '='):
#   servers sentinels quorum down_after failover_timeout parallel_syncs durable claims

# shellcheck disable=SC2034,SC2154 # half of the variables are read by the scripts that source this one, or set in topology.env

etc=/etc/redis-k8s
run=/run/redis-k8s
data=/data
names=$data/names
# More replicas than any instance has: a server that asks for so many takes no writes.
too_many=10000
# Milliseconds after which sentinels ask servers for their state again.
info_period=250
ordinal=${POD_NAME##*-}
# Where the client says why it cannot connect, which only who redirects this wants to know.
exec 3>/dev/null

read_topology() {
    # shellcheck source=/dev/null
    . "$etc/topology.env"
}
read_topology

# The two official images name their programs differently; Valkey's has links by the names of Redis, too.
if command -v valkey-server >/dev/null 2>&1; then
    server_program=valkey-server cli=valkey-cli
else
    server_program=redis-server cli=redis-cli
fi
tls_flags=''
if [ "$RK_TLS" = 1 ]; then
    tls_flags="--tls --cacert /etc/redis-k8s-tls/ca.crt --cert /etc/redis-k8s-tls/tls.crt --key /etc/redis-k8s-tls/tls.key"
fi

# One line for the operator. The same line is not repeated while nothing changes.
last_said=''
say() {
    if [ "$*" != "$last_said" ]; then
        last_said=$*
        printf '%s %s: %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$POD_NAME" "$*"
    fi
}

# --- secrets: read from files, handed on by standard input or environment, never by arguments ---

# read_secret NAME: sets secret_line to the first line of a mounted secret, or to nothing.
read_secret() {
    secret_line=''
    [ ! -r "/etc/redis-k8s-auth/$1" ] || IFS= read -r secret_line <"/etc/redis-k8s-auth/$1" || :
}

# secret NAME: prints it.
secret() {
    read_secret "$1"
    printf '%s' "$secret_line"
}

# quoted: standard input as one argument of a configuration file, whatever bytes it has.
quoted() {
    printf '"%s"' "$(od -An -v -tx1 | tr -d '\n' | sed 's/ /\\x/g')"
}

# digest: standard input as the '#' form of an ACL password.
digest() {
    sha256sum | { read -r hash _ && printf '#%s' "$hash"; }
}

# --- questions ---

# send SECRET ADDRESS PORT [SECONDS [WORD...]]: sends a command, or those of standard input, with a password, if any, and prints
# the answers.
send() {
    send_secret=$1 send_to="-h $2 -p $3" send_for=${4:-1}
    if [ $# -gt 4 ]; then shift 4; else set --; fi
    if [ -n "$send_secret" ]; then
        # shellcheck disable=SC2086 # the flags are several words
        REDISCLI_AUTH=$send_secret VALKEYCLI_AUTH=$send_secret timeout "$send_for" "$cli" $send_to $tls_flags "$@" 2>&3
    else
        # shellcheck disable=SC2086
        timeout "$send_for" "$cli" $send_to $tls_flags "$@" 2>&3
    fi
}

# ask_with SECRET_NAME server|sentinel ADDRESS: sends the commands of standard input, prints the answers, gives up after a second.
ask_with() {
    read_secret "$1"
    if [ "$2" = server ]; then ask_port=$RK_PORT; else ask_port=$RK_SENTINEL_PORT; fi
    send "$secret_line" "$3" "$ask_port"
}

# ask server|sentinel ADDRESS: does so with the password of the kind. While it changes, those who refuse the current one are
# asked with the previous one.
ask() {
    read_secret "$1-previous"
    if [ -z "$secret_line" ]; then
        ask_with "$1" "$1" "$2" || :
        return
    fi
    ask_commands=$(cat)
    for ask_secret in "$1" "$1-previous"; do
        ask_answer=$(printf '%s\n' "$ask_commands" | ask_with "$ask_secret" "$1" "$2") || :
        case $ask_answer in
            NOAUTH* | WRONGPASS*) ;;
            *) break ;;
        esac
    done
    printf '%s\n' "$ask_answer"
}

# secret_for server|sentinel ADDRESS...: the password all of these take: while it changes, some may know only the previous.
secret_for() {
    secret_kind=$1
    shift
    if [ -n "$(secret "$secret_kind-previous")" ]; then
        for secret_address in "$@"; do
            case $(echo PING | ask_with "$secret_kind" "$secret_kind" "$secret_address") in
                NOAUTH* | WRONGPASS*) secret "$secret_kind-previous"; return ;;
                *) ;;
            esac
        done
    fi
    secret "$secret_kind"
}

# accepted_passwords server|sentinel: the default user as configuration, with every password that is valid.
accepted_passwords() {
    printf 'user default on ~* &* +@all'
    for accepted in "$1" "$1-previous"; do
        [ -z "$(secret "$accepted")" ] || printf ' %s' "$(secret "$accepted" | digest)"
    done
    echo
}

# role ADDRESS: what a server says it is: "master OFFSET", "slave MASTER_ADDRESS LINK OFFSET", "loading", "refused" (our
# password), "other" or, if it does not answer, "silent".
role() {
    echo ROLE | ask server "$1" | {
        role_word=''
        read -r role_word || :
        case $role_word in
            master) read -r role_offset && echo "master $role_offset" || echo silent ;;
            slave)
                read -r role_master && read -r _ && read -r role_link && read -r role_offset
                echo "slave $role_master $role_link $role_offset"
                ;;
            LOADING*) echo loading ;;
            NOAUTH* | WRONGPASS*) echo refused ;;
            '') echo silent ;;
            *) echo other ;;
        esac
    }
}

# view ADDRESS: what a sentinel knows of our master: "named ADDRESS EPOCH FLAGS REPLICAS SENTINELS" (the other sentinels it
# knows), "blank", "refused" or "silent". Two flags are ours: unheard and candidate.
view() {
    # The address comes last, since a failover may end between the answers: with an epoch too low it is put right by the next hello,
    # while an old address under the new epoch would be believed. It is asked for on its own: while a failover ends, MASTER still
    # shows the old one under the new epoch.
    printf 'SENTINEL MASTER %s\nPING\nSENTINEL GET-MASTER-ADDR-BY-NAME %s\nPING\n' "$RK_MASTER" "$RK_MASTER" |
        ask sentinel "$1" | {
            view_address='' view_epoch=0 view_flags=none view_old='' view_replicas=0 view_sentinels=0 view_key='' view_end=''
            while read -r view_key; do
                case $view_key in
                    PONG) break ;;
                    'ERR No such master'* | '') continue ;;
                    NOAUTH* | WRONGPASS* | ERR*) echo refused; return ;;
                    *) read -r view_value || : ;;
                esac
                case $view_key in
                    ip) view_old=$view_value ;;
                    flags) view_flags=$view_value ;;
                    # It stands for election, and is not elected yet.
                    failover-state) [ "$view_value" != wait_start ] || view_flags=$view_flags,candidate ;;
                    config-epoch) view_epoch=$view_value ;;
                    # Down is said only after down-after; that a master has not answered for 2.5 s tells it before.
                    last-ok-ping-reply) [ "$view_value" -lt 2500 ] || view_flags=$view_flags,unheard ;;
                    num-slaves) view_replicas=$view_value ;;
                    num-other-sentinels) view_sentinels=$view_value ;;
                    *) ;;
                esac
            done
            if [ "$view_key" = PONG ] && read -r view_address; then
                view_end=$view_address
                [ "$view_end" != PONG ] || view_address=''
                while [ "$view_end" != PONG ] && read -r view_end; do :; done
            fi
            if [ "$view_end" != PONG ]; then
                # Nothing at all came back, or it broke off.
                echo silent
                return
            fi
            # Once the new master is chosen, what is left of a failover is none of its concern.
            [ "$view_old" = "$view_address" ] || view_flags=master
            if [ -n "$view_address" ]; then
                echo "named $view_address $view_epoch $view_flags $view_replicas $view_sentinels"
            else
                echo blank
            fi
        }
}

# --- names ---

# addresses NAME: the addresses of a name, one a line, always in the same order; nothing if there are none.
addresses() {
    addresses_found=''
    # Not in the here-document itself: busybox's timeout would keep its pipe open for a second.
    addresses_answer=$(timeout 2 getent ahosts "$1" 2>/dev/null)
    while read -r address _; do
        # Each is named once for every kind of socket.
        case "$addresses_found " in
            *" $address "*) ;;
            *) addresses_found="$addresses_found $address" ;;
        esac
    done <<FOUND
$addresses_answer
FOUND
    # Most names have one: a program less, dozens of times a second while a cluster starts.
    # shellcheck disable=SC2086 # several addresses
    case ${addresses_found# } in
        '') ;;
        *' '*) printf '%s\n' $addresses_found | sort ;;
        *) echo "${addresses_found# }" ;;
    esac
}

# name_service: true if names can be looked up at all; the sentinel Service always has one.
name_service() {
    [ -n "$(addresses "$RK_INSTANCE-sentinel")" ]
}

# recall NAME: sets recalled to the last known address of a name, or to nothing.
recall() {
    recalled=''
    [ ! -r "$names/$1" ] || read -r recalled <"$names/$1"
}

# lookup NAME: the address of a name. Without a name service the last known one, since Services keep their address.
lookup() {
    lookup_answer=$(addresses "$1")
    read -r lookup_found <<FOUND
$lookup_answer
FOUND
    recall "$1"
    if [ -z "$lookup_found" ]; then
        [ -z "$recalled" ] || name_service || echo "$recalled"
        return
    fi
    if [ "$recalled" != "$lookup_found" ]; then
        mkdir -p "$names"
        echo "$lookup_found" >"$names/$1.new.$$" && mv "$names/$1.new.$$" "$names/$1"
    fi
    echo "$lookup_found"
}

# set_of server|sentinel: the name of the set.
set_of() {
    if [ "$1" = server ]; then echo "$RK_INSTANCE"; else echo "$RK_INSTANCE-sentinel"; fi
}

# rendered server|sentinel: how many pods the set was rendered with; kubectl scale may have changed that.
rendered() {
    if [ "$1" = server ]; then echo "$servers"; else echo "$sentinels"; fi
}

# announced server|sentinel ORDINAL [known]: the address by which a pod is known to all: its Service's, or, for a pod beyond the
# rendered ones, its own; with 'known' the last one that was looked up. With TLS both are names, since certificates have names.
announced() {
    announced_set=$(set_of "$1")
    if [ "$2" -lt "$(rendered "$1")" ]; then
        announced_name=$announced_set-announce-$2
    else
        announced_name=$announced_set-$2.$announced_set-headless
    fi
    if [ "$RK_TLS" = 1 ]; then
        echo "$announced_name.$POD_NAMESPACE.svc"
    elif [ -z "${3:-}" ]; then
        lookup "$announced_name"
    else
        recall "$announced_name"
        [ -z "$recalled" ] || echo "$recalled"
    fi
}

# exists server|sentinel ORDINAL: true if there is such a pod, ready or not.
exists() {
    exists_set=$(set_of "$1")
    [ -n "$(addresses "$exists_set-$2.$exists_set-headless")" ]
}

# members server|sentinel: the ordinals that may exist: the rendered ones and those scaled beyond them.
members() {
    members_rendered=$(rendered "$1")
    members_found=$(addresses "$(set_of "$1")-headless" | wc -l)
    members_next=0
    while [ "$members_next" -lt "$members_rendered" ] ||
        { [ "$members_found" -gt "$members_next" ] && exists "$1" "$members_next"; }; do
        echo "$members_next"
        members_next=$((members_next + 1))
    done
}

# roster server|sentinel [present]: "ORDINAL ADDRESS" of the members, or of those whose pod exists, one a line.
roster() {
    {
        for roster_ordinal in $(members "$1"); do
            {
                if [ -z "${2:-}" ] || exists "$1" "$roster_ordinal"; then
                    roster_address=$(announced "$1" "$roster_ordinal")
                    [ -z "$roster_address" ] || echo "$roster_ordinal $roster_address"
                fi
            } &
        done
        # Children nobody waits for end up with the server, which logs a warning for each.
        wait
    } | sort -n
}

# guarded: true if a master of this instance takes no writes while it may have been replaced: where it asks for replicas at all.
guarded() {
    grep -qs '^min-replicas-to-write [1-9]' "$etc/redis.conf"
}

# one_of_ours ADDRESS: true if a server of this instance has it. Services that are made anew get new addresses, and the old
# one may be another instance's by now, whose data would replace ours. Without names nobody can tell, and nothing changes.
one_of_ours() {
    if roster server | grep -qx ".* $1" || addresses "$RK_INSTANCE-headless" | grep -qx "$1"; then return; fi
    ! name_service
}

# stranger ADDRESS: true if certainly no server of this instance has it: every rendered one has another.
stranger() {
    [ "$(roster server | wc -l)" -ge "$servers" ] && ! one_of_ours "$1"
}

# addresses_of: of the roster on standard input the addresses, in one line.
addresses_of() {
    while read -r _ roster_address; do printf '%s ' "$roster_address"; done
}

# interview ORDINAL...: asks these servers their role at once, and leaves "ADDRESS ROLE" of each in $run/roles/ORDINAL; "- silent"
# of one without an address.
interview() {
    [ -d "$run/roles" ] || mkdir -p "$run/roles"
    for interview_ordinal in "$@"; do
        {
            interview_address=$(announced server "$interview_ordinal")
            if [ -n "$interview_address" ]; then
                echo "$interview_address $(role "$interview_address")"
            else
                echo '- silent'
            fi >"$run/roles/$interview_ordinal"
        } &
    done
    wait
}

# find_peers: sets peers to the ordinals of all servers but this one that may exist.
find_peers() {
    peers=$(members server | grep -vx "$ordinal")
}

# interview_peers: finds and interviews them.
interview_peers() {
    find_peers
    # shellcheck disable=SC2086 # several ordinals
    interview $peers
}

# --- what the sentinels say ---

# notes ADDRESS: what servers that wait have pinned to a sentinel, "ORDINAL-STAMP", one a line.
notes() {
    echo CLIENT LIST | ask sentinel "$1" | sed -n 's/.* name=rk-waits-\([0-9]*-[0-9]*\) .*/\1/p'
}

# survey: asks every sentinel at once. Sets
#   found      how many sentinels there are, at least the rendered number
#   answered   how many of them answered
#   named      the address they name, of the highest epoch; empty if every answer was "no such master"
#   epoch      the epoch of that address
#   flags      how the sentinels see the master, all of them together
#   refused    how many refused our password
survey() {
    read_topology
    [ -d "$run/views" ] || mkdir -p "$run/views"
    roster sentinel >"$run/sentinels"
    while read -r survey_ordinal survey_address; do
        view "$survey_address" >"$run/views/$survey_ordinal" &
    done <"$run/sentinels"
    wait
    found=$(wc -l <"$run/sentinels") answered=0 named='' epoch=0 flags=none refused=0
    [ "$found" -ge "$sentinels" ] || found=$sentinels
    : >"$run/votes"
    while read -r survey_ordinal _; do
        survey_kind=silent
        read -r survey_kind survey_named survey_epoch survey_flags _ <"$run/views/$survey_ordinal" || :
        case $survey_kind in
            named)
                answered=$((answered + 1)) flags=$flags,$survey_flags
                echo "$survey_epoch $survey_named" >>"$run/votes"
                ;;
            blank) answered=$((answered + 1)) ;;
            refused) refused=$((refused + 1)) ;;
            *) ;;
        esac
    done <"$run/sentinels"
    # The highest epoch is the latest election; of equals, only possible before the first, the most votes.
    if [ -s "$run/votes" ]; then
        sort "$run/votes" | uniq -c | sort -k2,2nr -k1,1nr -k3,3 >"$run/tally"
        read -r _ epoch named <"$run/tally"
    fi
}

# names_master ORDINAL: true if this sentinel named a master in the last survey.
names_master() {
    names_kind=silent
    read -r names_kind _ <"$run/views/$1" || :
    [ "$names_kind" = named ]
}

# majority: true if more than half of all sentinels answered the last survey.
majority() {
    [ "$answered" -gt $((found / 2)) ]
}

# sentinel_settings [SECRET]: the commands that give a sentinel our timers, and the password of the servers.
sentinel_settings() {
    printf 'SENTINEL SET %s quorum %s down-after-milliseconds %s failover-timeout %s parallel-syncs %s\n' \
        "$RK_MASTER" "$quorum" "$down_after" "$failover_timeout" "$parallel_syncs"
    # A master that comes back with much to load is as good as gone: replicas that hold the data take over meanwhile.
    echo "SENTINEL SET $RK_MASTER master-reboot-down-after-period $down_after"
    [ -z "$1" ] || printf 'SENTINEL SET %s auth-pass %s\n' "$RK_MASTER" "$(printf '%s' "$1" | quoted)"
    # State of the servers four times a second instead of every ten seconds: offsets are fresh when a replica has to be chosen.
    # The other periods save up to a second in which a silent master is not noticed, agreed upon or, once back, put right. Links that hang, since
    # the node still sends them to a pod that is gone, are made anew after 3 s instead of 15.
    echo SENTINEL DEBUG INFO-PERIOD "$info_period" PING-PERIOD 500 ASK-PERIOD 250 PUBLISH-PERIOD 1000 MIN-LINK-RECONNECT-PERIOD 3000
}

# all_done: sends the commands of standard input to a server or sentinel; true if every one of them was answered with OK.
all_done() {
    done_commands=$(cat)
    done_answers=$(printf '%s\n' "$done_commands" | ask "$1" "$2" | grep -cx OK)
    [ "$done_answers" -eq "$(printf '%s\n' "$done_commands" | wc -l)" ]
}

# close_writes ADDRESS: has a server take no writes; true if it does so. With as few programs as can be: a third of the time of
# all_done.
close_writes() {
    case $(send "$(secret server)" "$1" "$RK_PORT" 1 CONFIG SET min-replicas-to-write "$too_many") in
        OK) ;;
        NOAUTH*) echo CONFIG SET min-replicas-to-write "$too_many" | all_done server "$1" ;;
        *) return 1 ;;
    esac
}

# register ADDRESS SENTINEL: tells a blank sentinel who is master; one that knows a master keeps to it.
register() {
    {
        printf 'SENTINEL MONITOR %s %s %s %s\n' "$RK_MASTER" "$1" "$RK_PORT" "$quorum"
        sentinel_settings "$(secret_for server "$1")"
    } | all_done sentinel "$2"
}

# register_everywhere ADDRESS: tells every blank sentinel of the last survey; true if a majority of all now names a master.
register_everywhere() {
    registered=0
    while read -r register_ordinal register_sentinel; do
        register_kind=silent
        read -r register_kind _ <"$run/views/$register_ordinal" || :
        case $register_kind in
            named) registered=$((registered + 1)) ;;
            blank) ! register "$1" "$register_sentinel" || registered=$((registered + 1)) ;;
            *) ;;
        esac
    done <"$run/sentinels"
    [ "$registered" -gt $((found / 2)) ]
}

# elect: has a sentinel elect another master, the first that agrees of those that answered the last survey. True if one does,
# which is elected_by then; one that is at it already counts, since a second election beside the first could promote a second
# server. Both sets are often restarted at once, from the last ordinal to the first: sentinels far from this server's place come
# first, since one that stops this moment costs a second.
elect() {
    elect_order=-n
    [ $((2 * ordinal)) -ge "$found" ] || elect_order=-nr
    sort "$elect_order" "$run/sentinels" >"$run/order"
    while read -r elect_ordinal elected_by; do
        names_master "$elect_ordinal" || continue
        case $(echo "SENTINEL FAILOVER $RK_MASTER" | ask sentinel "$elected_by") in
            OK | *INPROG*) return 0 ;;
            *) ;;
        esac
    done <"$run/order"
    return 1
}
