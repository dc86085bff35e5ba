#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# weirctl sim --from: who would have been stopped, by the mail logs beside it.
#   WEIRCTL=build/weirctl sh tests/tool/sim_log.sh
# Expected numbers are worked out by hand from the logs; how is said above each.  The last line
# is "N passed, M failed".

LC_ALL=C
export LC_ALL

ctl=${WEIRCTL:-build/weirctl}
here=$(cd "$(dirname "$0")" && pwd)
top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM
passed=0
failed=0

pass()
{
  passed=$((passed + 1))
}

fail()
{
  failed=$((failed + 1))
  echo "FAILED: $1"
}

# same NAME: $top/want is $top/got
same()
{
  if cmp -s "$top/want" "$top/got"; then
    pass
  else
    fail "$1"
    diff "$top/want" "$top/got" | head -n 20
  fi
}

# table NAME OPTION...: what is printed, blanks squeezed, is standard input
table()
{
  name=$1
  shift
  cat >"$top/want"
  "$ctl" sim "$top/policy" "$@" >"$top/out" 2>"$top/err" || fail "$name: status $?"
  tr -s ' ' <"$top/out" | sed 's/^ //' >"$top/got"
  same "$name"
}

# refuses NAME STATUS TEXT OPTION...: one line on standard error, which says TEXT
refuses()
{
  name=$1
  expected=$2
  text=$3
  shift 3
  "$ctl" sim "$@" >"$top/out" 2>"$top/err" </dev/null
  got=$?
  if [ "$got" -eq "$expected" ] && [ "$(wc -l <"$top/err")" -eq 1 ] && [ ! -s "$top/out" ] &&
    grep -q -- "^weirctl: .*$text" "$top/err" && grep -q expected "$top/err"; then
    pass
  else
    fail "$name: status $got, expected $expected: $(head -n 3 "$top/err")"
  fi
}

# ----------------------------------------------------------------------------- Postfix
# alice, a message of a bucket of 2 that gains one each 30 s: at 0 s 1 left, at 10 s 1/3; denied
# at 20 s (2/3) and 25 s (5/6), where two denials block her for an hour; refused at 60 s; at 61
# min both are over.  trial lets her first pass, would deny those at 10, 20 and 25 s, is not
# asked at 60 s, and has forgotten after an hour.
# bob: 4 different recipients are more than 3; the second message goes to one list by 4 lines.
# carol: two recipients that do not exist, 5 points each, at 11 s trip 9: block of her address,
# which dave shares.  His message would not have gone out, nor its answer come back.
# erin: 4.7.1 of a server and 5.7.1 are refusals, 4.4.1 and what was not tried are none.
# frank: the answer to what a filter handed in again.
# Signals: carol 2, erin 2, frank 1.  One recipient of alice's last message has no line.
cat >"$top/policy" <<'END'
policy submission
  limit user-minute  2 messages / 1m            per user
  limit fanout       3 distinct recipient / 1h  per user
  limit trial        1 messages / 1h            per user  shadow
  on user-minute denied 2 in 10m   block user for 1h doubling to 24h
  score bounces  9 / 1h  per user  block ip for 30m
    signal unknown-recipient 5
    signal remote-refusal    1
    signal identity-changed  9
END
log=$here/sim_postfix.log
cat >"$top/head" <<'END'
policy submission on messages from 2026-12-31 23:59:00 to 2027-01-01 01:00:00

messages 12
passed 7
denied 3
refused by a block 2
not judged 0
signals 5
users 6
users ever denied 2
users ever blocked 3
END
# Asked: not of the two that were refused.
cat >"$top/middle" <<'END'

Limits
ASKED DENIED AS SHADOW LIMIT
10 2 0 user-minute
10 1 0 fanout
10 0 3 trial

