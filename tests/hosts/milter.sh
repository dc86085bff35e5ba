#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/milter behind a real Postfix.  WEIRCTL names weirctl, BUILD the build folder; the
# filter is built here.  Identity by XCLIENT LOGIN, so no SASL server is needed.
# Ends with "N passed, M failed, K skipped".
set -u
: "${WEIRCTL:?the path of weirctl}" "${BUILD:?the build folder}"
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin
export PYTHONDONTWRITEBYTECODE=1
# shellcheck source=checks.sh
. "$here/checks.sh"
# shellcheck source=install.sh
. "$here/install.sh"
# shellcheck source=postfix.sh
. "$here/postfix.sh"
# shellcheck source=milter_server.sh
. "$here/milter_server.sh"

folder=$(mktemp -d "${TMPDIR:-/tmp}/weir-milter.XXXXXX") || exit 70
memory=$(mktemp -d /dev/shm/weir-milter.XXXXXX) || exit 70
chmod 755 "$folder" "$memory" # mktemp's 0700 would shut the user postfix out
table=$folder/table
REPLY_FILE=$folder/reply
export REPLY_FILE
processes=
postfix_started=

cleanup() {
  rm -f "$folder/load"
  test -z "$postfix_started" || postfix_stop
  for process in $processes; do
    stop_process "$process" KILL
  done
  allow_autostart
  rm -rf "$folder" "$memory"
}
trap cleanup EXIT
trap 'exit 130' HUP INT TERM

leave_out() {
  skip milter "$1"
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
milter_find "$folder/apt.log" || leave_out "$reason"

# --------------------------------------------------------------------- start

make -s -C "$root" BUILD="$BUILD" milter-program >"$folder/make.out" 2>&1 || give_up milter_program
{ create_table "$table" && create_table "$memory/table"; } || give_up create_table
postfix_started=1
postfix_start || give_up postfix_start
milter_start main || give_up milter_start
main=$started
others=
processes=$main
for other in 'open -f open' "memory -t $memory/table" 'strict -p strict -r' 'dry -n'; do
  # shellcheck disable=SC2086
  milter_start $other || give_up milter_start
  others="$others $started"
  processes="$processes $started"
done

# ----------------------------------------------------------- refused in part

check of_15_recipients_10_pass "$(smtp "$port_data" alice message=15)" \
  'mail 250*1 rcpt 250*10 450*5 data 250*1 sent recipients*10'
wait_for are_sent 'u[0-9]*' 10
check those_10_and_no_other_get_it "$(sent 'u[0-9]*'),$(sent 'u1[1-5]')" 10,0
check one_message_is_charged "$(left alice),$(left alice messages)" 0,4
check refusal_names_the_limit "$(smtp "$port_data" alice mail rcpt; cut -c-41 "$REPLY_FILE")" \
  "$(printf 'mail 250*1 rcpt 450*1\n450 4.7.1 recipients: rate limit exceeded')"
check refusal_shows_in_the_log "$(grep -c \
  'refused at RCPT: user=alice ip=127.0.0.1 recipient=u15@x.test: 450' "$folder/main.log")" 1
check message_limit_refuses_each_recipient \
  "$(smtp "$port_data" bob message message message message message message=3)" \
  'mail 250*6 rcpt 250*5 450*3 data 250*5 sent recipients*5 rset 250*1'
check without_a_login_it_is_no_submission "$(smtp "$port_data" '' message=12)" \
  'mail 250*1 rcpt 250*12 data 250*1 sent recipients*12'
check forged_login_charges_nobody_else \
  "$(smtp "$port_data" 'mallory+0Aweir-milter:+20+FF+22' message=10; left ivan)" \
  "$(printf 'mail 250*1 rcpt 250*10 data 250*1 sent recipients*10\n10')"

# ------------------------------------------------------------------ given back

check reset_gives_back "$(smtp "$port_data" carol mail rcpt=3 rset mail rcpt=9 rset
  left carol; left carol messages)" "$(printf 'mail 250*2 rcpt 250*12 rset 250*2\n10\n5')"
check quit_gives_back "$(smtp "$port_data" carol mail rcpt=3 quit; soon_left carol 10)" \
  "$(printf 'mail 250*1 rcpt 250*3\n10')"
check lost_connection_gives_back "$(smtp "$port_data" carol mail rcpt=3 drop; soon_left carol 10)" \
  "$(printf 'mail 250*1 rcpt 250*3\n10')"
check lost_in_the_text_gives_back "$(smtp "$port_data" carol mail rcpt=3 part drop
  soon_left carol 10)" "$(printf 'mail 250*1 rcpt 250*3 part 354*1\n10')"
check lost_behind_the_end_gives_nothing_back "$(smtp "$port_data" lea mail rcpt=3 hurry drop
  sleep 1; left lea)" "$(printf 'mail 250*1 rcpt 250*3 hurry 354*1\n7')"
