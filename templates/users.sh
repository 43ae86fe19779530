# With users: who they are. Servers, sentinels and these scripts are one of their own, so that the default one can go
agent=redis-k8s user=redis-k8s as=''
needs='resetkeys resetchannels &__sentinel__:hello -@all +acl|deluser +acl|setuser +acl|users +bgsave +client|kill +client|pause'
needs="$needs +client|setname +config|get +config|rewrite +config|set +exec +info +module|list +multi +ping +psync +publish"
needs="$needs +replconf +replicaof +role +script|kill +slaveof +subscribe"
# what an exporter asks
needs="$needs +client|list +command|info +latency|histogram +latency|latest +slowlog|get +slowlog|len"
list=$etc/users.conf
case $POD_NAME in $RK_INSTANCE-sentinel-*) list=$etc/sentinel-users.conf ;; esac
password() {
  secret $1-previous; [ -n "$secret" ] || secret $1
  user=$agent
  [ -z "$as" ] && { [ -r $etc/users.conf ] || grep -q '^user default off' $run/users; } || user=default
}
# users server|sentinel [resetpass]: lines of a configuration. One that a server refuses would end its start, so those that
# this one has not taken yet its watch gives it
users() { always "$@"; everyone | grep -Fxf $run/users; }
always() {
  local can='~* &* +@all' state=on
  [ $1 = sentinel ] || can=$needs
  [ -e $run/open ] || ! grep -qs '^default ' $list || state=off
  echo "user default $state ~* &* +@all ${2:+$2 }$(accepted $1)"
  echo "user $agent on $can ${2:+$2 }$(accepted $1)"
}
# the users of the document and of the file, each once
everyone() { { of_document; of_file; } | awk '!seen[$2]++ { sub(/ *$/, ""); print }'; }
of_document() {
  local name key rules hashes
  [ -r $list ] || return 0
  while read -r name key rules; do
    [ $name != default ] || continue
    hashes=$(accepted $key previous-$key)
    case " $rules $hashes" in
    *' #'* | *nopass*) ;;
    *) say "user $name has no password: there is no key $key in the Secret" >&2 ;;
    esac
    echo "user $name reset on $rules $hashes"
  done <$list
}
of_file() {
  local first name rules word words
  [ -r $secrets/acl/file ] && [ -r $etc/users.conf ] || return 0
  set -f
  while read -r first name rules || [ -n "$first" ]; do
    words=''
    for word in ${rules%"$(printf '\r')"}; do
      case $word in
      '>'*) word="#$(printf '%s' "${word#>}" | sha256sum | sed 's/ .*//')" ;;
      '<'*) continue ;;
      esac
      words="$words $word"
    done
    case "$first $name $words" in
    "user default "* | "user $agent "*) say "the file's user $name is not taken: the name is ours" >&2 ;;
    *[\"\'\\]*) say "the file's user $name is not taken: there are quotes or a backslash in its rules" >&2 ;;
    "user "?*) echo "user $name reset$words" ;;
    esac
  done <$secrets/acl/file
}
# gives a running server or sentinel its users, but not back what one that stops may no more, and takes away those that are gone
grant() {
  local line name
  { always "$@" | sed 's/~.*all //'; everyone; } >$work/users
  while read -r line; do
    if order "ACL SET$line"; then echo "$line"
    else name=${line#user }; say "user ${name%% *} is not taken: $answer" >&2
    fi
  done <$work/users >$work/taken
  echo >>$work/taken
  mv $work/taken $run/users
  ask $1 127.0.0.1 ACL USERS | while read -r name; do
    grep -qF "user $name " $work/users || ask $1 127.0.0.1 ACL DELUSER "$name" >/dev/null
  done
}
# teaches a pod that refuses us, since it was there before users were, who we are
teach() { always $1 | grep "^user $agent " | sed 's/^/ACL SET/' | (as=default; ask $1 "$2") >/dev/null; }
at_once() {
  local member address answer
  while read -r member address _; do
    {
      answer=$($1 "$address" ${2:-}); echo "$member $address $answer"
      case $1-$answer in view-refused*) teach sentinel "$address" ;; role-refused*) teach server "$address" ;; esac
    } &
  done
  wait
}
# ours is not the last word while a pod is somebody else
unaware() {
  local question='CONFIG GET masteruser' answer
  [ $2 = server ] || question='SENTINEL CONFIG GET sentinel-user'
  answer=$(ask $2 "$1" $question | tr '\n' ' ')
  case $answer in
  "masteruser $agent "* | "sentinel-user $agent "* | '' | 'Could not connect'*) ;;
  *) : >>$run/open ;;
  esac
  case $answer in
  *WRONGPASS*) teach $2 "$1" ;;
  esac
  echo "$answer"
}
[ -s $run/users ] || echo >$run/users
[ "${0##*/}" != server-watch.sh ] || ! everyone | grep -qvFxf $run/users || { sleep 0.6; touch -d @0 $work/applied; } &
