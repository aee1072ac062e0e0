#!/bin/sh
# The one-shot `gitea-setup` service: you as the admin, the company as a user of its own, who sees and owns nothing but
# its repositories, and that user's token; a user per member of the staff, with a picture, whose commits Gitea then knows.
# Runs beside Gitea on its data; what is there already stays.
set -eu
umask 077
token=${TOKEN_FILE:-/run/secrets/forge/token}
password=${PASSWORD_FILE:-/run/secrets/gitea-admin/password} # made by `setup`, which tells you
staff=${STAFF_FILE:-/run/secrets/forge/staff} # `setup` writes it: name, address, full name and picture, between tabs
api=${GITEA_URL:-http://gitea:3000}/api/v1

admin() { gitea --config /etc/gitea/app.ini admin user "$@"; }
is_there() { admin list | awk '{ print $2 }' | grep -qx "$1"; }
create() {
  name=$1
  email=$2
  shift 2
  admin create --username "$name" --email "$email" --must-change-password=false "$@" >/dev/null
}
as() { # LOGIN PASSWORD METHOD PATH: a request of that user's, with what is on standard input
  printf 'user = "%s:%s"' "$1" "$2" >"$work/curl"
  curl --config "$work/curl" -fsS -m 20 -X "$3" -H 'Content-Type: application/json' --data-binary @- "$api$4" >/dev/null
}
introduce() { # each member of the staff that Gitea does not know; nobody logs in as one of them
  tab=$(printf '\t')
  while IFS=$tab read -r login email full_name picture; do
    is_there "$login" && continue
    secret=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
    create "$login" "$email" --restricted --password "$secret" </dev/null
    printf '{"full_name": "%s"}' "$full_name" | as "$login" "$secret" PATCH /user/settings
    printf '{"image": "%s"}' "$picture" | as "$login" "$secret" POST /user/avatar
  done <"$staff"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# commits are shown without pictures where this fails; nothing else depends on it
[ ! -s "$staff" ] || introduce || echo "gitea-setup: Gitea did not take all of the staff as users; look at its log" >&2
[ -s "$token" ] && exit 0

if ! is_there "$GITEA_ADMIN"; then
  if [ ! -s "$password" ]; then
    echo "gitea-setup: there is no password for $GITEA_ADMIN; run 'docker compose up' again, its setup makes one" >&2
    exit 1
  fi
  create "$GITEA_ADMIN" "$GITEA_ADMIN@localhost.localdomain" --admin --password "$(cat "$password")"
fi
is_there "$GITEA_COMPANY" || create "$GITEA_COMPANY" office@damascus.local --restricted --random-password # nobody logs in as it

# Gitea prints its warnings there, too
made=$(admin generate-access-token --username "$GITEA_COMPANY" --token-name "company-$(date +%s)" --raw \
  --scopes write:repository,write:issue,write:user | grep -Ex '[0-9a-f]{40}' | tail -n 1)
if [ -z "$made" ]; then
  echo "gitea-setup: Gitea printed no token for $GITEA_COMPANY; look at its log, then run 'docker compose up' again" >&2
  exit 1
fi
printf '%s\n' "$made" >"$token.new"
mv "$token.new" "$token"
