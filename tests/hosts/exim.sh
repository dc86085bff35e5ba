#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/exim in a real Exim.  WEIRCTL names the program, BUILD the build folder.
# Ends with "N passed, M failed, K skipped".
set -u
: "${WEIRCTL:?the path of weirctl}" "${BUILD:?the build folder}"
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=checks.sh
. "$here/checks.sh"
# shellcheck source=install.sh
. "$here/install.sh"
# shellcheck source=exim_server.sh
. "$here/exim_server.sh"

folder=$(mktemp -d "${TMPDIR:-/tmp}/weir-exim.XXXXXX") || exit 70
memory=$(mktemp -d /dev/shm/weir-exim.XXXXXX) || exit 70
chmod 755 "$folder" "$memory" # mktemp's 0700 would shut the user Debian-exim out
table=$folder/table

cleanup() {
  exim_stop closed
  exim_stop open
  allow_autostart
  rm -rf "$folder" "$memory"
}
trap cleanup EXIT
trap 'exit 130' HUP INT TERM

leave_out() {
  skip exim "$1"
  sums
  exit 0
}

give_up() {
  check "$1" failed 'done'
  tail -n 20 "$folder"/*.log "$folder"/exim/*log "$folder"/exim/*.out 2>/dev/null
  sums
  exit 1
}

need_packages "$folder/apt.log" python3:python3-minimal || leave_out "$reason"
exim_find "$folder/apt.log" || leave_out "$reason"

# ------------------------------------------------------------------- helpers

create_table() {
  cat >"$folder/policy" <<'END'
policy submission
  limit user-year  5 messages / 365d per user optional
policy recipients
  limit rcpt-year  1500 recipients / 365d per user
END
  "$WEIRCTL" -t "$table" create --keys 10000 --policy "$folder/policy" --mode 0660 \
    --group Debian-exim >/dev/null
}

# send PORT USER [TIMES [RECIPIENTS [HEADER]]]: in one session each; the different
# answers with their numbers, in order.
send() {
  python3 - "$here" "$@" <<'END' | uniq -c | sed 's/^ *//' | paste -sd, -
import sys
sys.path.insert(0, sys.argv[1])
from exim_client import Session
port, user, times, recipients, header = (sys.argv[2:] + ["1", "1", "Subject: test"][len(sys.argv) - 4:])
session = Session(int(port), user)
for _ in range(int(times)):
    line = session.message(int(recipients), header).decode()
    print(" ".join(line.split()[:2]) if line[0] != "2" else "ok")
session.close()
END
}

# expand ARGUMENT…: what the module answers to the arguments behind the function.
expand() {
  "$folder/bin/exim4" -C "$folder/exim/closed.conf" -be \
    "\${dlfunc{$folder/weir_exim.so}{$1}$2}" 2>>"$folder/expand.log"
}

verdict_of() {
  expand "$@" | sed -n 's/^verdict=\([a-z]*\) .*/\1/p'
}

# --------------------------------------------------------------------- start

create_table || give_up create_table
exim_prepare || give_up exim_prepare
exim_start open "$folder/spool-open" 'submission / fail_open' || give_up exim_start_open
port_open=$port_message
exim_start closed "$folder/spool" 'submission / fail_closed' || give_up exim_start

# -------------------------------------------------------------------- limits

check message_at_the_limit_is_deferred "$(send "$port_message" alice 7)" '5 ok,2 450 4.7.1'
check other_user_passes "$(send "$port_message" bob)" '1 ok'
check recipients_of_a_message_are_one_message "$(send "$port_message" carol 6 20)" '5 ok,1 450 4.7.1'
check message_refused_for_another_reason_is_given_back \
  "$(send "$port_message" dave 4 3 'X-Refuse: yes'),$(send "$port_message" dave 6)" \
  '4 550 refused,5 ok,1 450 4.7.1'
check recipient_refused_then_message_charged_once \
  "$(send "$port_recipient" erin 6 3)" '5 ok,1 503 Valid'
check log_names_the_user_and_the_limit "$(grep -c \
  'temporarily rejected DATA: weir: deny limit=user-year id=alice' \
  "$folder/exim/closed.mainlog")" 2
check the_webmail_counts_in_the_same_table \
  "$("$WEIRCTL" -t "$table" take submission user=alice >/dev/null; echo $?)" 1

exim_stop closed
exim_start closed "$folder/spool" 'recipients / fail_closed' || give_up exim_start
python3 "$here/exim_client.py" "$port_line" frank 2 1000 >"$folder/storm" 2>&1
check two_clients_of_1000_at_a_limit_of_1500 "$(head -n 1 "$folder/storm")" \
  '1500 accepted, 500 deferred'
