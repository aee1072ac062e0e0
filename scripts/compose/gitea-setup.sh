#!/bin/sh
# The one-shot `gitea-setup` service: an admin, and a token that may push, once. Runs beside Gitea on its data.
set -eu
umask 077
token=/run/secrets/forge/token
password=/company/.damascus/gitea-password
[ -s "$token" ] && exit 0

admin() { gitea --config /etc/gitea/app.ini admin user "$@"; }

if ! admin list | awk '{ print $2 }' | grep -qx "$GITEA_ADMIN"; then
  [ -n "$GITEA_ADMIN_PASSWORD" ] || GITEA_ADMIN_PASSWORD=$(head -c 18 /dev/urandom | base64 | tr '+/' '-_')
  printf '%s\n' "$GITEA_ADMIN_PASSWORD" >"$password" # to log in with, as $GITEA_ADMIN
  admin create --admin --username "$GITEA_ADMIN" --password "$GITEA_ADMIN_PASSWORD" \
    --email "$GITEA_ADMIN@localhost.localdomain" --must-change-password=false
fi
admin generate-access-token --username "$GITEA_ADMIN" --token-name "company-$(date +%s)" --raw \
  --scopes write:repository,write:issue,write:user >"$token.new"
mv "$token.new" "$token"
