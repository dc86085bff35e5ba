#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/postfix-policy behind a real Postfix.  DELEGATE and WEIRCTL name the two
# programs.  Identity by XCLIENT LOGIN, so no SASL server is needed.
# Ends with "N passed, M failed, K skipped".
set -u
: "${DELEGATE:?the path of postfix-policy}" "${WEIRCTL:?the path of weirctl}"
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=checks.sh
. "$here/checks.sh"
# shellcheck source=install.sh
. "$here/install.sh"
# shellcheck source=postfix.sh
. "$here/postfix.sh"

folder=$(mktemp -d "${TMPDIR:-/tmp}/weir-pf.XXXXXX") || exit 70
memory=$(mktemp -d /dev/shm/weir-pf.XXXXXX) || exit 70
chmod 755 "$folder" "$memory" # mktemp's 0700 would shut the user postfix out
table=$folder/table
delegate=
delegate_open=
delegate_memory=
postfix_started=

cleanup() {
  test -z "$postfix_started" || postfix_stop
  test -z "$delegate" || stop_process "$delegate"
  test -z "$delegate_open" || stop_process "$delegate_open"
  test -z "$delegate_memory" || stop_process "$delegate_memory"
  allow_autostart
  rm -rf "$folder" "$memory"
}
trap cleanup EXIT
trap 'exit 130' HUP INT TERM

leave_out() {
  skip postfix_policy "$1"
  sums
  exit 0
}

give_up() {
  check "$1" failed 'done'
  tail -n 20 "$folder"/*.log "$folder"/*.out 2>/dev/null
  sums
  exit 1
}

test "$(id -u)" = 0 || leave_out "a private Postfix needs root"
need_packages "$folder/apt.log" postfix:postfix swaks:swaks python3:python3-minimal ||
  leave_out "$reason"

# ------------------------------------------------------------------- helpers

# policy_text RECIPIENTS: no limit refills by one within an hour, so counts are exact.
policy_text() {
  cat <<END
policy submission
  limit user-day  $1 recipients / 365d per user
policy storm
  limit storm  7000 messages / 365d per user
END
}

# For the delegates that run as postfix by its owner, for the one under spawn(8), which
# may not be postfix, by its group.
create_table() {
  policy_text 5 >"$folder/policy"
  "$WEIRCTL" -t "$table" create --keys 10000 --policy "$folder/policy" --mode 0660 \
    --group nogroup >/dev/null && chown postfix "$table"
}

apply() {
  policy_text "$1" >"$folder/policy"
  "$WEIRCTL" -t "$table" apply "$folder/policy" >/dev/null
}

# delegate_start NAME [OPTION …]: on private/NAME; its process in $started.
delegate_start() {
  name=$1
  shift
  "$folder/bin/postfix-policy" -v -t "$table" -l "unix:$folder/q/private/$name" -u postfix "$@" \
    2>>"$folder/$name.log" &
  started=$!
  wait_for test -S "$folder/q/private/$name"
}

# send PORT LOGIN [RECIPIENTS]: prints "ok", or the code that refused the message.
# Without an identity where LOGIN is empty.
send() {
  recipients=u1@x.test
  i=1
  while test $i -lt "${3:-1}"; do
    i=$((i + 1))
    recipients=$recipients,u$i@x.test
  done
  swaks --server 127.0.0.1 --port "$1" --from a@example.test --to "$recipients" --timeout 20 \
    --helo client.test ${2:+--xclient "LOGIN=$2"} --body test >"$folder/swaks.out" 2>&1
  case $? in
  0) echo ok ;;
  25) echo "DATA $(reply_code)" ;;
  26) echo "end $(reply_code)" ;;
  *) tail -n 5 "$folder/swaks.out" ;;
  esac
}

reply_code() {
  sed -n 's/^<\*\* *\([0-9]* [0-9.]*\) .*/\1/p' "$folder/swaks.out" | head -n 1
}

# send_times TIMES PORT LOGIN: the different answers with their numbers, in order.
send_times() {
  times=$1
  shift
  while test "$times" -gt 0; do
    times=$((times - 1))
    send "$@"
  done | uniq -c | sed 's/^ *//' | paste -sd, -
}

kim_has_begun() {
  test "$("$WEIRCTL" -t "$table" peek submission user=kim recipients=0 | cut -f 3)" -lt 250
}

# --------------------------------------------------------------------- start

mkdir "$folder/bin" || give_up folder
cp "$DELEGATE" "$folder/bin/postfix-policy" || give_up copy
create_table || give_up create_table
postfix_started=1
postfix_start || give_up postfix_start
delegate_start policy || give_up delegate_start
delegate=$started
delegate_start policy-open -f open || give_up delegate_open_start
delegate_open=$started

# -------------------------------------------------------------------- limits

check data_at_the_limit_is_refused "$(send_times 7 "$port_data" alice)" '5 ok,2 DATA 450 4.7.1'
check refusal_names_the_limit_and_the_wait "$(sed -n \
  's/.*\(user-day: rate limit exceeded, try again in\) [1-9][0-9]* days$/\1/p' "$folder/swaks.out")" \
  'user-day: rate limit exceeded, try again in'
check refusal_shows_in_the_log "$(grep -c 'refused at DATA: user=alice ip=127.0.0.1 recipients=1: 450' \
  "$folder/policy.log")" 2
check other_user_passes "$(send "$port_data" bob)" ok
check five_recipients_cost_five_at_data "$(send "$port_data" carol 5),$(send "$port_data" carol)" \
  'ok,DATA 450 4.7.1'
check five_recipients_cost_five_at_the_end "$(send "$port_end" dave 5),$(send "$port_end" dave)" \
  'ok,end 450 4.7.1'
