# shellcheck shell=sh
# Time that passes only while somebody sleeps. Functions, since busybox prefers its own sleep and date to those on PATH.

date() {
    case $1 in
        +%s)
            read -r date_now <"$SCRATCH/clock"
            echo $((date_now / 1000))
            ;;
        *) echo 2026-01-01T00:00:00Z ;;
    esac
}

# Runs what the test has planned for this sleep, and ends the script once it has slept often enough.
sleep() {
    # The one that holds a connection open, beside the script: no time of the script's own.
    [ "${1%%.*}" -lt 8 ] || return 0
    # In milliseconds; the one in front keeps 050 from being octal.
    sleep_part=1000
    case $1 in *.*) sleep_part=1${1#*.}00 ;; esac
    while [ ${#sleep_part} -gt 4 ]; do sleep_part=${sleep_part%?}; done
    read -r sleep_now <"$SCRATCH/clock"
    sleep_now=$((sleep_now + ${1%%.*} * 1000 + sleep_part - 1000))
    echo $sleep_now >"$SCRATCH/clock"
    echo "$((sleep_now / 1000)).$((sleep_now / 100 % 10))$((sleep_now / 10 % 10)) 0.00" >"$SCRATCH/uptime"
    read -r sleep_count <"$SCRATCH/sleeps"
    sleep_count=$((sleep_count + 1))
    echo "$sleep_count" >"$SCRATCH/sleeps"
    # shellcheck source=/dev/null
    [ ! -r "$SCRATCH/events/$sleep_count" ] || . "$SCRATCH/events/$sleep_count"
    if [ "$sleep_count" -ge "$PATIENCE" ]; then
        echo 'still waiting'
        exit 99
    fi
}
