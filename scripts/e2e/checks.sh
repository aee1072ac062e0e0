# What test_e2e.sh checks: each function is one check. Sourced by it; `figure: ...` is shown beside the check's name.
# shellcheck shell=bash disable=SC2154

free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

ceo() { "$python" "$company/ceo_cli.py" "$@"; }

look() { "$python" "$root/scripts/e2e/look.py" "$@"; }

searching() { # the profile `search`, with our stand-in for SearXNG: its pages are what is looked up
  export COMPOSE_FILE=$COMPOSE_FILE:docker-compose.search-double.yml
  sed -i 's/^COMPOSE_PROFILES=.*/&,search/; s|^# SEARXNG_URL=.*|SEARXNG_URL=http://searxng:8080|' .env
}

look_up() { # a mission reads pages by the service `web`; its report rests on what is kept of them
  docker compose exec -T rehearsal python3 - http://searxng:8080 <"$root/scripts/e2e/research.py" || return 1
  ceo policy research.verified_share 0 >/dev/null # other reports of the staff's look nothing up
  ceo run "How does the market for bread do?" --playbook report --timeout 240 --json >"$work/looked-up.json" || return 1
  docker compose exec -T searxng python3 -c 'import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:8080/asked").read().decode())' >"$work/asked.json" || return 1
  look looked-up "$work/looked-up.json" "$work/asked.json"
}

