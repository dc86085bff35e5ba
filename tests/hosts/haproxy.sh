#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/haproxy behind a real HAProxy.  SPOA and WEIRCTL name the two programs.
# Ends with "N passed, M failed, K skipped".
set -u
: "${SPOA:?the path of weir-spoa}" "${WEIRCTL:?the path of weirctl}"
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=checks.sh
. "$here/checks.sh"
# shellcheck source=install.sh
. "$here/install.sh"

folder=$(mktemp -d "${TMPDIR:-/tmp}/weir-hap.XXXXXX") || exit 70
chmod 755 "$folder" # mktemp's 0700 would shut nobody out
memory=$(mktemp -d /dev/shm/weir-hap.XXXXXX) || exit 70
chmod 755 "$memory"
table=$folder/table
processes=

cleanup() {
  for process in $processes; do
    stop_process "$process"
  done
  allow_autostart
  rm -rf "$folder" "$memory"
}
trap cleanup EXIT
trap 'exit 130' HUP INT TERM

leave_out() {
  skip haproxy "$1"
  sums
  exit 0
}

give_up() {
  check "$1" failed 'done'
  tail -n 20 "$folder"/*.log 2>/dev/null
  sums
  exit 1
}

need_packages "$folder/apt.log" haproxy:haproxy python3:python3-minimal curl:curl ||
  leave_out "$reason"

# ------------------------------------------------------------------- helpers

# No limit refills by one within an hour, so counts are exact.
create_table() {
  cat >"$folder/policy" <<'END'
policy web
  limit user-year     5 messages / 365d per user
  limit bytes       100 bytes / 365d per user optional
policy storm
  limit storm      1000 messages / 365d per user
END
  "$WEIRCTL" -t "$1" create --keys 10000 --policy "$folder/policy" --mode 0660 >/dev/null &&
    chmod 0660 "$1" && { test "$(id -u)" != 0 || chown nobody "$1"; }
}

# agent_start NAME [OPTION …]: on the socket NAME; its process in $started.
agent_start() {
  name=$1
  shift
  test "$(id -u)" != 0 || set -- "$@" -u nobody
  "$SPOA" -v -t "$table" -l "unix:$folder/run/$name" -m 0666 "$@" 2>>"$folder/$name.log" &
  started=$!
  processes="$processes $started"
  wait_for listens "$folder/run/$name"
}

listens() {
  python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$1"
}

# One engine for each agent: weir in front, the others behind a path of their own.
spoe_conf() {
  for engine in web open storm memory; do
    cat <<END
[$engine]
spoe-agent $engine
  messages ask
  option var-prefix weir
  option set-on-error error
  timeout hello 5s
  timeout idle 60s
  timeout processing 5s
  use-backend agent-$engine
spoe-message ask
  args user=req.hdr(x-user) ip=src cost=int(1) bytes=req.hdr(x-bytes)
  event on-frontend-http-request

END
  done
}

# frontend NAME PORT
frontend() {
  cat <<END
frontend $1
  bind 127.0.0.1:$2
  filter spoe engine $1 config $folder/spoe.conf
  http-after-response set-header X-Verdict "%[var(txn.weir.verdict)] %[var(txn.weir.limit)] %[var(txn.weir.remaining)] %[var(txn.weir.error)]"
  http-request deny deny_status 403 if { var(txn.weir.verdict) -m str block }
  http-request deny deny_status 429 hdr Retry-After %[var(txn.weir.retry_after)] if { var(txn.weir.verdict) -m str deny } { var(txn.weir.retry_after) -m found }
  http-request deny deny_status 429 if { var(txn.weir.verdict) -m str deny }
END
  test "$1" = open ||
    echo '  http-request deny deny_status 503 unless { var(txn.weir.verdict) -m str allow }'
  echo '  default_backend app'
}

haproxy_conf() {
  cat <<END
global
  maxconn 1000
  stats socket $folder/stats
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
$(frontend web "$port")
$(frontend open $((port + 1)))
$(frontend storm $((port + 2)))
$(frontend memory $((port + 3)))
backend app
  server app 127.0.0.1:$((port + 4))
END
  for engine in web open storm memory; do
    cat <<END
backend agent-$engine
  mode tcp
  retries 0
  timeout server 90s
  option spop-check
  server agent unix@$folder/run/$engine $(test $engine != web || echo check inter 100 rise 1 fall 1)
END
  done
}

# get PORT USER [TIMES [CURL OPTION …]]: the different statuses with their numbers, in order.
get() {
  url=http://127.0.0.1:$1/
  user=$2
  times=${3:-1}
  shift 2
  test $# = 0 || shift
  while test "$times" -gt 0; do
    times=$((times - 1))
    curl -s -o "$folder/body" -D "$folder/head" -w '%{http_code}\n' -H "X-User: $user" "$@" "$url"
  done | uniq -c | sed 's/^ *//' | paste -sd, -
}

