#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# weirctl plan: logs to messages, and figures against arithmetic of their own.
#   WEIRCTL=build/weirctl sh tests/tool/plan.sh
# Figures are computed again in tests/tool/plan_figures.py.  No speed is asserted.
# The last line is "N passed, M failed".

LC_ALL=C
export LC_ALL
unset WEIR_TABLE
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
    diff "$top/want" "$top/got" | head -n 12
  fi
}

# trace NAME OPTION...: messages of $top/log (or of the options) are those on standard input,
# as DATE TIME and the request
trace()
{
  name=$1
  shift
  cat >"$top/want"
  "$ctl" plan "$@" --trace >"$top/out" 2>"$top/err"
  echo "$?" >"$top/status"
  while read -r time _ rest; do
    printf '%s %s\n' "$(date -u -d "@$time" '+%Y-%m-%d %H:%M:%S.%N' | sed 's/\.0*$//')" "$rest"
  done <"$top/out" >"$top/got"
  same "$name"
}

# refuses NAME STATUS TEXT OPTION...: one line on standard error, which says TEXT
refuses()
{
  name=$1
  expected=$2
  text=$3
  shift 3
  "$ctl" plan "$@" >"$top/out" 2>"$top/err" </dev/null
  got=$?
  if [ "$got" -eq "$expected" ] && [ "$(wc -l <"$top/err")" -eq 1 ] && [ ! -s "$top/out" ] &&
    grep -q -- "^weirctl: .*$text" "$top/err" && grep -q expected "$top/err"; then
    pass
  else
    fail "$name: status $got, expected $expected: $(head -n 3 "$top/err")"
  fi
}

# figure NAME: its value in $top/json
figure()
{
  python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))[sys.argv[2]]["value"])' "$top/json" "$1"
}

# notes NAME TEXT: a note of $top/json says it
notes()
{
  if python3 -c 'import json, sys
sys.exit(not any(sys.argv[2] in note for note in json.load(open(sys.argv[1]))["notes"]))' \
    "$top/json" "$2"; then pass; else fail "$1: no note says '$2'"; fi
}

plan_json()
{
  "$ctl" plan --no-measure --json "$@" >"$top/json" 2>"$top/err" ||
    fail "plan $*: $(cat "$top/err")"
}

cat >"$top/policy" <<'END'
policy submission
  limit user-minute   2 messages / 1m     per user
  limit user-day     20 recipients / 1d   per user     sliding optional
  limit address      10 messages / 1m     per ip       optional
  limit all        1000 messages / 1m     overall
END
policy="--policy $top/policy"

# ---------------------------------------------------------------------------- Postfix
log=$here/plan_postfix.log
trace 'Postfix' --from "$log" --year 2026 <<'END'
2026-12-31 23:59:50 user=alice ip=192.0.2.1 domain=example.edu recipients=3 bytes=2345
2026-12-31 23:59:55 user=carol@example.org ip=2001:db8::5 domain=example.org recipients=1 bytes=99
2027-01-01 00:00:01 user=bob ip=192.0.2.2 domain=example.edu recipients=2 bytes=700
2027-01-01 00:00:02 user=root@example.edu domain=example.edu recipients=1 bytes=512
2027-01-01 00:00:04 user="a b, c" ip=192.0.2.3 domain=example.edu recipients=4 bytes=10
2027-01-01 00:00:05 user=dan ip=192.0.2.4 domain=example.org recipients=7 bytes=1
2027-01-01 00:00:09 user=alice ip=192.0.2.1 domain=example.edu recipients=1 bytes=11
END
trace 'Postfix: who signed in' --from "$log" --year 2026 --authenticated <<'END'
2026-12-31 23:59:50 user=alice ip=192.0.2.1 domain=example.edu recipients=3 bytes=2345
2027-01-01 00:00:01 user=bob ip=192.0.2.2 domain=example.edu recipients=2 bytes=700
2027-01-01 00:00:04 user="a b, c" ip=192.0.2.3 domain=example.edu recipients=4 bytes=10
2027-01-01 00:00:05 user=dan ip=192.0.2.4 domain=example.org recipients=7 bytes=1
2027-01-01 00:00:09 user=alice ip=192.0.2.1 domain=example.edu recipients=1 bytes=11
END
# shellcheck disable=SC2086
plan_json $policy --from "$log" --year 2026
notes 'Postfix: lines' '3 lines not understood'
notes 'Postfix: a filter' "1 messages left out: a content filter's second look"
notes 'Postfix: before the log' '1 messages left out: received before the log begins'
notes 'Postfix: bounces' '1 messages left out: neither user nor sender'
notes 'Postfix: a short log' 'a limit remembers for up to 27 h'
echo '7 6 5 5 1' >"$top/want"
echo "$(figure messages) $(figure log_users) $(figure queue_ids) $(figure peak_per_minute)" \
  "$(figure peak_per_second)" >"$top/got"
