#!/bin/sh
# The one-shot `setup` service: root, but with rights over files only and no network. It gives
# folders and volumes their owner and makes the secrets that nobody has to know. What is there already stays.
set -eu
umask 0337

fail() {
  echo "setup: $*" >&2
  exit 1
}

check_settings() {
  if [ -z "$LLM_MODEL" ] && [ -n "$LLM_MODEL_ANY" ]; then
    fail "LLM_BASE_URL or the model of a tier is set in .env, but LLM_MODEL is not: set it, too"
  fi
  user=$(stat -c %u /company/config.yaml)
  if [ "$user" != 0 ] && [ "$user" != "$OWNER_UID" ]; then
    fail "these files belong to the user $user, but the company would run as $OWNER_UID: write UID=$user and" \
      "GID=$(stat -c %g /company/config.yaml) into .env"
  fi
  if [ -e /company/.damascus/company.json ] && ! flock --nonblock /company/.damascus/supervisor.lock true; then
    fail "a company without containers is at work in this folder: stop it with `ceo down` first"
  fi
}

own() { # MODE FOLDER...: what Docker made belongs to root at first
  mode=$1
  shift
  for folder; do
    case $(stat -c %u "$folder") in
      "$OWNER_UID") ;;
      0)
        chmod "$mode" "$folder"
        chown "$OWNER_UID:$OWNER_GID" "$folder"
        ;;
      *) fail "${folder#/*/} belongs to the user $(stat -c %u "$folder"), but the company would run as $OWNER_UID:" \
        "set UID and GID in .env, or give the folder to $OWNER_UID" ;;
    esac
  done
}

random() { head -c 24 /dev/urandom | base64 | tr '+/' '-_'; }

keep() { # FILE TEXT: for root and the company's group, to read only
  rm -f "$1"
  printf '%s' "$2" >"$1"
  chown "0:$OWNER_GID" "$1"
}

secret() { # FILE VALUE PREFIX: what .env says, else what was made at the first start
  case $2 in *[!A-Za-z0-9_-]*) fail "what .env says for ${1##*/} may hold letters, digits, - and _ only" ;; esac
  if [ -n "$2" ]; then keep "$1" "$2"; elif [ ! -s "$1" ]; then keep "$1" "$3$(random)"; fi
}

check_settings
own 0700 /company/.damascus /volumes/*
own 0750 /company/shared
touch /company/.damascus/containers # tells `ceo` that Docker is worth asking
chown "$OWNER_UID:$OWNER_GID" /company/.damascus/containers
for folder in /secrets/*; do
  chmod 0750 "$folder"
  chown "0:$OWNER_GID" "$folder"
done

secret /secrets/model/litellm_master_key "$LITELLM_MASTER_KEY" sk-
keep /secrets/upstream/model_key "$(python3 -c 'import dotenv
print(dotenv.dotenv_values("/project/.env").get("LLM_API_KEY") or "none")')"

for name in TAVILY EXA BRAVE SERPER; do
  keep "/secrets/search/$(echo $name | tr A-Z a-z)" "$(python3 -c 'import dotenv, sys
print(dotenv.dotenv_values("/project/.env").get(sys.argv[1]) or "")' "${name}_API_KEY")"
done

bus_user() { # NAME [ROLE...]: a user of Redis with a password of its own, as a line for damascus.bus.acl
  secret "/secrets/bus-$1/password" "" ""
  keep "/secrets/bus-$1/redis_url" "redis://$1:$(cat "/secrets/bus-$1/password")@redis:6379/0"
  user=$1
  shift
  echo "$user $(cat "/secrets/bus-$user/password") $*"
}

bus_users() {
  echo "founder $(cat /secrets/bus-redis/founder)"
  bus_user office
  added=
  for persona in /project/agents/personas/*.md; do
    role=$(sed -n 's/^role: *["'\'']\{0,1\}\([a-z0-9_-]*\).*/\1/p' "$persona" | head -n 1)
    case $role in vp | pm | sales | engineer) bus_user "$role" "$role" ;; *) added="$added $role" ;; esac
  done
  # shellcheck disable=SC2086
  bus_user staff $added
}

login=/company/.damascus/gitea-password # of Gitea's admin, for you to log in with; made before Gitea has any data
if [ -z "$GITEA_URL" ] && [ ! -s "$login" ] && [ -z "$(ls -A /volumes/gitea-data)" ]; then
  printf '%s\n' "${GITEA_ADMIN_PASSWORD:-$(random)}" >"$login"
  chmod 0600 "$login"
  chown "$OWNER_UID:$OWNER_GID" "$login"
fi
if [ -s "$login" ]; then keep /secrets/gitea-admin/password "$(cat "$login")"; fi

staff=/volumes/forge-secrets/staff # whom Gitea shall know, with their pictures
if [ -z "$GITEA_URL" ] && python3 -m damascus.staff.roster /project/agents/personas >"$staff.new"; then
  chown "$OWNER_UID:$OWNER_GID" "$staff.new"
  mv -f "$staff.new" "$staff"
fi

secret /secrets/bus-redis/founder "$REDIS_PASSWORD" ""
lines=$(bus_users)
users=$(printf '%s\n' "$lines" | python3 -m damascus.bus.acl)
keep /secrets/bus-redis/redis.conf "$users
"