# header NAME: of the last answer.
header() {
  sed -n "s/^$1: *\(.*[^ ]\) *\r$/\1/ip" "$folder/head"
}

backend_had() {
  curl -s "http://127.0.0.1:$((port + 4))/count"
}

# agent_state STATE: 2 is up, 0 down, as the health check sees the agent web.
agent_state() {
  printf 'show servers state agent-web\n' | python3 -c 'import socket, sys
link = socket.socket(socket.AF_UNIX)
link.connect(sys.argv[1])
link.sendall(sys.stdin.buffer.read())
lines = [line.split() for line in link.makefile()]
sys.exit([line[5] for line in lines if len(line) > 5 and line[3] == "agent"] != [sys.argv[2]])' \
    "$folder/stats" "$1"
}

# --------------------------------------------------------------------- start

mkdir "$folder/run" && { test "$(id -u)" != 0 || chown nobody "$folder/run"; } || give_up folder
create_table "$table" && create_table "$memory/table" || give_up create_table
agent_start web || give_up agent_start
agent_web=$started
agent_start open -f open || give_up agent_start
agent_start storm -p storm || give_up agent_start
agent_storm=$started
agent_start memory -p storm -t "$memory/table" || give_up agent_start
agent_start impatient -i 1 || give_up agent_start
port=$(free_ports 5) || give_up free_ports
spoe_conf >"$folder/spoe.conf"
haproxy_conf >"$folder/haproxy.cfg"
check configuration_is_sound "$(haproxy -c -q -f "$folder/haproxy.cfg" 2>"$folder/check.log"; echo $?)" 0
python3 "$here/http_backend.py" $((port + 4)) &
processes="$processes $!"
wait_for backend_had >"$folder/body" || give_up backend_start
haproxy -db -f "$folder/haproxy.cfg" >>"$folder/haproxy.log" 2>&1 &
processes="$! $processes"
haproxy=$!
wait_for curl -s -o "$folder/body" "http://127.0.0.1:$port/" || give_up haproxy_start
wait_for agent_state 2 || give_up health_check

# -------------------------------------------------------------------- limits

check limit_of_5 "$(get "$port" alice 7)" '5 200,2 429'
check refusal_has_retry_after "$(test "$(header Retry-After)" -gt 1000000 && echo yes)" yes
check variables_of_a_refusal "$(header X-Verdict)" 'deny user-year 0'
check other_user_passes "$(get "$port" bob)" '1 200'
check variables_of_a_passed_request "$(header X-Verdict)" 'allow user-year 4'
check number_is_a_cost_too "$(get "$port" cleo 1 -H 'X-Bytes: 60'),$(get "$port" cleo 1 -H 'X-Bytes: 60')" \
  '1 200,1 429'
check cost_above_the_burst_has_no_retry_after \
  "$(get "$port" cleo 1 -H 'X-Bytes: 101')$(header Retry-After)" '1 429'