same 'Postfix: counts'

# ------------------------------------------------------------------------------- Exim
# The clock goes back by 59:59 ahead of gil: time goes on from there.  A deferral of hugo's
# after a minute is of a recipient that was counted.
trace 'Exim' --from "$here/plan_exim.log" <<'END'
2026-11-23 10:00:06 user=dave ip=192.0.2.77 domain=example.edu recipients=2 bytes=812
2026-11-23 10:00:07.500000000 user=erin ip=192.0.2.78 domain=example.edu recipients=2 bytes=100
2026-11-23 10:00:08 user=frank ip=2001:db8::9 domain=example.edu recipients=1 bytes=7
2026-11-23 10:00:09 user=www@host.example.edu domain=host.example.edu recipients=1 bytes=300
2026-11-23 10:00:10 user=mallory ip=203.0.113.9 domain=example.edu recipients=2 bytes=40
2026-11-23 10:00:10 user=gil ip=192.0.2.80 domain=example.edu recipients=3 bytes=55
2026-11-23 11:04:59 user=hugo ip=192.0.2.81 domain=example.edu recipients=2 bytes=60
END
# shellcheck disable=SC2086
plan_json $policy --from "$here/plan_exim.log"
notes 'Exim: the clock went back' "1 times a log's clock went back"
notes 'Exim: bounces' '1 messages left out: neither user nor sender'

# ------------------------------------------------------------------- clocks and dates
# After a boot the clock is wrong until it is set: what follows keeps its dates.  A day that there
# is not is no date.
# queued TIME ID: a message of a's
queued()
{
  echo "$1 mx postfix/smtpd[9]: $2: client=h[192.0.2.1], sasl_username=a"
  echo "$1 mx postfix/qmgr[1]: $2: from=<a@example.edu>, size=10, nrcpt=1 (queue active)"
}
{
  queued 2026-11-03T10:00:00+00:00 4AAA1
  echo '2024-01-01T00:00:20+00:00 mx postfix/master[1]: daemon started'
  queued 2024-01-01T00:00:21+00:00 4AAA2
  queued 2026-11-03T10:05:00+00:00 4AAA3
  queued 2026-02-30T10:05:01+00:00 4AAA4
  queued 'Nov 31 10:05:02' 4AAA5
  queued 2026-11-03T10:05:03+00:00 4AAA6
} >"$top/boot"
trace 'a clock that was wrong after a boot' --from "$top/boot" <<'END'
2026-11-03 10:00:00 user=a ip=192.0.2.1 domain=example.edu recipients=1 bytes=10
2026-11-03 10:00:01 user=a ip=192.0.2.1 domain=example.edu recipients=1 bytes=10
2026-11-03 10:05:00 user=a ip=192.0.2.1 domain=example.edu recipients=1 bytes=10
2026-11-03 10:05:03 user=a ip=192.0.2.1 domain=example.edu recipients=1 bytes=10
END
queued 'Feb 29 10:00:00' 4AAA1 >"$top/leap"
date -u -d "@$("$ctl" plan --trace --from "$top/leap" 2>/dev/null | cut -d' ' -f1)" +%m-%d \
  >"$top/got"
echo 02-29 >"$top/want"
same 'Feb 29 without a year is of a year that has it'

# ------------------------------------------------------------------ logs that say nothing
gzip -c "$log" >"$top/log.gz"
# shellcheck disable=SC2086
refuses 'a compressed log' 65 'is compressed, expected a mail log: zcat ...' $policy --from "$top/log.gz"
# shellcheck disable=SC2086
xz -c "$log" >"$top/log.xz" 2>/dev/null &&
  refuses 'a log compressed by xz' 65 'xzcat' $policy --from "$top/log.xz"
queued 2026-11-03T10:00:00+00:00 4AAA1 | sed 1d >"$top/later"
# shellcheck disable=SC2086
refuses 'a log that begins too late' 65 'but 1 whose beginning is not among them' $policy \
  --from "$top/later"

# ---------------------------------------------------------------------- several logs
# Rotated ones in either order, and of two hosts: merged by time, years from the first.
sed -n '/^Dec 31/p' "$here/plan_postfix.log" >"$top/log.1"
sed -n '/^Jan/p' "$here/plan_postfix.log" >"$top/log"
sed -n '/^2027/p' "$here/plan_postfix.log" >"$top/other"
"$ctl" plan --trace --year 2026 --from "$here/plan_postfix.log" 2>/dev/null | sort >"$top/want"
"$ctl" plan --trace --year 2026 --from "$top/log.1" "$top/log" "$top/other" 2>/dev/null |
  tee "$top/merged" | sort >"$top/got"
