#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What does a decision add to one event of a mail server or proxy, beside what the
# server's own limiter adds?  Rows of TSV; bench_hosts.py says what each is.
#
# Exim and its headers, Postfix and nginx with its module's headers are used where they
# are installed, or where `make check-hosts` has unpacked Exim; else their row says
# `not installed`; where none is, nothing is measured.  Everything runs in a folder of its
# own on loopback and is stopped at the end.  BUILD names the build folder.  Under 90 s.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
BUILD=${BUILD:-$root/build}
case $BUILD in /*) ;; *) BUILD=$root/$BUILD ;; esac
WEIRCTL=$BUILD/weirctl
PATH=$PATH:/usr/sbin:/sbin
export PYTHONDONTWRITEBYTECODE=1
hosts=$root/tests/hosts
# shellcheck source=../tests/hosts/checks.sh
. "$hosts/checks.sh"
# shellcheck source=../tests/hosts/install.sh
. "$hosts/install.sh"
# shellcheck source=../tests/hosts/exim_server.sh
. "$hosts/exim_server.sh"
# shellcheck source=../tests/hosts/postfix.sh
. "$hosts/postfix.sh"
# shellcheck source=../tests/hosts/nginx_server.sh
. "$hosts/nginx_server.sh"

folder=$(mktemp -d "${TMPDIR:-/tmp}/weir-bh.XXXXXX") || exit 70
memory=$(mktemp -d /dev/shm/weir-bh.XXXXXX) || exit 70
chmod 755 "$folder" "$memory"
table=$memory/table
delegate=
postfix_started=

cleanup() {
  exim_stop disk
  exim_stop tmpfs
  nginx_stop
  test -z "$postfix_started" || postfix_stop
  test -z "$delegate" || stop_process "$delegate"
  rm -rf "$folder" "$memory"
}
trap cleanup EXIT
trap 'exit 130' HUP INT TERM

measured=
measure() {
  measured=1
  python3 "$root/bench/bench_hosts.py" "$@"
}

absent() {
  printf '%s\tnot installed: %s\n' "$1" "$2"
}

file_system() {
  df --output=fstype "$1" | tail -n 1
}

# No limit is ever reached: what is measured is to be allowed.
create_table() {
  rm -f "$table"
  printf 'policy submission\n  limit user-hour 1000000000 %s / 1h per user\n' "$2" >"$folder/policy"
  "$WEIRCTL" -t "$table" create --keys 100000 --policy "$folder/policy" --mode 0660 --group "$1" >/dev/null
}

# -------------------------------------------------------------------- Exim
# One server with its spool, and with it the database of its ratelimit, in $TMPDIR, one
# with it on a tmpfs.  Both ask the same weir table.
bench_exim() {
  test "$(id -u)" = 0 || { absent exim "a private Exim needs root" && return; }
  exim_find_local || { absent exim "$reason" && return; }
  create_table Debian-exim recipients && exim_prepare &&
    exim_start tmpfs "$memory/spool" submission >&2 || { absent exim "did not start" && return; }
  on_tmpfs=$port_own
  exim_start disk "$folder/spool" submission >&2 || { absent exim "did not start" && return; }
  measure exim "$port_none" "$port_line" "$port_recipient" "$port_own:$(file_system "$folder")" \
    "$on_tmpfs:$(file_system "$memory")"
  exim_stop disk
  exim_stop tmpfs
}

# ----------------------------------------------------------------- Postfix
# DATA is refused by the last restriction in each of them, so that no message is queued.
postfix_smtpd() {
  cat <<END
127.0.0.1:$port_data inet n - n - 60 smtpd
  -o { smtpd_data_restrictions = check_policy_service unix:private/policy, reject }
127.0.0.1:$port_end inet n - n - 60 smtpd
  -o smtpd_data_restrictions=reject
127.0.0.1:$port_both inet n - n - 60 smtpd
  -o smtpd_data_restrictions=reject
  -o smtpd_client_message_rate_limit=1000000000
  -o smtpd_client_event_limit_exceptions=
127.0.0.1:$port_spawn inet n - n - 60 smtpd
END
}

bench_postfix() {
  test "$(id -u)" = 0 || { absent postfix "a private Postfix needs root" && return; }
  command -v postfix >/dev/null || { absent postfix "no Postfix" && return; }
  mkdir -p "$folder/bin" && cp "$BUILD/examples/postfix-policy/postfix-policy" "$folder/bin/" &&
    create_table postfix recipients || { absent postfix "no table" && return; }
  postfix_started=1
  postfix_start >&2 || { absent postfix "did not start" && return; }
  "$folder/bin/postfix-policy" -t "$table" -l "unix:$folder/q/private/policy" -u postfix \
    2>>"$folder/delegate.log" &
  delegate=$!
  wait_for test -S "$folder/q/private/policy" || { absent postfix "no delegate" && return; }
  measure postfix "$port_end" "$port_data" "$port_both"
  postfix_stop
  postfix_started=
}

# ------------------------------------------------------------------- nginx
nginx_http() {
  cat <<END
  limit_req_zone \$arg_user zone=own:1m rate=1000000r/s;
  weir_policy off;
  weir_key user=\$arg_user;
  server {
    listen 127.0.0.1:$port_nginx;
    location = / { return 204; }
    location /none/ { empty_gif; }
    location /own/ { limit_req zone=own burst=1000000 nodelay; empty_gif; }
    location /weir/ { weir_policy submission; empty_gif; }
  }
END
}

bench_nginx() {
  nginx_find_local || { absent nginx "$reason" && return; }
  create_table "$nginx_group" messages && nginx_prepare &&
    nginx_start 1 >&2 || { absent nginx "did not start" && return; }
  measure nginx "$port_nginx" "$(cat "$folder/nginx/nginx.pid")"
  nginx_stop
}

python3 "$root/bench/bench_hosts.py" header
test $# -gt 0 || set -- exim postfix nginx
for host in "$@"; do
  "bench_$host"
done
test -n "$measured" || exit 77 # as BENCH_SKIPPED of bench/support/fail.h