Users that would have been stopped: 4
FIRST DENIED BY BLOCKED BY UNTIL BLOCKS BEFORE AFTER DENIED REFUSED USER
2026-12-31 23:59:20 user-minute 2026-12-31 23:59:25 user-minute 2027-01-01 00:59:25 1 2 1 2 1 alice
2026-12-31 23:59:30 fanout - - - 0 0 1 1 0 bob
- - 2027-01-01 00:00:11 bounces 2027-01-01 00:30:11 1 1 0 0 0 carol
- - 2027-01-01 00:00:20 bounces 2027-01-01 00:30:11 1 0 0 0 1 dave

Users whom shadow limits would have denied: 1
FIRST LIMIT DENIED USER
2026-12-31 23:59:10 trial 3 alice
END
cat >"$top/notes" <<'END'

note: 1 messages left out: a content filter's second look
note: 1 recipients that no line named within 10 minutes: each taken as one of its own
note: 1 signals left out: of messages that would not have gone out
note: 1 signals of the policy are in no log: expected unknown-recipient or remote-refusal
END
cat "$top/head" "$top/middle" "$top/notes" >"$top/whole"
table 'Postfix' --from "$log" --year 2026 <"$top/whole"
sed -n '/^Dec/p' "$log" >"$top/log.1"
sed -n '/^Jan/p' "$log" >"$top/log"
table 'Postfix: rotated logs' --year 2026 --from "$top/log.1" "$top/log" <"$top/whole"

# Compromised: alice from her second message on, without a year as in the log: 5 messages, of
# which the first and the last, to 2, pass; first denied after 10 s, blocked after 15 s.  carol
# with all: blocked a second after her first.
printf '# known\nalice  Dec 31 23:59:10\n"carol"\r\n\nghost 2026-12-31T00:00:00Z\n' >"$top/spam"
cat >"$top/known" <<'END'

Compromised users: 3
FIRST SPAM DENIED AFTER BY BLOCKED AFTER BY SPAM PASSED TO DENIED REFUSED USER
2026-12-31 23:59:10 10s user-minute 15s user-minute 5 2 3 2 1 alice
2027-01-01 00:00:10 - - 1s bounces 1 1 2 0 0 carol
- - - - - 0 0 0 0 0 ghost

Ordinary users that would have been hit: 2
FIRST HIT BY BLOCKED BY DENIED REFUSED OF ALL USER
2026-12-31 23:59:30 fanout - 1 0 2 bob
2027-01-01 00:00:20 - bounces 0 1 1 dave
END
cat >"$top/sums" <<'END'
spam 6
spam passed 3
recipients of that 5
compromised users 3
of them stopped 2
ordinary users 4
of them hit 2
their messages 5
of them denied or refused 2
END
cat "$top/head" "$top/sums" "$top/middle" "$top/known" "$top/notes" >"$top/whole"
table 'known compromises' --from "$log" --year 2026 --spam "$top/spam" <"$top/whole"
"$ctl" sim "$top/policy" --from "$log" --year 2026 --spam "$top/spam" -n 1 | tr -s ' ' |
  sed -n '/^Users that/,/^$/p' >"$top/got"
cat >"$top/want" <<'END'
Users that would have been stopped: 4
 FIRST DENIED BY BLOCKED BY UNTIL BLOCKS BEFORE AFTER DENIED REFUSED USER
 2026-12-31 23:59:20 user-minute 2026-12-31 23:59:25 user-minute 2027-01-01 00:59:25 1 2 1 2 1 alice
 and 3 more: see -n

END
same '-n: the first by time'

# ------------------------------------------------------------------------------- JSON
"$ctl" sim "$top/policy" --json --from "$log" --year 2026 --spam "$top/spam" >"$top/json" ||
  fail 'JSON: status'
if command -v python3 >/dev/null 2>&1; then
  python3 - "$top/json" >"$top/got" <<'END'
import json, sys
made = json.load(open(sys.argv[1]))
print(made["policy"], made["messages"], made["denied"], made["refused"], made["users_blocked"])
alice, bob = made["stopped"][:2]
print(alice["user"], alice["first_denied"], alice["blocked_ns"] - alice["first_denied_ns"],
      alice["until"], alice["passed_before"], alice["passed_after"])
