#!/usr/bin/env bash
# The whole company in containers, as a user runs it, from a copy of this folder: a line per check, a summary, and
# nothing left running. It has its own project name, folder and ports: a company that runs here already is not touched.
#
#   ./test_e2e.sh              needs a Docker engine with Compose v2, and `make setup`
#   E2E_GITEA=double ./test_e2e.sh   our stand-in takes Gitea's place, where its image cannot be had
set -uo pipefail
root=$(cd "$(dirname "$0")" && pwd)
python=$root/.venv/bin/python
image_mb=${E2E_IMAGE_MB:-350} idle_mb=${E2E_IDLE_MB:-120}
work=$(mktemp -d)
failed=() passed=0 began=$SECONDS
. "$root/scripts/e2e/checks.sh"
. "$root/scripts/e2e/kill.sh"

check() { # NAME COMMAND...: one line; what the command printed only if it failed
  local name=$1 from=$SECONDS
  shift
  if "$@" >"$work/said" 2>&1; then
    passed=$((passed + 1))
    printf '  ok   %4d s  %s%s\n' $((SECONDS - from)) "$name" "$(sed -n 's/^figure: /: /p' "$work/said")"
  else
    failed+=("$name")
    printf '  FAIL %4d s  %s\n' $((SECONDS - from)) "$name"
    tail -40 "$work/said" | sed 's/^/         | /'
    return 1
  fi
}

must() { check "$@" || exit 1; }

finish() {
  local code=$?
  if [ ${#failed[@]} -gt 0 ] || [ $code -ne 0 ]; then
    echo; echo "--- containers, and the last words of each"
    docker compose ps -a --format 'table {{.Name}}\t{{.Status}}'
    docker compose logs --no-color --tail 25 2>&1 | sed 's/\x1b\[[0-9;]*[A-Za-z]//g' | cut -c1-300
  fi
  docker compose down --volumes --remove-orphans --timeout 10 >/dev/null 2>&1
  check "nothing is left: no container, volume or network" nothing_left || true
  cd / && rm -rf "$work"
  printf '\n%d checks held, %d did not, in %d s\n' "$passed" ${#failed[@]} $((SECONDS - began))
  for name in "${failed[@]+"${failed[@]}"}"; do echo "  FAIL $name"; done
  [ ${#failed[@]} -eq 0 ] && [ $code -eq 0 ]
  exit $?
}

[ -x "$python" ] || make -C "$root" setup || exit 1
docker compose version >/dev/null || { echo "test_e2e.sh: needs a Docker engine with Compose v2"; exit 1; }
export COMPOSE_PROJECT_NAME=damascus-e2e-$$ DAMASCUS_TAG=e2e
OFFICE_PORT=$(free_port) GITEA_PORT=$(free_port)
export OFFICE_PORT GITEA_PORT
company=$work/company
mkdir "$company"
(cd "$root" && git ls-files -z --cached --others --exclude-standard | xargs -0 tar -c --ignore-failed-read) | tar -x -C "$company"
cd "$company" || exit 1
choose_gitea
trap finish EXIT
trap 'exit 130' INT TERM

echo "== build"
cp .env.example .env
sed -i 's/^models: {}$/models: {rehearsal: {vision: true}}/' config.yaml # so that it is shown pictures, through LiteLLM
[ "$(id -u)" = 0 ] || sed -i "s/^UID=.*/UID=$(id -u)/; s/^GID=.*/GID=$(id -g)/" .env
must "docker compose build" docker compose build --quiet
check "the image is less than $image_mb MB over its base" image_size

echo "== first run, without an edit of .env"
must "up --wait: every service is healthy" up
check "every container: no root, read-only, no capability, limits, a health check" look hardened
check "only the office and Gitea have a port, for this machine alone" look ports
check "ceo status shows every service as well" status_shows_services
check "docker compose exec office ceo status works, too" docker compose exec -T office ceo status
check "no agent has the office's token" no_token_in_agents
check "an idle agent has less than $idle_mb MB" idle_memory
check "the rehearsal's Sales will calculate" will_calculate
must "ceo run succeeds" run_directive first
check "what Sales calculates in its own container is exact, and on the trail" look computed "$work/first.json" sales "49*12*0.97**2" 553.2492
check "the reports are on the shared volume, say that they are the rehearsal's, and are ours" reports_are_ours
check "the repository: cloned over HTTP with the token, not without; its tests pass" clone_works
check "the link of ceo open leads a browser on this machine to the page, once" page_opens
check "a web program: built, started, tried in a browser, its picture shown to the model, pushed with receipts" web_program_is_tried
check "the ledger's accounts: spent is the sum of usage, nothing is reserved" look money

echo "== who reaches what"
check "in the workshop nothing answers: redis, model, forge, office, host, internet" workshop_reaches_nothing
check "two tasks serve pages at one port, browsers open them, and they reach nothing else" tasks_have_a_loopback_each
check "no secret in the workshop's environment, files or processes" workshop_holds_no_secret
check "no agent has a Docker socket" look sockets
check "no secret in any log, environment or argument" no_secret_shows

echo "== three engineers, five directives at once, one worker and Redis killed"
check "ceo scale engineer=3" ceo scale engineer=3
check "five missions succeed" five_at_once
check "the killed worker's task went on elsewhere; every mission has its own repository" killed_worker_was_replaced
check "the ledger's accounts still agree" look money
check "ceo status is well again" wait_until_well

echo "== down in the middle of a mission, and up again"
look summary >"$work/before" 2>/dev/null
check "down while the VP's staff is at work" down_in_the_middle
searching
must "up again, with the profile search" docker compose up -d --wait
check "the mission goes on to its end" ceo watch --json --timeout 240
check "everything of before is still there" still_there

echo "== looked up"
check "a mission reads forty pages' web: each citation has its passage, no page was read twice" look_up
check "agents have no way out: other networks, this machine, the internet, names, the web service" no_way_out vp pm sales engineer

echo "== code that is there"
check "a fault in it is fixed on a branch, with a pull request; what the office cannot see it says" existing_code_is_fixed
check "the ledger's accounts agree once more" look money
