#!/bin/sh
# The one-shot `gitea-setup` service: you as the admin, the company as a user of its own, who sees and owns nothing but
# its repositories, and that user's token. Runs beside Gitea on its data; what is there already stays.
set -eu
umask 077
token=${TOKEN_FILE:-/run/secrets/forge/token}
password=${PASSWORD_FILE:-/run/secrets/gitea-admin/password} # made by `setup`, which tells you
[ -s "$token" ] && exit 0

admin() { gitea --config /etc/gitea/app.ini admin user "$@"; }
is_there() { admin list | awk '{ print $2 }' | grep -qx "$1"; }
create() {
  name=$1
  shift
  admin create --username "$name" --email "$name@localhost.localdomain" --must-change-password=false "$@" >/dev/null
}

if ! is_there "$GITEA_ADMIN"; then
  if [ ! -s "$password" ]; then
    echo "gitea-setup: there is no password for $GITEA_ADMIN; run 'docker compose up' again, its setup makes one" >&2
    exit 1
  fi
  create "$GITEA_ADMIN" --admin --password "$(cat "$password")"
fi
is_there "$GITEA_COMPANY" || create "$GITEA_COMPANY" --restricted --random-password # nobody logs in as it

# Gitea prints its warnings there, too
made=$(admin generate-access-token --username "$GITEA_COMPANY" --token-name "company-$(date +%s)" --raw \
  --scopes write:repository,write:issue,write:user | grep -Ex '[0-9a-f]{40}' | tail -n 1)
if [ -z "$made" ]; then
  echo "gitea-setup: Gitea printed no token for $GITEA_COMPANY; look at its log, then run 'docker compose up' again" >&2
  exit 1
fi
printf '%s\n' "$made" >"$token.new"
mv "$token.new" "$token"