no_way_out() { # ROLE...: from inside their containers to other networks, this machine and the internet; by UDP and TCP
  local role canary=$work/canary places=() attempts=() attempt held=0 listener before
  "$python" "$root/scripts/e2e/canary.py" >"$canary" & # a server on this machine
  listener=$!
  for _ in $(seq 50); do [ -s "$canary" ] && break; sleep 0.2; done
  mapfile -t places < <(look strangers "$(head -n 1 "$canary")")
  ways_out web "${places[@]}" >"$work/by-web" # the one that may reach them: the places are there
  before=$(wc -l <"$canary")
  if ! grep -q 'TCP from' "$canary" || ! grep -q 'UDP from' "$canary" || [ ${#places[@]} -lt 8 ]; then
    echo "what should answer to others does not: ${places[*]}"; cat "$work/by-web" "$canary"; kill $listener; return 1
  fi
  for role; do # all at once: each waits for what does not answer
    (set -o pipefail; ways_out "$role" "${places[@]}" 2>&1 | sed "s/^/$role: /") &
    attempts+=($!)
  done
  for attempt in "${attempts[@]}"; do wait "$attempt" || held=1; done
  kill $listener
  [ $held = 0 ] || return 1
  [ "$(wc -l <"$canary")" = "$before" ] || { echo "something came to this machine:"; tail -n 5 "$canary"; return 1; }
}

ways_out() { # ROLE PLACE...
  local role=$1
  shift
  docker compose exec -T "$role" python3 - "$@" <"$root/scripts/e2e/ways_out.py"
}

will_calculate() { # Sales, whose container has no workshop beside it: its command is jailed in there
  docker compose exec -T rehearsal python3 - sales calculate '{"expression": "49*12*0.97**2"}' <"$root/scripts/e2e/call.py"
}

hold() { docker compose exec -T rehearsal python3 - "$@" <"$root/scripts/e2e/hold.py"; }

choose_gitea() { # real Gitea where its image is here or can be had
  local image which=${E2E_GITEA:-}
  image=${GITEA_IMAGE:-$(cd "$root" && "$python" -m scripts.images | grep '^gitea/')}
  if [ -z "$which" ]; then
    which=double
    if docker image inspect "$image" >/dev/null 2>&1 || docker pull -q "$image" >/dev/null 2>&1; then which=real; fi
  fi
  export COMPOSE_FILE=docker-compose.yml
  [ "$which" = real ] || COMPOSE_FILE=$COMPOSE_FILE:docker-compose.gitea-double.yml
  echo "forge: $([ "$which" = real ] && echo "$image" || echo "our stand-in for Gitea")"
}

image_size() {
  local base image
  base=$(docker image inspect -f '{{.Size}}' "$(cd "$root" && "$python" -m scripts.images | grep '^python:')") || return 1
  image=$(docker image inspect -f '{{.Size}}' damascus-frontier:e2e) || return 1
  echo "figure: $(((image - base) / 1000000)) MB"
  [ $(((image - base) / 1000000)) -lt "$image_mb" ]
}

up() {
  local from=$SECONDS
  docker compose up -d --wait || return 1
  echo "figure: $((SECONDS - from)) s"
}

status_shows_services() {
  local service
  ceo status >"$work/status" || { cat "$work/status"; return 1; }
  cat "$work/status"
  for service in $(docker compose config --services); do
    grep -Eq "^$service .*(healthy|done)" "$work/status" || { echo "$service is not shown as well"; return 1; }
  done
}

idle_memory() {
  local role rss most=0
  for role in vp pm sales engineer; do
    rss=$(docker top "$(docker compose ps -q $role)" -o pid,rss | awk 'NR > 1 { sum += $2 } END { print int(sum / 1000) }')
    [ "$rss" -gt $most ] && most=$rss
  done
  echo "figure: $most MB"
  [ $most -lt "$idle_mb" ]
}

run_directive() { # NAME
  ceo run "Find a small SaaS for freelancers that can earn \$300-600 a month, and build its MVP" \
    --budget 2.00 --timeout 300 --json >"$work/$1.json" || return 1
  echo "figure: $("$python" -c 'import json, sys; r = json.load(sys.stdin); print(r["status"], r["seconds"], "s")' <"$work/$1.json")"
}

reports_are_ours() {
  local readme owner made
  readme=$("$python" -c 'import json, sys; print(json.load(sys.stdin)["readme"])' <"$work/first.json")
  owner=$(sed -n 's/^UID=//p' .env)
  [ -s "$readme" ] || { echo "no such file: $readme"; return 1; }
  grep -q "rehearsal" "$readme" || { echo "it does not say that it is the rehearsal's"; return 1; }
  made=(shared .damascus/token ! -path shared/README.md) # that file comes with the repository, the rest from containers
  [ -z "$(find "${made[@]}" ! -uid "$owner")" ] || { find "${made[@]}" ! -uid "$owner" -ls; return 1; }
  ls shared/reports/* shared/code/* && [ -s shared/logs/vp.log ] && [ -s shared/logs/engineer.log ]
}

clone_works() {
  local url=$("$python" -c 'import json, sys; print(json.load(sys.stdin)["repositories"][0])' <"$work/first.json")
  rm -rf "$work/clone"
  if GIT_TERMINAL_PROMPT=0 git clone -q "$url" "$work/clone"; then echo "cloned without a token"; return 1; fi
  clone_with_token "$url" "$work/clone" || return 1
  (cd "$work/clone" && git log --oneline && "$python" -m unittest discover -s tests)
}

page_opens() { # on this machine, by the link that `ceo open` prints in the office's container
  look page "$(docker compose exec -T office ceo open --no-browser | grep -o 'http://[^ ]*')"
}

clone_with_token() { # URL FOLDER
  printf '#!/bin/sh\ncase $1 in User*) echo founder ;; *) printf %%s "$FORGE_TOKEN" ;; esac\n' >"$work/askpass"
  chmod +x "$work/askpass"
  FORGE_TOKEN=$(docker compose exec -T engineer cat /run/secrets/forge/token) GIT_ASKPASS=$work/askpass git clone -q "$1" "$2"
}

web_program_is_tried() { # a mission whose Engineer starts a web program, opens it in the workshop's browser and pushes it
  "$python" -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)' <"$root/scripts/e2e/web_program.yaml" \
    | docker compose exec -T rehearsal python3 -c 'import sys, urllib.request
urllib.request.urlopen("http://127.0.0.1:8080/script", sys.stdin.buffer.read(), timeout=30).close()' || return 1
  ceo run "[web] A page that adds up" --budget 2.00 --timeout 240 --json >"$work/web.json" || return 1
  docker compose exec -T rehearsal python3 -c 'import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:8080/calls", timeout=30).read().decode())' >"$work/calls.json" || return 1
  look pictured "$work/web.json" "$work/calls.json" || return 1
  rm -rf "$work/web" && clone_with_token "$("$python" -c 'import json, sys; print(json.load(sys.stdin)["repositories"][0])' <"$work/web.json")" "$work/web" || return 1
  (cd "$work/web" && "$python" -m unittest discover -s tests)
}

existing_code_is_fixed() { # a folder of the office's own container; what it does not see, or has no token for, it says
  local directive url branch
  directive=$(cd "$root" && "$python" -c 'import pathlib, sys; from tests.fixtures.code_bases import UNITTEST as code
code.make(pathlib.Path(sys.argv[1])); print(code.directive)' "$work/ledgerly") || return 1
  ! ceo run "$directive" --repo "$work/ledgerly" 2>"$work/refused" && grep "in containers it sees no folder" "$work/refused" || return 1
  ! ceo run "$directive" --repo "http://127.0.0.1:$GITEA_PORT/founder/x" 2>"$work/refused" \
    && grep "the office has no token" "$work/refused" || return 1
  tar -C "$work" -c ledgerly | docker compose exec -T office tar -x -C /tmp || return 1
  docker compose exec -T -e "OFFICE_URL=http://127.0.0.1:$OFFICE_PORT" office ceo run "$directive" --repo /tmp/ledgerly \
    --budget 2.00 --timeout 300 --json >"$work/fixed.json" || return 1
  read -r url branch <<<"$(look pull-request "$work/fixed.json")"
  rm -rf "$work/fixed" && clone_with_token "$url" "$work/fixed" || return 1
  (cd "$work/fixed" && ! "$python" -m unittest discover -s tests && git checkout -q "$branch" \
    && "$python" -m unittest discover -s tests)
}

secrets() { # one a line
  docker compose exec -T engineer sh -c 'for file in /run/secrets/*/*; do tr -d "\n" <"$file"; echo; done' | sed 's#^redis://[a-z]*:##; s#@redis:.*##'
  cat .damascus/token && echo
}

addresses() { # of every container and gateway of the project's networks
  docker network ls -q --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
    | xargs docker network inspect -f '{{range .IPAM.Config}}{{.Gateway}} {{end}}{{range .Containers}}{{.IPv4Address}} {{end}}' | sed 's#/[0-9]*##g'
}

workshop_reaches_nothing() {
  # shellcheck disable=SC2046
  docker compose exec -T workshop python3 - $(addresses) <"$root/scripts/e2e/reach.py"
}

tasks_have_a_loopback_each() {
  # shellcheck disable=SC2046
  docker compose exec -T engineer python3 - own $(addresses) <"$root/scripts/e2e/listen.py"
}

workshop_holds_no_secret() {
  secrets | sort -u | grep . >"$work/secrets"
  [ "$(wc -l <"$work/secrets")" -ge 4 ] || { echo "too few secrets were found to look for"; return 1; }
  docker compose exec -T workshop sh -c '
    cat >/tmp/look-for
    found=$(cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr "\0" "\n" | grep -F -f /tmp/look-for)
    files=$(grep -r -s -l -F -f /tmp/look-for /company /etc /home /opt/venv/bin /root /run /srv /tmp /usr/local /var /workspaces | grep -v ^/tmp/look-for)
    rm /tmp/look-for
    env | grep -Ei "token|secret|password|_key|redis|ledger" && exit 1
    test -z "$found$files" || { echo "found in: ${files:-a process}"; exit 1; }' <"$work/secrets"
}

no_secret_shows() {
  secrets | sort -u | grep . >"$work/secrets"
  docker compose logs --no-color >"$work/logs" 2>&1
  docker inspect $(docker compose ps -aq) >"$work/inspected"
  for id in $(docker compose ps -q); do docker top "$id" -o pid,args; done >"$work/arguments"
  ! grep -F -l -f "$work/secrets" "$work/logs" "$work/inspected" "$work/arguments"
}

five_at_once() {
  local n pids=() code=0
  hold engineer 30 3 || return 1 # one call of each of the three
  for n in 1 2 3 4 5; do
    run_directive "many-$n" >/dev/null 2>"$work/many-$n.err" &
    pids+=($!)
  done
  for n in 1 2 3; do kill_busy_engineer >"$work/killed" && break; done
  [ -s "$work/killed" ] || code=1
  sleep 3
  docker kill "$(docker compose ps -q redis)" || code=1
  sleep 3
  docker compose start redis
  for n in "${pids[@]}"; do wait "$n" || code=1; done
  [ $code = 0 ] || { cat "$work"/many-*.err "$work"/many-*.json; return 1; }
}

killed_worker_was_replaced() {
  look continued "$(cut -d' ' -f2 "$work/killed")" && look missions 7
}

wait_until_well() {
  docker compose up -d --wait --scale engineer=3 && ceo status
}

down_in_the_middle() {
  hold engineer 100 1 || return 1 # the mission has not ended when all goes down; the next rehearsal knows of no hold
  ceo send "Find a small SaaS for freelancers, and build its MVP" || return 1
  look in-progress && docker compose down --timeout 10
}

still_there() {
  look summary >"$work/after" && grep -F -x -f "$work/after" "$work/before" | cmp - "$work/before" \
    && run_directive last && clone_works
}

nothing_left() {
  local kind
  for kind in container volume network; do
    [ -z "$(docker $kind ls -q $([ $kind = container ] && echo -a) --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME")" ] || return 1
  done
}

no_token_in_agents() { # nor the desk's secret, nor Gitea's password
  local role
  for role in vp pm sales engineer; do
    docker compose exec -T $role sh -c 'ls -A /company/.damascus' >"$work/home" || return 1
    if grep -E 'token|secret|password' "$work/home"; then return 1; fi
  done
}
