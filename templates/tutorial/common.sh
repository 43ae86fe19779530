# shellcheck shell=sh
# What servers and sentinels of the tutorial share: whom to ask, and how.
#
# From the environment:
#   MASTER_NAME                        name by which sentinels know the master
#   REDIS_SENTINEL_SERVICE_HOST, REDIS_SENTINEL_SERVICE_PORT
#                                      the Service over all sentinels; each of them listens on the same port
#   REDIS_PORT                         port of the servers
#   POD_IP, POD_NAME                   this pod
#   MASTER                             true in both containers of the bootstrap pod
# shellcheck disable=SC2034 # read by those who source this

etc=/etc/redis-k8s

# The official images name their programs differently.
if command -v redis-server >/dev/null 2>&1; then
    server=redis-server cli=redis-cli
else
    server=valkey-server cli=valkey-cli
fi

# say TEXT: one line for whoever reads the log, once for as long as nothing changes.
said=
say() {
    if [ "$1" != "$said" ]; then
        said=$1
        printf '%s: %s\n' "$POD_NAME" "$1"
    fi
}

# ask HOST PORT COMMAND...: the answer within a second, a line a value; nothing if there is none.
ask() {
    ask_host=$1 ask_port=$2
    shift 2
    timeout 1 "$cli" -h "$ask_host" -p "$ask_port" "$@" 2>/dev/null </dev/null || :
}

# field NAME: the value of one field, of an answer made of names and values.
field() {
    while IFS= read -r field_name && IFS= read -r field_value; do
        if [ "$field_name" = "$1" ]; then
            printf '%s\n' "$field_value"
            return
        fi
    done
}

# entries: `ADDRESS PORT ID FLAGS` a line, of an answer that lists sentinels or replicas.
entries() {
    while IFS= read -r entry_name && IFS= read -r entry_value; do
        case $entry_name in
        ip) entry_ip=$entry_value ;;
        port) entry_port=$entry_value ;;
        runid) entry_id=${entry_value:--} ;;
        flags) printf '%s %s %s %s\n' "$entry_ip" "$entry_port" "$entry_id" "$entry_value" ;;
        esac
    done
}

# role_of ADDRESS PORT: master, slave, or nothing.
role_of() {
    ask "$1" "$2" ROLE | {
        IFS= read -r role || :
        printf '%s' "$role"
    }
}

# is_staying ADDRESS PORT: true for a master that is not about to hand over (stop.sh leaves that mark).
is_staying() {
    [ "$(role_of "$1" "$2")" = master ] || return 1
    [ "$(ask "$1" "$2" CONFIG GET replica-priority | field replica-priority)" != 0 ]
}

# hear HOST PORT: what one sentinel knows. The highest configuration epoch is the latest election, so it has the last word.
hear() {
    heard=$(ask "$1" "$2" SENTINEL MASTER "$MASTER_NAME")
    heard_ip=$(printf '%s\n' "$heard" | field ip)
    heard_epoch=$(printf '%s\n' "$heard" | field config-epoch)
    case $heard_epoch in
    '' | *[!0-9]*) return 0 ;;
    esac
    if [ "$heard_epoch" -gt "$epoch" ]; then
        named=$heard_ip epoch=$heard_epoch voice="$1 $2"
        named_port=$(printf '%s\n' "$heard" | field port)
    fi
    sentinels="$sentinels
$(ask "$1" "$2" SENTINEL SENTINELS "$MASTER_NAME" | entries)"
}

# survey: asks every sentinel that can be found who is master. Sets
#   named, named_port   the master, or nothing if no sentinel knows one
#   epoch               the configuration epoch of that answer
#   voice               host and port of the sentinel that gave it
#   sentinels           `ADDRESS PORT ID FLAGS` of every sentinel they know, some of them several times
survey() {
    named='' named_port='' epoch=-1 voice='' sentinels=''
    hear "$REDIS_SENTINEL_SERVICE_HOST" "$REDIS_SENTINEL_SERVICE_PORT"
    # The bootstrap pod's own sentinel is there before the Service leads to it.
    if [ "${MASTER:-}" = true ]; then
        hear "$POD_IP" "$REDIS_SENTINEL_SERVICE_PORT"
    fi
    # The Service leads to one of them, perhaps the one that knows least.
    survey_asked=' '
    while read -r survey_ip survey_port survey_id survey_flags; do
        if [ -n "$survey_ip" ] && is_new "$survey_asked" "$survey_id" "$survey_flags"; then
            survey_asked="$survey_asked$survey_id "
            hear "$survey_ip" "$survey_port"
        fi
    done <<END
$sentinels
END
}

# is_new IDS ID FLAGS: true for one that is alive and not among those.
is_new() {
    case "$1$3" in
    *" $2 "* | *s_down*) return 1 ;;
    esac
}

# replicas: `ADDRESS PORT ID FLAGS` of every replica that the sentinel with the last word knows.
replicas() {
    # shellcheck disable=SC2086 # host and port
    ask $voice SENTINEL REPLICAS "$MASTER_NAME" | entries
}
