#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# weirctl signal and weirctl member.  WEIRCTL names the command.  Ends with "N passed, M failed".
set -u
: "${WEIRCTL:?the path of weirctl}"

folder=$(mktemp -d "${TMPDIR:-/tmp}/weir-signal.XXXXXX") || exit 70
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' HUP INT TERM
WEIR_TABLE=$folder/table
export WEIR_TABLE
passed=0
failed=0

cat >"$folder/policy" <<'END'
policy p
  limit minute 2 messages / 1h per user
  score stolen 100 / 1000d per user block user for 1h
    signal changed 60
    signal odd 1
  class lists
    limit minute 5
END
"$WEIRCTL" create --keys 1000 --policy "$folder/policy" >/dev/null || exit 70

# expect NAME STATUS TEXT ARGUMENT…: TEXT is in what is said, on either output
expect() {
  name=$1
  status=$2
  text=$3
  shift 3
  "$WEIRCTL" "$@" >"$folder/out" 2>&1 </dev/null
  got=$?
  if test "$got" -eq "$status" && grep -qF -- "$text" "$folder/out"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED %s: status %s, expected %s and "%s"\n' "$name" "$got" "$status" "$text"
    sed 's/^/  /' "$folder/out"
  fi
}

expect signal_below_the_threshold_is_noted 0 noted signal p changed user=alice
expect signal_of_weight_0_adds_nothing 0 noted signal p changed user=alice --weight 0
expect signal_blocks_nobody_below_it 0 allow take p user=alice
expect signal_at_the_threshold_blocks 0 blocked signal --weight 41 p odd user=alice ip=192.0.2.1
expect blocked_user_gets_a_block 2 block take p user=alice
expect another_user_does_not 0 allow take p user=bob
expect signal_says_json 0 '{"signal":"noted"}' signal --json p odd user=bob
expect signal_says_json_of_a_block 0 '{"signal":"blocked"}' signal --json --weight=1000 p odd user=bob
expect signal_that_no_score_lists_is_an_error 65 "lists the signal 'nothing'" signal p nothing user=a
expect signal_without_whom_is_an_error 65 lacks signal p odd ip=192.0.2.1
expect signal_of_an_unknown_policy_is_an_error 65 "'none'" signal none odd user=a
expect signal_without_a_name_is_usage 64 "signal's name" signal p user=a ip=b
expect signal_without_a_request_is_usage 64 missing signal p odd
expect signal_with_a_reason_is_an_error 65 'reason=' signal p odd user=a reason=x
for weight in '' x -1 1x 99999999999999999999; do
  expect "signal_of_weight_'$weight'_is_usage" 64 'is no number' signal "--weight=$weight" p odd user=a
done
expect signal_without_a_table_is_unavailable 69 'no such table' -t "$folder/none" signal p odd user=a

expect a_member_of_none_has_the_policys_limit 1 deny take p user=carol messages=3
expect member_is_set 0 ok member --class lists user=carol
expect member_has_the_classs_limit 0 allow take p user=carol messages=3
expect another_has_not 1 deny take p user=dan messages=3
expect member_outlives_an_apply 0 '' apply "$folder/policy"
expect member_has_it_still 0 allow take p user=carol messages=2
expect member_says_json 0 '{"member":"ok"}' member --json --none user=carol
expect member_of_none_has_the_policys_limit_again 1 deny take p user=carol messages=3
expect class_of_no_policy_is_the_policys_limit 0 ok member --class unknown user=dan
expect member_of_no_policys_class_is_asked_all_the_same 1 deny take p user=dan messages=3
expect member_of_a_class_that_no_policy_can_have_is_refused 65 "'a b' is no class's name" \
  member --class 'a b' user=erin
expect member_without_a_class_is_usage 64 'no class' member user=erin
expect member_of_class_and_none_is_usage 64 '--class and --none' member --class lists --none user=erin
expect member_without_whom_is_usage 64 missing member --none
expect member_by_five_attributes_is_usage 64 unexpected member --none a=1 b=2 c=3 d=4 e=5
expect member_given_twice_is_an_error 65 'a second time' member --none user=a user=b
expect class_without_a_name_is_an_error 65 'name of 0 bytes' member --class= user=a
expect member_without_a_table_is_unavailable 69 'no such table' -t "$folder/none" member --none a=1
expect the_table_is_sound 0 '' verify

printf '%d passed, %d failed\n' "$passed" "$failed"
test "$failed" -eq 0
