# shellcheck shell=bash
# shellcheck disable=SC2154  # $dir is the one of the script that sources this
# Starting and stopping processes so that none is left behind. Sourced after say.sh.
#
# Every process is in a session of its own, so that Ctrl-C reaches this script alone and the script
# stops the others in its own order. Should the script itself be killed, the kernel sends each of
# them the signal that stops it (setpriv --pdeathsig).

started_pids=() started_names=() started_signals=()
STOP_SECONDS_MAX=10

# start NAME USER SIGNAL COMMAND...: runs it in the background as USER ('' is who we are), its output
# in $dir/NAME.log, to be stopped by SIGNAL. Its pid is in $started afterwards.
start() {
  local name=$1 user=$2 signal=$3 identity=()
  shift 3
  if [ -n "$user" ]; then
    identity=(--reuid "$user" --regid "$(id -g "$user")" --clear-groups)
  fi
  # The kernel's signal is for deaths to come; had the script died before, the shell would notice.
  # shellcheck disable=SC2016  # that shell's own variables
  setsid setpriv "${identity[@]}" --pdeathsig "$signal" -- \
    sh -c '[ "$PPID" = "$1" ] || exit 1; shift; exec "$@"' "$name" "$$" "$@" \
    </dev/null >"$dir/$name.log" 2>&1 &
  started=$!
  started_pids+=("$started") started_names+=("$name") started_signals+=("$signal")
}

is_running() { kill -0 "$1" 2>/dev/null; }

# wait_until SECONDS WHAT COMMAND...: until the command succeeds, all processes being alive.
wait_until() {
  local seconds=$1 what=$2 i
  shift 2
  local deadline=$((SECONDS + seconds))
  until "$@" >/dev/null 2>&1; do
    for i in "${!started_pids[@]}"; do
      if ! is_running "${started_pids[i]}"; then
        failed "${started_names[i]} ended while I waited until $what" "${started_names[i]}"
      fi
    done
    if [ "$SECONDS" -ge "$deadline" ]; then
      failed "waited $seconds s until $what" "${started_names[-1]}"
    fi
    pause 0.1
  done
}

# failed WHY [NAME]: the reason, the end of that process's log, and the exit.
failed() {
  if [ $# -ge 2 ] && [ -s "$dir/$2.log" ]; then
    warn "the end of $2's log:"
    tail -n 15 "$dir/$2.log" | sed 's/^/    /' >&2
  fi
  die 1 "$1"
}

# A sleep that a signal ends at once: bash runs a trap only between commands, or in `wait`.
pause() {
  sleep "$1" &
  wait $!
}

# attend COMMAND...: in the foreground, but so that a signal ends it at once, children and all.
attended=
attend() {
  setsid "$@" </dev/null &
  attended=$!
  local result=0
  wait "$attended" || result=$?
  attended=
  return $result
}

# Stops everything, the last started first.
stop_all() {
  local i pid
  if [ -n "$attended" ]; then
    kill -TERM -- "-$attended" 2>/dev/null || true
    wait "$attended" 2>/dev/null || true
    attended=
  fi
  for ((i = ${#started_pids[@]} - 1; i >= 0; i--)); do
    pid=${started_pids[i]}
    stop_one "$pid" "${started_signals[i]}"
    # Whoever is left of its session, such as a client that a load generator has started.
    kill -KILL -- "-$pid" 2>/dev/null || true
  done
  started_pids=()
}

stop_one() {
  local deadline=$((SECONDS + STOP_SECONDS_MAX))
  kill "-$2" "$1" 2>/dev/null || true
  while is_running "$1" && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.05; done
  kill -KILL "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}