exim_stop closed
table=$memory/table
create_table && exim_start closed "$folder/spool" 'recipients / fail_closed' || give_up in_memory
check the_same_with_a_table_in_memory "$(python3 "$here/exim_client.py" "$port_line" frank 2 1000 |
  sed -n 1p)" '1500 accepted, 500 deferred'
exim_stop closed
table=$folder/table
exim_start closed "$folder/spool" 'recipients / fail_closed' || give_up exim_start
check the_same_with_the_whole_acl "$(python3 "$here/exim_client.py" "$port_recipient" fred 2 1000 |
  sed -n 1p)" '1500 accepted, 500 deferred'
check refusal_names_the_limit_and_the_wait "$(sed -n \
  's/\(450 4.7.1 rcpt-year: rate limit exceeded, try again in\) [1-9][0-9]* hours.*$/\1/p' "$folder/storm")" \
  '450 4.7.1 rcpt-year: rate limit exceeded, try again in'
check more_than_the_burst_is_452 "$(expand weir_acl_peek '{recipients}{user=x}{recipients=1501}')" \
  'verdict=deny limit=rcpt-year remaining=1500 retry=never text="452 4.5.3 rcpt-year: more than the limit of 1500 recipients at once, send to fewer at a time"'

# ----------------------------------------------------------------- functions

check peek_charges_nothing "$(expand weir_acl_peek '{submission}{user=p}{messages=3}'
  expand weir_acl_peek '{submission}{user=p}{messages=0}')" \
  "$(printf 'verdict=allow limit=user-year remaining=%s retry=0\n' 5 5)"
check take_then_refund "$(expand weir_acl_take '{submission}{user=q}{messages=4}'
  expand weir_acl_refund '{submission}{user=q}{messages=3}'
  expand weir_acl_peek '{submission}{user=q}{messages=0}')" \
  "$(printf 'verdict=allow limit=%s remaining=%s retry=0\n' user-year 1 - unlimited user-year 4)"
check recipient_list_is_counted "$(expand weir_acl_take '{recipients}{user=x}{recipient=a@x,b@x,c@x}')" \
  'verdict=allow limit=rcpt-year remaining=1497 retry=0'
check empty_value_is_no_attribute \
  "$(verdict_of weir_acl_take '{submission}{user=}'),$(verdict_of weir_acl_take '{recipients}{user=}')" \
  'allow,error'
check number_that_is_none "$(verdict_of weir_acl_take '{submission}{user=x}{bytes=-1}'
  verdict_of weir_acl_take '{submission/fail_open}{user=x}{bytes=99999999999999999999}')" \
  "$(printf 'error\nallow')"
check digits_are_a_user_too "$(verdict_of weir_acl_take '{submission}{user=99999999999999999999999}')" allow
for wrong in '' '{}' '{sub mission}{user=x}' '{submission / often}{user=x}' '{submission}{user}' \
  '{submission}{=x}' '{submission}{us er=x}' '{submission}{user=x}{user=y}' \
  "{$(printf '%070d' 0)}{user=x}" "{submission}{$(printf '%070d' 0)=x}"; do
  check "configuration_mistake_fails_the_expansion $wrong" \
    "$(expand weir_acl_take "$wrong" | cut -c 1-13)" 'Failed: weir:'
done
check unknown_policy_is_a_fault "$(verdict_of weir_acl_take '{nonesuch}{user=x}')" error
x50=$(printf '%050d' 0)
check hostile_values_are_values "$(for value in "$(printf 'a\nverdict=deny')" '"' '\N=\N' \
  "$(printf '\377\001')" "\${sg{\${sg{$x50}{0}{$x50}}}{0}{$x50}}"; do
  verdict_of weir_acl_take "{submission}{user=$value}"
done | uniq -c | sed 's/^ *//')" '5 allow'

# ---------------------------------------------------------------- what fails

rm "$table"
check table_removed_fails_closed "$(python3 "$here/exim_client.py" "$port_recipient" ida 1 10)" \
  "0 accepted, 0 deferred ('451', 10)
451 4.3.5 sending limits cannot be checked, try again later"
check table_removed_fails_open "$(send "$port_open" ida 7)" '7 ok'
check failures_are_logged_once_a_second "$(test "$(grep -c \
  'weir: cannot decide by policy submission of table .*; failed open' \
  "$folder/exim/open.mainlog")" -lt 7 && echo yes)" yes
create_table || give_up create_table
check table_made_again_is_used "$(send "$port_open" ida 7)" '5 ok,2 450 4.7.1'
rm "$folder/weir_exim.so"
check module_missing_is_451 "$(python3 "$here/exim_client.py" "$port_recipient" ida 1 10 | sed -n 1p)" \
  "0 accepted, 0 deferred ('451', 10)"

check no_process_of_exim_has_crashed \
  "$(cat "$folder"/exim/*log | grep -ciE 'signal|segv|crash|taint')" 0
sums
test "$failed" = 0