check two_and_three_cost_five \
  "$(send "$port_end" dora 2),$(send "$port_data" dora 3),$(send "$port_end" dora)" \
  'ok,ok,end 450 4.7.1'
check both_stages_cost_once "$(send_times 6 "$port_both" erin)" '5 ok,1 DATA 450 4.7.1'
check more_than_the_burst_is_452 "$(send "$port_data" frank 6),$(send "$port_data" frank 5)" \
  'DATA 452 4.5.3,ok'
check spawned_delegate_counts_in_the_same_table \
  "$(send "$port_spawn" alice),$(send_times 6 "$port_spawn" grace),$(send "$port_data" grace)" \
  'DATA 450 4.7.1,5 ok,1 DATA 450 4.7.1,DATA 450 4.7.1'

check without_a_login_it_is_no_submission "$(send_times 7 "$port_data" '')" '7 ok'
check forged_login_charges_nobody_else \
  "$(send "$port_data" 'mallory+0Asasl_username=ivan'),$(send_times 6 "$port_data" ivan)" \
  'ok,5 ok,1 DATA 450 4.7.1'

apply 8
check higher_limit_lets_the_difference_pass "$(send_times 4 "$port_data" alice)" \
  '3 ok,1 DATA 450 4.7.1'
apply 4
check lower_limit_refuses_at_once \
  "$(send "$port_data" alice),$(send "$port_data" carol)" 'DATA 450 4.7.1,DATA 450 4.7.1'
check lower_limit_leaves_the_rest_to_others "$(send_times 4 "$port_data" bob)" \
  '3 ok,1 DATA 450 4.7.1'
apply 50
check sessions_at_once_are_counted_exactly \
  "$(python3 "$here/sessions.py" "$port_data" henry 20 5)" '50 accepted, 50 refused'

# ---------------------------------------------------------------- what fails

stop_process "$delegate" KILL
check delegate_down_is_postfix_default_action \
  "$(send "$port_data" henry),$(send "$port_closed" henry)" 'ok,DATA 451 4.3.5'
delegate_start policy
delegate=$started
check delegate_started_again_remembers \
  "$(send "$port_data" henry),$(send "$port_closed" henry),$(send "$port_data" ida)" \
  'DATA 450 4.7.1,DATA 450 4.7.1,ok'

# Under load: whoever asks meanwhile is refused, the limit holds, and what was counted is kept.
apply 300
python3 "$here/sessions.py" "$port_closed" kim 20 60 >"$folder/sessions" 2>&1 &
sessions=$!
wait_for kim_has_begun
stop_process "$delegate" KILL
delegate_start policy
delegate=$started
wait "$sessions"
accepted=$(sed -n 's/^\([0-9]*\) accepted.*/\1/p' "$folder/sessions")
check killed_under_load_the_limit_holds "$(test "${accepted:-0}" -le 300 &&
  test "${accepted:-0}" -ge 280 && echo yes || cat "$folder/sessions")" yes
check killed_under_load_the_count_is_kept "$(send "$port_data" kim),$(send "$port_data" lea)" \
  'DATA 450 4.7.1,ok'

rm "$table"
check table_removed_fails_closed "$(send "$port_data" ida)" 'DATA 451 4.3.5'
check table_removed_fails_open "$(send "$port_open" ida)" ok
check fail_open_is_logged "$(grep -c 'cannot decide.*answered DUNNO' "$folder/policy-open.log")" 1
create_table
sleep 1.1
check table_made_again_is_used_without_a_restart \
  "$(send_times 3 "$port_data" ida),$(send_times 3 "$port_open" ida)" '3 ok,2 ok,1 DATA 450 4.7.1'
check delegates_have_not_ended "$(alive "$delegate" && alive "$delegate_open" && echo yes)" yes

# ----------------------------------------------------- load, and hostile clients

stop_process "$delegate"
delegate_start policy -p storm
delegate=$started
"$WEIRCTL" -t "$memory/table" create --keys 10000 --policy "$folder/policy" --mode 0660 \
  --group nogroup >/dev/null && chown postfix "$memory/table"
"$folder/bin/postfix-policy" -v -t "$memory/table" -l "unix:$folder/q/private/memory" -u postfix \
  -p storm 2>>"$folder/policy.log" &
delegate_memory=$!
wait_for test -S "$folder/q/private/memory"
while read -r name got expected; do
  check "$name" "$got" "$expected"
done <<END
$(python3 "$here/storm.py" "unix:$folder/q/private/memory" "$delegate_memory" 7000 |
  sed 's/^storm/storm_table_in_memory/')
$(python3 "$here/storm.py" "unix:$folder/q/private/policy" "$delegate" 7000)
$(python3 "$here/malformed.py" "unix:$folder/q/private/policy" "$delegate")
END
check after_all_that_postfix_is_served "$(send "$port_data" alice)" ok
check no_line_of_the_log_is_forged "$(grep -cv '^weir-policy: [ -~]*$' "$folder/policy.log")" 0

# ---------------------------------------------------------------------- stop

check postfix_has_no_complaint_but_the_expected "$(grep -E 'fatal|panic|warning' "$folder/mail.log" |
  grep -vE 'connect to private/policy|problem talking to server private/policy')" ''
postfix_stop
postfix_started=
stop_process "$delegate"
stop_process "$delegate_open"
wait "$delegate"
check delegate_told_to_stop_ends_with_0 $? 0
check delegate_told_to_stop_removes_its_socket \
  "$(test -e "$folder/q/private/policy" || test -e "$folder/q/private/policy-open" || echo yes)" yes
sums
test "$failed" = 0
