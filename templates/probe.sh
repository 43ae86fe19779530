# probe.sh started|ready|live: what the scripts of this pod said last, and whether they still say anything.
pulse=/run/redis-k8s/pulse
[ -r $pulse ] && read -r at state why <$pulse && read -r now _ </proc/uptime || { echo 'nothing was heard yet'; exit 1; }
age=$(((${now%.*}${now#*.} - at) / 100))
if [ $age -gt 60 ]; then
  echo "nothing was heard for $age s; at last: $state $why"
  [ "$1" = started ]
  exit
fi
[ "$1" = live ] || [ "$state" = ready ] || { echo "$state: $why"; exit 1; }