same 'several logs: the messages of one'
sort -s -n -k 1,1 "$top/merged" >"$top/want"
cp "$top/merged" "$top/got"
same 'several logs: in order of time'
"$ctl" plan --trace --year 2027 --from "$top/other" --from "$top/log" "$top/log.1" 2>/dev/null |
  sort >"$top/got"
"$ctl" plan --trace --year 2027 --from "$top/log" "$top/log.1" 2>/dev/null | sort >"$top/want"
same 'several logs: December behind January is the year before; the last --from counts'
"$ctl" plan --trace --year 2026 --from - <"$top/log.1" >"$top/got" 2>/dev/null
head -n 2 "$top/got" >"$top/want"
[ "$(wc -l <"$top/want")" -eq 2 ] || fail 'standard input'
same 'standard input'

# ------------------------------------------------------------- plan and sim, and figures
if command -v python3 >/dev/null 2>&1; then
  WEIRCTL=$ctl python3 "$here/plan_figures.py" "$top" >"$top/out" 2>&1
  sed '$d' "$top/out"
  read -r more _ less _ <<END
$(tail -n 1 "$top/out")
END
  case $more$less in
  '' | *[!0-9]*) fail "plan_figures.py: $(tail -n 3 "$top/out")" ;;
  *)
    passed=$((passed + more))
    failed=$((failed + less))
    ;;
  esac
else
  echo 'left out: the figures: no python3'
fi

# ------------------------------------------------------------------------- sizes
# sizes POLICY KEYS: as create says
sizes()
{
  for keys in $2; do
    "$ctl" -t "$top/table" create --keys "$keys" --policy "$1" |
      sed 's/.*: \([0-9]*\) cells, \([0-9]*\) bytes.*/\1 \2/' >"$top/want"
    rm -f "$top/table"
    plan_json --policy "$1" --users 10 --per-day 1 --keys "$keys"
    echo "$(figure table_cells) $(figure table_bytes)" >"$top/got"
    same "sizes: create --keys $keys"
  done
}
sizes "$top/policy" '1 7 1000 65537 300k'
printf 'policy p\n limit l 1 messages / 1h per user\n' >"$top/one"
sizes "$top/one" '1 999 100k 3M'

# ------------------------------------------------------------------------- hostile logs
{
  printf '2026-11-23 10:00:06 1vN1aB-000000001Cd-2e3F <= a\033[31m\000b@example.edu H=x [192.0.2.7] S=1 for x\n'
  printf '2026-11-23 10:00:07 1vN1aB-000000001Ce-2e3F <= '
  head -c 3000000 /dev/zero | tr '\0' v
  printf '\n'
  for i in 1 2 3; do
    printf '2026-11-23 10:00:08 1vN1aB-00000000%dCe-2e3F <= a\033[31m\000b@example.edu H=x [192.0.2.7] S=1 for x\n' "$i"
  done
  head -c 300000 /dev/urandom
  printf '\n2026-11-23 10:00:09 1vN1aC-000000001Ce-2e3F <= last@example.edu S=1 for x'
} >"$top/hostile"
# shellcheck disable=SC2086
"$ctl" plan $policy --no-measure --from "$top/hostile" >"$top/got" 2>&1 || fail 'hostile: status'
if grep -q 'a\\x1b\[31m\\x00b@example.edu' "$top/got"; then pass; else fail 'hostile: the name'; fi
if LC_ALL=C tr -d '\n -~' <"$top/got" | grep -q .; then fail 'hostile: raw bytes'; else pass; fi
# shellcheck disable=SC2086
plan_json $policy --from "$top/hostile"
if [ "$(figure messages)" -eq 5 ]; then pass; else fail "hostile: $(figure messages) messages"; fi
"$ctl" plan --trace --from "$top/hostile" 2>/dev/null | tr -d '\n -~' >"$top/got"
: >"$top/want"
same 'hostile: the trace'
head -c 2000000 /dev/urandom >"$top/garbage"
# shellcheck disable=SC2086
refuses 'garbage' 65 'no message in' $policy --no-measure --from "$top/garbage"
# A client that gives up leaves an id behind: ids are forgotten after a day.
awk 'BEGIN { for (i = 0; i < 4000; i++)
  printf "2026-11-%02dT%02d:00:00Z mx1 postfix/smtpd[1]: %08X: client=x[192.0.2.1]\n",
    1 + i / 240, i / 10 % 24, i
  print "2026-11-20T00:00:00Z mx1 postfix/pickup[1]: FFFFFFFF: uid=0 from=<a>"
  print "2026-11-20T00:00:00Z mx1 postfix/qmgr[1]: FFFFFFFF: from=<a@b>, size=1, nrcpt=1 (x)" }' \
  >"$top/left"
plan_json --policy "$top/one" --from "$top/left"
if [ "$(figure queue_ids)" -le 260 ]; then pass; else fail "ids kept: $(figure queue_ids)"; fi

