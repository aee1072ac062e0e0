#!/bin/sh
# redis-server with these arguments. If it ends because it cannot read its data (another version wrote them, or the disk
# damaged them), they are set aside in /data/unreadable-*, and the container's next start begins without: they only
# carry messages, and the ledger sends those again.
set -eu
data=${REDIS_DATA:-/data}
scratch=$(mktemp -d)
mkfifo "$scratch/lines"

pass_on() { # every line; the first hundred are kept, too
  count=0
  while IFS= read -r line; do
    printf '%s\n' "$line"
    count=$((count + 1))
    [ "$count" -gt 100 ] || printf '%s\n' "$line" >>"$scratch/beginning"
  done
}

could_not_read() {
  ! grep -qi 'ready to accept connections' "$scratch/beginning" &&
    grep -qiE 'append.?only|(^|[^a-z])(aof|rdb)([^a-z]|$)|loading the db' "$scratch/beginning"
}

: >"$scratch/beginning"
pass_on <"$scratch/lines" &
reader=$!
redis-server "$@" >"$scratch/lines" 2>&1 &
server=$!
trap 'kill -TERM "$server" 2>/dev/null || true' TERM INT
code=0
wait "$server" || code=$?
while kill -0 "$server" 2>/dev/null; do # a signal ended the wait, not the server
  code=0
  wait "$server" || code=$?
done
wait "$reader" || true

if [ "$code" -ne 0 ] && [ -d "$data/appendonlydir" ] && could_not_read; then
  aside=$(mktemp -d "$data/unreadable-XXXXXX")
  mv "$data/appendonlydir" "$aside/"
  echo "Redis cannot read its data; they are set aside in $aside. The ledger sends the messages again"
fi
exit "$code"