check refused_data_gives_back "$(smtp "$port_strict" carol mail rcpt=3 data rset; left carol)" \
  "$(printf 'mail 250*1 rcpt 250*3 data 554*1 rset 250*1\n10')"
check refused_text_gives_back "$(smtp "$port_checked" carol message=3; left carol)" \
  "$(printf 'mail 250*1 rcpt 250*3 data 550*1\n10')"
check recipient_that_postfix_refuses_costs_nothing \
  "$(smtp "$port_strict" carol mail rcpt=2 rcpt=nobody@x.test \
    "run=$WEIRCTL -t $table why user=carol | grep -q 'recipients  *user  *2 '" rset)" \
  'mail 250*1 rcpt 250*2 554*1 rset 250*1'
check after_all_that_10_pass "$(smtp "$port_data" carol mail rcpt=3 rset message=12)" \
  'mail 250*2 rcpt 250*13 450*2 rset 250*1 data 250*1 sent recipients*10'

# ---------------------------------------------------------------- kill switch

check block_stops_what_is_on_its_way \
  "$(smtp "$port_data" dave mail rcpt=3 "run=$WEIRCTL -t $table block user=dave" data mail
    cut -c-9 "$REPLY_FILE"; left dave)" \
  "$(printf 'mail 250*1 550*1 rcpt 250*3 data 550*1\n550 5.7.1\n10')"
check block_in_the_middle_refuses_recipients \
  "$(smtp "$port_data" dora mail rcpt "run=$WEIRCTL -t $table block user=dora" rcpt=2 rset mail)" \
  'mail 250*1 550*1 rcpt 250*1 550*2 rset 250*1'
check unblocked_goes_on_in_the_same_session \
  "$(smtp "$port_data" dave mail "run=$WEIRCTL -t $table unblock user=dave" message=2)" \
  'mail 250*1 550*1 rcpt 250*2 data 250*1 sent recipients*2'
for principal in ip=127.0.0.1 sender=a@example.test domain=example.test; do
  weirctl block "$principal"
  check "blocked_${principal%%=*}" "$(smtp "$port_data" erin mail=a@EXAMPLE.test)" 'mail 550*1'
  weirctl unblock "$principal"
done
check blocked_nobody_again "$(smtp "$port_data" erin mail=a@EXAMPLE.test)" 'mail 250*1'
weirctl switch deny-all
check switch_denies_all \
  "$(smtp "$port_data" erin mail),$(milter_ask strict frank helpdesk@x.test)" \
  'mail 550*1,1 450 4.7.1'
weirctl switch normal

check strict_one_message_is_one_denial \
  "$(milter_ask strict frank 15),$(milter_ask strict frank 15),$(milter_ask strict frank 15)" \
  '11 continue,5 450 4.7.1,1 continue,1 continue,15 450 4.7.1,1 continue,15 450 4.7.1'
check strict_blocked_by_it "$("$WEIRCTL" -t "$table" blocks | grep -c user=frank)" 1
check strict_helpdesk_is_reached \
  "$(milter_ask strict frank helpdesk@x.test
    milter_ask strict frank helpdesk@x.test u1@x.test)" \
  "$(printf '3 continue\n2 continue,1 450 4.7.1,1 continue')"
check strict_what_was_charged_apart_is_not_given_back_elsewhere \
  "$(milter_ask strict frank helpdesk@x.test abort),$(left frank recipients "$table" strict)" \
  '3 continue,0'
check strict_abort_gives_back \
  "$(milter_ask strict gina 8 abort),$(left gina recipients "$table" strict)" '10 continue,10'
check dry_run_refuses_nobody "$(milter_ask dry grace 15)" '17 continue'
check dry_run_logs_whom_it_would "$(grep -c 'not refused in this dry run at RCPT: user=grace' \
  "$folder/dry.log"),$(left grace)" 5,0

# ----------------------------------------------------------------- many at once

# sent_by PORT: 8 sessions of 30 messages to 3 recipients each, against a limit of 500.
sent_by() {
  # shellcheck disable=SC2046
  smtp --sessions 8 "$1" henry $(repeat 30 message=3) |
    sed -n 's/.* rcpt 250\*\([0-9]*\) 450\*\([0-9]*\) .* sent recipients\*\([0-9]*\).*/\1 \2 \3/p'
}
check sessions_at_once_on_a_disk "$(sent_by "$port_data"),$(left henry)" '500 220 500,0'
check sessions_at_once_on_dev_shm \
  "$(sent_by "$port_memory"),$(left henry recipients "$memory/table")" '500 220 500,0'

# ------------------------------------------------------------ the filter is killed

: >"$folder/load"
smtp --sessions 4 --while "$folder/load" "$port_data" ida message=3 >"$folder/load.out" &
load=$!
used() {
  echo $((1000000 - $(left ida)))
}
is_used() {
  test "$(used)" -ge "$1"
}
wait_for is_used 300
stop_process "$main" KILL
check killed_is_postfix_default_action \
  "$(smtp "$port_data" erin mail),$(smtp "$port_accept" erin message)" \
  'mail 451*1,mail 250*1 rcpt 250*1 data 250*1 sent recipients*1'