print(bob["blocked"], bob["blocked_ns"], bob["blocked_by"], made["stopped_more"])
print(made["spam"][0]["denied_after_ns"], made["spam"][2]["first"], made["ordinary_users_hit"])
print(made["shadow"][0]["limit"], made["shadow"][0]["denied"], len(made["notes"]))
END
  cat >"$top/want" <<'END'
submission 12 3 2 3
alice 2026-12-31 23:59:20 5000000000 2027-01-01 00:59:25 2 1
None None None 0
10000000000 None 2
trial 3 4
END
  same 'JSON'
else
  echo 'left out: JSON: no python3'
fi

# ------------------------------------------------------------------------------- rows
# The seconds of the minute 23:59, with 1798761540 = 2026-12-31 23:59:00 UTC.  alice's two that
# were denied come back when the bucket has one: 10 s and 5 s.  bob's were too many at once;
# the second uses one of 3 values.
"$ctl" sim "$top/policy" --rows --from "$log" --year 2026 2>"$top/err" | head -n 6 >"$top/got"
tr '|' '\t' >"$top/want" <<'END'
1798761540.000000000|take|allow|user-minute|1|0
1798761550.000000000|take|allow|user-minute|0|0
1798761560.000000000|take|deny|user-minute|0|10000000000
1798761565.000000000|take|deny|user-minute|0|5000000000
1798761570.000000000|take|deny|fanout|3|never
1798761581.000000000|take|allow|user-minute|1|0
END
same 'rows'
if grep -q '^  denied  *3$' "$top/err"; then pass; else fail 'rows: the table'; fi
# Without names and signals the rows are those of plan's trace.
printf 'policy p\n limit m 2 messages / 1m per user\n limit i 3 recipients / 1m per ip optional\n' \
  >"$top/plain"
for each in sim_postfix sim_exim plan_postfix plan_exim; do
  "$ctl" plan --trace --from "$here/$each.log" 2>/dev/null |
    "$ctl" sim "$top/plain" 2>/dev/null >"$top/want"
  "$ctl" sim "$top/plain" --rows --from "$here/$each.log" 2>/dev/null >"$top/got"
  [ -s "$top/want" ] || fail "rows of $each: none"
  same "rows of $each"
done

# ------------------------------------------------------------------------------- Exim
# a: no such user 5, spam refused 3, greylisted 3: at 2 s that is more than 9, so that the message
# at 3 s is refused, up to an hour after 2 s.  b: an address without a route is 5; a connection
# refused is none.  b's 2 recipients that are done with are at the limit.
cat >"$top/policy" <<'END'
policy p
  limit hour  2 recipients / 1h  per user
  score bad   9 / 1h  per user  block user for 1h
    signal unknown-recipient 5
    signal remote-refusal    3
END
table 'Exim' --from "$here/sim_exim.log" <<'END'
policy p on messages from 2026-11-23 10:00:00 to 2026-11-23 10:00:04

messages 3
passed 2
denied 0
refused by a block 1
not judged 0
signals 4
users 2
users ever denied 0
users ever blocked 1

Limits
ASKED DENIED AS SHADOW LIMIT
2 0 0 hour

Users that would have been stopped: 1
FIRST DENIED BY BLOCKED BY UNTIL BLOCKS BEFORE AFTER DENIED REFUSED USER
- - 2026-11-23 10:00:02 bad 2026-11-23 11:00:02 1 1 0 0 1 a

END
# Names: a's x, y; w; b's w@example.edu, v, u.
printf 'policy p\n limit fanout 9 distinct recipient / 1h per user\n limit all 9 recipients / 1h per user\n' \
  >"$top/policy"
"$ctl" sim "$top/policy" --rows --from "$here/sim_exim.log" 2>/dev/null | cut -f 3-5 >"$top/got"
printf 'allow\tfanout\t7\nallow\tfanout\t6\nallow\tfanout\t6\n' >"$top/want"
same 'Exim: recipients by name'

