# Kills an engineer in the middle of a task, for test_e2e.sh and swarm-check, which say what `look` and `hold` are here.
# shellcheck shell=bash

kill_busy_engineer() { # prints its container and its task; fails when it had finished the task before it could be killed
  local found container task
  found=$(look busy-engineer) || return 1
  read -r container task <<<"$found"
  look carries "$container" "$task" && docker kill "$container" >/dev/null && echo "$found"
}