before=$(used)
milter_start main || give_up milter_start
main=$started
processes="$processes $main"
wait_for is_used $((before + 300))
check started_again_is_in_service "$(is_used $((before + 300)) && echo yes)" yes
rm "$folder/load"
wait "$load"
passed_in_all=$(sed -n 's/.* sent recipients\*\([0-9]*\).*/\1/p' "$folder/load.out")
check nothing_counted_is_lost "$(test "$passed_in_all" -le "$(used)" && echo yes)" yes
check charged_in_vain_is_what_was_under_way \
  "$(test $(($(used) - passed_in_all)) -le 12 && echo yes)" yes
check started_again_remembers "$(smtp "$port_data" alice message)" \
  'mail 250*1 rcpt 450*1 rset 250*1'
check killed_in_the_middle \
  "$(smtp "$port_data" erin mail rcpt=2 "run=kill -KILL $main" data)" \
  'mail 250*1 rcpt 250*2 data 451*1'
milter_start main || give_up milter_start
main=$started
processes="$processes $main"
check what_was_charged_then_stays_so "$(left erin)" 8
check a_socket_that_is_served_is_not_taken \
  "$("$BUILD/examples/milter/weir-milter" -v -t "$table" -l "unix:$folder/q/private/main" \
    2>>"$folder/other.log"; echo $?),$(smtp "$port_data" erin message)" \
  '71,mail 250*1 rcpt 250*1 data 250*1 sent recipients*1'

# ------------------------------------------------------------ the table is missing

check table_removed_in_the_middle \
  "$(smtp "$port_data" fred mail rcpt=2 "run=rm $table" rcpt data; cut -c-9 "$REPLY_FILE")" \
  "$(printf 'mail 250*1 rcpt 250*2 451*1 data 451*1\n451 4.3.0')"
check table_removed_fails_closed "$(smtp "$port_data" fred mail)" 'mail 451*1'
check table_removed_fails_open "$(smtp "$port_open" fred message=3 message)" \
  'mail 250*2 rcpt 250*4 data 250*2 sent recipients*4'
check fail_open_is_logged_once_a_second \
  "$(grep -c 'cannot decide.*answered by accepting' "$folder/open.log" | sed 's/^[12]$/yes/')" yes
create_table "$table" || give_up create_table
sleep 1.1
check table_made_again_is_used_without_a_restart \
  "$(smtp "$port_data" fred message=3)
$(smtp "$port_open" fred message=8)" "mail 250*1 rcpt 250*3 data 250*1 sent recipients*3
mail 250*1 rcpt 250*7 450*1 data 250*1 sent recipients*7"

# ----------------------------------------------------- load, and hostile clients

while read -r name got expected; do
  check "$name" "$got" "$expected"
done <<END
$(timeout 120 python3 "$here/milter_storm.py" "unix:$folder/q/private/main" "$main" storm 7000 2>&1)
$(timeout 120 python3 "$here/milter_malformed.py" "unix:$folder/q/private/main" "$main" 2>&1)
END
check storm_on_dev_shm "$(timeout 120 python3 "$here/milter_storm.py" \
  "unix:$folder/q/private/memory" "$main" storm 7000 |
  sed -n 's/^storm_accepted_are_the_limit //p')" '7000 7000'

# Without the lock around opening and closing this ends the filter at once.
create_table "$folder/a" && create_table "$folder/b" && swap_while "$folder/load" &
swap=$!
wait_for test -e "$folder/load"
check table_replaced_again_and_again_under_load "$(timeout 120 python3 "$here/milter_storm.py" \
  "unix:$folder/q/private/open" "$main" storm 7000 | sed -n 's/^storm_has_no_other_answer //p')" '0 0'
rm -f "$folder/load"
wait "$swap"
check filters_have_not_ended "$(for each in $main $others; do alive "$each" && echo yes; done |
  uniq -c | sed 's/^ *//')" '5 yes'
{ create_table "$table.new" && mv -f "$table.new" "$table"; } || give_up create_table
sleep 1.1
check after_all_that_postfix_is_served "$(smtp "$port_data" gina message=12)" \
  'mail 250*1 rcpt 250*10 450*2 data 250*1 sent recipients*10'
check no_line_of_the_log_is_forged "$(cat "$folder/main.log" "$folder/memory.log" |
  grep -cv '^weir-milter: [ -~]*$')" 0

# ---------------------------------------------------------------------- stop

check postfix_has_no_complaint_but_the_expected \
  "$(grep -E 'fatal|panic|warning' "$folder/mail.log" |
    grep -vE 'to Milter service|milter unix:private/main: |file system clock|file time stamps')" ''
postfix_stop
postfix_started=
milter_stop "$main"
check told_to_stop_ends_with_0 "$status" 0
check told_to_stop_removes_its_socket "$(test -e "$folder/q/private/main" || echo yes)" yes
sums
test "$failed" = 0