# ---------------------------------------------------------------------- hostile names
# An escape, a NUL, a turned direction of writing, a comma and quotes in lists.
{
  for i in 1 2 3; do
    printf '2026-11-23 10:00:0%d 1vN1aB-00000000%dCe-2e3F <= a\033[31m\000b\342\200\256@example.edu H=x [192.0.2.7] S=1 for "a,b\\"c"@example.org d,e@example.org\n' $i $i
  done
} >"$top/hostile"
printf 'policy p\n limit f 3 distinct recipient / 1h per user\n limit m 1 messages / 1h per user\n' \
  >"$top/policy"
"$ctl" sim "$top/policy" --from "$top/hostile" >"$top/got" 2>&1 || fail 'hostile: status'
if grep -q '  a?\[31m?b?@example.edu$' "$top/got"; then pass; else fail 'hostile: the name'; fi
if tr -d '\n -~' <"$top/got" | grep -q .; then fail 'hostile: raw bytes'; else pass; fi
"$ctl" sim "$top/policy" --rows --from "$top/hostile" 2>/dev/null | sed -n 1p | cut -f 3-5 >"$top/got"
printf 'allow\tm\t0\n' >"$top/want"
same 'hostile: rows'
printf 'policy p\n limit f 3 distinct recipient / 1h per user\n' >"$top/policy"
"$ctl" sim "$top/policy" --rows --from "$top/hostile" 2>/dev/null | cut -f 3-5 >"$top/got"
printf 'allow\tf\t1\nallow\tf\t1\nallow\tf\t1\n' >"$top/want"
same 'hostile: two recipients'

# --------------------------------------------------------------------------- mistakes
printf 'policy p\n limit l 1 messages / 1h per user\npolicy q\n limit l 1 messages / 1d per user\n' \
  >"$top/two"
from="--from $here/sim_exim.log"
# shellcheck disable=SC2086
{
  refuses 'two policies' 64 '--policy is missing' "$top/two" $from
  refuses 'no such policy' 64 "--policy 'r'" "$top/two" $from --policy r
  refuses 'no such log' 65 'cannot open' "$top/policy" --from "$top/nothing"
  refuses 'no log' 65 'no message in 0 lines' "$top/policy" --from /dev/null
  refuses 'an empty path' 64 'no path behind --from' "$top/policy" --from ''
  refuses 'input twice' 64 'standard input more than once' - --from -
  refuses 'no rows' 64 "-n '0'" "$top/policy" $from -n 0
  refuses 'year' 64 "--year '26'" "$top/policy" $from --year 26
  refuses 'quiet' 64 'beside --from' "$top/policy" $from --quiet
  refuses 'ns' 64 'beside --from' "$top/policy" $from --ns
  refuses 'no such list' 65 'cannot read' "$top/policy" $from --spam "$top/nothing"
  for option in '--policy p' '--spam x' '-n 3' --rows --authenticated '--year 2026'; do
    refuses "$option without a log" 64 'without a log' "$top/policy" $option
  done
  refuses 'too many operands' 64 "unexpected 'c'" "$top/policy" a c
  for line in 'alice soon' '"alice' '"" 2026-11-23 10:00:00' 'alice 2026-11-23' \
    'alice 2026-11-23 10:00:00 x'; do
    printf 'bob\n%s\n' "$line" >"$top/list"
    refuses "a list: $line" 65 "list:2:1: mistaken" "$top/policy" $from --spam "$top/list"
  done
  printf '# nobody\n' >"$top/list"
  refuses 'an empty list' 65 'names nobody' "$top/policy" $from --spam "$top/list"
  printf 'policy p\n limit l 1 stamps / 1h per user\n' >"$top/stamps"
  refuses 'none can be judged' 65 'no message can be judged' "$top/stamps" $from
}
"$ctl" sim "$top/two" --policy q --from "$here/sim_exim.log" | grep -c ' 3  *0  *0  l$\|1 *0  l$' \
  >"$top/got"
echo 1 >"$top/want"
same 'one policy of two: its limits alone'
if [ -c /dev/full ]; then
  "$ctl" sim "$top/policy" --from "$here/sim_exim.log" >/dev/full 2>/dev/null
  if [ $? -eq 70 ]; then pass; else fail 'no room for the table'; fi
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
