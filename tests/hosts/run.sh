#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make check-hosts: every host's script in turn.  A script ends with a line
# "N passed, M failed, K skipped"; so does this, with their sums.
# WEIRCTL, DELEGATE, SPOA and AUTH name the built programs.
set -u
: "${WEIRCTL:?the path of weirctl}" "${DELEGATE:?the path of postfix-policy}" "${SPOA:?the path of weir-spoa}"
: "${AUTH:?the path of weir-auth-http}"
export WEIRCTL DELEGATE SPOA AUTH PYTHONDONTWRITEBYTECODE=1
here=$(cd "$(dirname "$0")" && pwd)

output=$(mktemp "${TMPDIR:-/tmp}/weir-hosts.XXXXXX") || exit 70
child=
trap 'test -z "$child" || kill "$child" 2>/dev/null; wait; rm -f "$output" "$output.status"' EXIT
trap 'exit 130' HUP INT TERM

passed=0
failed=0
skipped=0
# shellcheck disable=SC2043
for host in postfix-policy milter exim nginx auth-http haproxy webmail together; do
  echo "== $host"
  sh "$here/$host.sh" >"$output" 2>&1 &
  child=$!
  tail -n +1 -f --pid="$child" "$output" &
  wait "$child"
  wait
  child=
  sums=$(tail -n 1 "$output" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p')
  # shellcheck disable=SC2086
  set -- ${sums:-0 1 0}
  passed=$((passed + $1))
  failed=$((failed + $2))
  skipped=$((skipped + $3))
done
echo "$passed passed, $failed failed, $skipped skipped"
test "$failed" = 0
