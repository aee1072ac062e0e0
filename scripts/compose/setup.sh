#!/bin/sh
# The one-shot `setup` service: runs as root, without a network, before everything else. It gives folders and volumes
# their owner and makes the secrets that nobody has to know. Safe to run again: what is there already stays.
set -eu
umask 0337

fail() {
  echo "setup: $*" >&2
  exit 1
}

own() { # FOLDER...: what Docker made belongs to root at first
  for folder; do
    case $(stat -c %u "$folder") in
      "$OWNER_UID") ;;
      0) chown "$OWNER_UID:$OWNER_GID" "$folder" ;;
      *) fail "${folder#/company/} belongs to the user $(stat -c %u "$folder"), but the company runs as $OWNER_UID:" \
        "set UID and GID in .env (see \`id\`), or give the folder to $OWNER_UID" ;;
    esac
  done
}

random() { head -c 24 /dev/urandom | base64 | tr '+/' '-_'; }

secret() { # FILE VALUE PREFIX: the value from .env, else one made at the first start
  case $2 in *[!A-Za-z0-9_-]*) fail "the ${1##*/} set in .env may hold letters, digits, - and _ only" ;; esac
  [ -n "$2" ] || [ ! -s "$1" ] || return 0
  rm -f "$1"
  printf '%s' "${2:-$3$(random)}" >"$1"
  chown "0:$OWNER_GID" "$1"
}

if [ -z "$LLM_MODEL" ] && [ -n "$LLM_BASE_URL$LLM_MODEL_ANY" ]; then
  fail "LLM_BASE_URL or a model of one tier is set in .env, but LLM_MODEL is not: set it too"
fi
user=$(stat -c %u /company/config.yaml)
if [ "$user" != 0 ] && [ "$user" != "$OWNER_UID" ]; then
  fail "these files belong to the user $user, but the company runs as $OWNER_UID: write UID=$user and" \
    "GID=$(stat -c %g /company/config.yaml) into .env"
fi

own /company/shared /company/.damascus /volumes/*
for folder in /secrets/*; do
  chown "0:$OWNER_GID" "$folder"
  chmod 0750 "$folder"
done
if ! flock --nonblock /company/.damascus/supervisor.lock true 2>/dev/null && [ -e /company/.damascus/supervisor.lock ]; then
  fail "a company without containers is at work in this folder: stop it with \`ceo down\` first"
fi

secret /secrets/bus/redis_password "$REDIS_PASSWORD" ""
secret /secrets/model/litellm_master_key "$LITELLM_MASTER_KEY" "sk-"
password=$(cat /secrets/bus/redis_password)
secret_file() { # FILE TEXT
  rm -f "$1"
  printf '%s\n' "$2" >"$1"
  chown "0:$OWNER_GID" "$1"
}
secret_file /secrets/bus/redis.conf "requirepass $password"
secret_file /secrets/bus/redis_url "redis://:$password@redis:6379/0"