# What a log does not show is left out, and said to be.
cat >"$top/guard" <<'END'
policy p
  limit minute 30 messages / 1m  per user
  limit fanout 9 distinct recipient / 1h  per user
  on minute denied 2 in 1m block user for 1h
  exempt user=root
class c
  limit minute 40
member c user=list
END
plan_json --policy "$top/guard" --users 10 --per-day 1
notes 'statements left out' '5 statements of the policy left out'
printf 'policy p\n limit fanout 9 distinct recipient / 1h  per user\n' >"$top/distinct"
refuses 'distinct limits only' 65 'has distinct limits only' --policy "$top/distinct" --users 10 \
  --per-day 1 --no-measure

# ------------------------------------------------------------------------------ mistakes
users='--users 10 --per-day 1 --no-measure'
# shellcheck disable=SC2086
{
  refuses 'no policy' 64 '--policy is missing' $users
  refuses 'nothing to plan from' 64 'nothing to plan from' $policy
  refuses 'no mean' 64 'nothing to plan from' $policy --users 10
  refuses 'both' 64 'a distribution beside --from' $policy --from "$here/plan_exim.log" --sigma 2
  refuses 'a stray operand' 64 "unexpected 'x'" $policy $users x
  refuses 'no users' 64 "--users '0'" $policy --users 0 --per-day 1
  refuses 'users in words' 64 "--users 'many'" $policy --users many --per-day 1
  refuses 'a negative mean' 64 "--per-day '-1'" $policy --users 1 --per-day -1
  refuses 'no number' 64 "--per-day '1.2.3'" $policy --users 1 --per-day 1.2.3
  refuses 'a large sigma' 64 "--sigma '9'" $policy $users --sigma 9
  refuses 'a small peak' 64 "--peak '0.5'" $policy $users --peak 0.5
  refuses 'no cores' 64 "--cores '0'" $policy $users --cores 0
  refuses 'year' 64 "--year '26'" $policy --from "$here/plan_exim.log" --year 26
  refuses 'an option of logs' 64 'without a log' $policy $users --authenticated
  refuses 'no such key' 64 "no limit counts by 'host'" $policy $users --principals host=3
  refuses 'no count' 64 "--principals ip='x'" $policy $users --principals ip=x
  refuses 'input twice' 64 'standard input more than once' --policy - --from -
  refuses 'an empty path' 64 'no path behind --from' $policy --from ''
  refuses 'no such log' 65 'cannot open' $policy --from "$top/none"
  refuses 'a folder' 65 'cannot read' $policy --from "$top"
  refuses 'no such policy file' 65 'cannot read' --policy "$top/none" $users
  refuses 'an empty log' 65 'no message in 0 lines' $policy --from /dev/null
  refuses 'nobody signed in' 65 'nobody signed in' $policy --from "$top/left" --authenticated
  refuses 'too many' 65 'more than one holds' $policy $users --keys 99G
}
printf 'policy p\n limit l 1 stamps / 1h per user\n' >"$top/stamps"
# shellcheck disable=SC2086
refuses 'an unknown unit' 65 "counts stamps" --policy "$top/stamps" $users
refuses 'none can be judged' 65 "no message can be judged: limit 'l' counts stamps" \
  --policy "$top/stamps" --from "$here/plan_exim.log"
printf 'policy p\n limit l x messages / 1h per user\n' >"$top/bad"
# shellcheck disable=SC2086
refuses 'a mistaken policy' 65 'bad:2:' --policy "$top/bad" $users
printf 'policy p\n limit l 1 messages / 1h per user\npolicy q\n limit l 5 messages / 1h per ip\n' \
  >"$top/two"
# shellcheck disable=SC2086
refuses 'two policies' 64 '--name is missing' --policy "$top/two" $users
# shellcheck disable=SC2086
refuses 'no such policy' 64 "--name 'r'" --policy "$top/two" $users --name r
plan_json --policy "$top/two" --name q --from "$here/plan_exim.log"
if grep -q '"key":"ip"' "$top/json" && ! grep -q '"key":"user"' "$top/json"; then pass; else
  fail 'the limits of one policy only'
fi
if [ -c /dev/full ]; then
  "$ctl" plan --trace --from "$here/plan_exim.log" >/dev/full 2>/dev/null
  if [ $? -eq 70 ]; then pass; else fail 'no room for the trace'; fi
fi

# ------------------------------------------------------------- the measurement is made
# shellcheck disable=SC2086
"$ctl" plan $policy --users 50 --per-day 3 --json >"$top/json" 2>"$top/err" || fail 'measured'
if [ "$(figure decisions_per_second | cut -d. -f1)" -gt 0 ] &&
  [ "$(figure headroom | cut -d. -f1)" -gt 0 ]; then pass; else fail 'measured'; fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