check without_a_user_it_cannot_be_asked "$(get "$port" '')$(header X-Verdict)" '1 503error'
"$WEIRCTL" -t "$table" block user=mallory >/dev/null
check blocked_user "$(get "$port" mallory)$(header X-Verdict | cut -d' ' -f1)" '1 403block'
check blocked_address "$("$WEIRCTL" -t "$table" block ip=127.0.0.1 >/dev/null; get "$port" bob
  "$WEIRCTL" -t "$table" unblock ip=127.0.0.1 >/dev/null; get "$port" bob)" "$(printf '1 403\n1 200')"
check command_and_agent_count_together \
  "$("$WEIRCTL" -t "$table" take web user=alice bytes=0 >/dev/null; echo $?)" 1
before=$(backend_had)
check storm_table_on_a_disk "$(python3 "$here/http_storm.py" $((port + 2)) / henry 5000)" \
  '200:1000 429:4000'
check storm_table_on_dev_shm "$(python3 "$here/http_storm.py" $((port + 3)) / henry 5000)" \
  '200:1000 429:4000'
check backend_had_what_passed $(($(backend_had) - before)) 2000

# ------------------------------------------------------------ the agent is killed

python3 "$here/http_storm.py" $((port + 2)) / ida 100000 "$agent_storm" 300 "$folder/killed" \
  >"$folder/storm.out" &
storm=$!
processes="$processes $storm"
wait_for test -e "$folder/killed" || give_up no_request_found_the_agent_gone
check killed_under_load_refuses "$(get $((port + 2)) ida)" '1 503'
agent_start storm -p storm || give_up agent_start
wait "$storm"
passed_in_all=$(sed -n 's/.*200:\([0-9]*\).*/\1/p' "$folder/storm.out")
check started_again_forgets_nothing "$(test "$passed_in_all" -le 1000 && echo yes)" yes
check lost_at_most_what_was_under_way "$(test "$passed_in_all" -ge 984 && echo yes)" yes
check limit_is_reached "$(get $((port + 2)) ida)$(header X-Verdict)" '1 429deny storm 0'

stop_process "$agent_web" KILL
wait_for agent_state 0
check killed_is_seen_by_the_health_check "$(agent_state 0 && echo yes)" yes
check killed_fails_closed "$(get "$port" bob)" '1 503'
agent_start web || give_up agent_start
agent_web=$started
wait_for agent_state 2
check started_again_remembers "$(get "$port" alice),$(get "$port" bob 5)" '1 429,3 200,2 429'

# ------------------------------------------------------------ the table is missing

rm "$table"
check table_removed_fails_closed "$(get "$port" erin)$(header X-Verdict)" '1 503error'
check table_removed_fails_open "$(get $((port + 1)) erin)$(header X-Verdict)" '1 200allow'
check fault_is_logged "$(grep -c 'cannot decide.*answered allow' "$folder/open.log")" 1
create_table "$table" || give_up create_table
sleep 1.1
check table_made_again_is_used_without_a_restart "$(get "$port" erin 3),$(get $((port + 1)) erin 3)" \
  '3 200,2 200,1 429'

# ------------------------------------------------------------ hostile clients

while read -r name got expected; do
  check "$name" "$got" "$expected"
done <<END
$(python3 "$here/spop_malformed.py" "unix:$folder/run/web" "$agent_web" "unix:$folder/run/impatient" 2>&1)
END
check after_all_that_haproxy_is_served "$(get "$port" frank 6)" '5 200,1 429'
check damage_is_logged "$(grep -c 'connection dropped: frame is too big' "$folder/web.log" |
  sed 's/^[1-9][0-9]*$/yes/')" yes
check what_says_nothing_is_logged "$(grep -c 'connection dropped: too slow' "$folder/impatient.log")" 101
check no_line_of_the_log_is_forged "$(cat "$folder"/web.log | grep -cv '^weir-spoa: [ -~]*$')" 0

# ---------------------------------------------------------------------- stop

check haproxy_has_not_ended "$(alive "$haproxy" && echo yes)" yes
stop_process "$agent_web"
wait "$agent_web"
check agent_told_to_stop_ends_with_0 $? 0
check agent_told_to_stop_removes_its_socket "$(test -e "$folder/run/web" || echo yes)" yes
sums
test "$failed" = 0
