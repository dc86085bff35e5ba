#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Postfix: puts on hold what a blocked user still has in the queue.  As root:
#   weirctl watch --exec /usr/local/lib/weir/hold-queue.sh
#
# HOLD_DOMAIN  users of weir without an @ send as USER@this
#
# What comes from outside - the user's name, senders in the queue - is only ever compared, as
# whole strings; queue ids reach postsuper only where they look like ids.
set -eu

case ${WEIR_EVENT:-} in
  blocked|escalated) ;;
  *) exit 0 ;;
esac
[ -n "${WEIR_USER:-}" ] || exit 0

queue=$(mktemp)
trap 'rm -f "$queue"' EXIT
trap 'exit 1' HUP INT TERM
postqueue -j >"$queue"
ids=$(python3 -I -c '
import json, os, sys
user = os.environb[b"WEIR_USER"].decode("utf-8", "surrogateescape")
domain = os.environ.get("HOLD_DOMAIN", "")
senders = {user} if "@" in user or not domain else {user, user + "@" + domain}
for line in sys.stdin.buffer:
    try:
        message = json.loads(line.decode("utf-8", "surrogateescape"))
        if message["sender"] in senders:
            print(ascii(message["queue_id"])[1:-1])
    except (ValueError, KeyError, TypeError):
        continue
' <"$queue" | grep -E '^[0-9A-Za-z]+$' || true)
[ -z "$ids" ] || printf '%s\n' "$ids" | postsuper -h -
