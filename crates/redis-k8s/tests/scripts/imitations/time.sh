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
    [ "$1" != 3 ] || return 0
    sleep_part=0
    case $1 in *.*) sleep_part=${1#*.}00 ;; esac
    # 0.05 s has a leading zero, which would make it octal.
    case $sleep_part in
        0?00) sleep_part=${sleep_part#0} sleep_part=${sleep_part%0} ;;
        *) ;;
    esac
    read -r sleep_now <"$SCRATCH/clock"
    echo $((sleep_now + ${1%%.*} * 1000 + sleep_part)) >"$SCRATCH/clock"
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
