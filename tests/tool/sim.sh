#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# weirctl sim, and the text of requests: what contract and manual say, line by line.
#   WEIRCTL=build/weirctl sh tests/tool/sim.sh
# The decisions themselves are held against an exact reference in tests/reference.
# The last line is "N passed, M failed".

LC_ALL=C
export LC_ALL

ctl=${WEIRCTL:-build/weirctl}
top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM
passed=0
failed=0

# same NAME: $top/want is $top/got
same()
{
  if cmp -s "$top/want" "$top/got"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $1"
    diff "$top/want" "$top/got" | head -n 10
  fi
}

# status NAME EXPECTED GOT
status()
{
  echo "$2" >"$top/want"
  echo "$3" >"$top/got"
  same "$1: exit status"
}

# rows NAME STATUS OPTION...: the trace $top/trace gives the rows on standard input
rows()
{
  name=$1
  expected=$2
  shift 2
  tr ' ' '\t' >"$top/want"
  "$ctl" sim "$@" "$top/policy" "$top/trace" >"$top/got" 2>"$top/err"
  got=$?
  same "$name"
  status "$name" "$expected" "$got"
}

# complaint NAME REQUEST TEXT: what is said of `1 take REQUEST`, behind the place of it
complaint()
{
  printf '1 take %b\n' "$2" >"$top/trace"
  "$ctl" sim --quiet "$top/policy" "$top/trace" 2>&1 | sed -n 's/^weirctl: [^:]*:1://p' >"$top/got"
  echo "$3" >"$top/want"
  same "$1"
}

# left REQUEST: recipients that are left of 100 after it
left()
{
  printf '1 take user=u %b\n' "$1" >"$top/trace"
  "$ctl" sim "$top/policy" "$top/trace" 2>/dev/null | cut -f5 >"$top/got"
  echo "$2" >"$top/want"
  same "recipients of $1"
}

# ------------------------------------------------------------------------ rows
cat >"$top/policy" <<'END'
policy submission
  limit minute  10 messages / 10s   per user
  limit people  20 recipients / 1h  per user+ip optional sliding
  limit quiet    1 messages / 1h    per user shadow
END

cat >"$top/trace" <<'END'
# a comment, and an empty line

0 take user=a ip=x recipients=3
0.5 take user=a ip=x recipients=18
0.500000001 take user=a messages=9
0.500000001 peek user=a
1.5 peek user=a
1.5 take user=a messages=0
1.5 take user=a messages=11
1.5 refund user=a ip=x recipients=3 messages=10
1.5 take user=a ip=x recipients=20
2 block user=a for=1m reason="too many, \"really\""
3 take user=a ip=x recipients=1
4 block user=a
5 peek user=a
5 take user=b
6 unblock user=a
6 take user=a messages=10
6 reset user=a
6 take user=a messages=10
END
rows 'rows: each operation' 0 <<'END'
0 take allow minute 9 0
0.5 take deny people 17 4049500000000
0.500000001 take allow minute 0 0
0.500000001 peek deny minute 0 499999999
1.5 peek allow minute 1 0
1.5 take allow minute 1 0
1.5 take deny minute 1 never
1.5 refund ok - - -
1.5 take allow people 0 0
2 block ok - - -
3 take block - - 59000000000
4 block ok - - -
5 peek block - - never
5 take allow minute 9 0
6 unblock ok - - -
6 take allow minute 0 0
6 reset ok - - -
6 take allow minute 0 0
END

printf '18446744073709551615 take user=a\n0 take user=b\n18446744073709551616 take user=a\n' \
  >"$top/trace"
rows 'rows: the end of time in ns' 65 --ns <<'END'
18446744073709551615 take allow minute 9 0
0 take allow minute 9 0
- - error - - -
END

printf '18446744073.709551615 take user=a\n18446744073.709551616 take user=a\n1.0000000001 take\n' \
  >"$top/trace"
rows 'rows: the end of time in seconds' 65 <<'END'
18446744073.709551615 take allow minute 9 0
- - error - - -
- - error - - -
END

printf '1 take user=a\r\n2 take user="a"\t messages=2\r\n\r\n3 take user=a' >"$top/trace"
rows 'rows: carriage returns, tabs, no last newline' 0 <<'END'
1 take allow minute 9 0
2 take allow minute 8 0
3 take allow minute 8 0
END

printf '1 take user=a\0b messages=10\n1 take user=a\0c messages=10\n1 take user=a\0b\n1 ta\0ke\n' \
  >"$top/trace"
rows 'rows: NUL bytes' 65 <<'END'
1 take allow minute 0 0
1 take allow minute 0 0
1 take deny minute 0 1000000000
1 - error - - -
END

{
  printf '1 take user='
  head -c 3000000 /dev/zero | tr '\0' v
  printf ' messages=10\n1 take user=short messages=10\n1 take user='
  head -c 3000000 /dev/zero | tr '\0' v
  printf '\n'
} >"$top/trace"
rows 'rows: a line of megabytes' 0 <<'END'
1 take allow minute 0 0
1 take allow minute 0 0
1 take deny minute 0 1000000000
END

printf '1 take ip=x\n1 take user=a bytes=1\n1 reset\n' >"$top/trace"
rows 'rows: an attribute that lacks' 65 <<'END'
1 take error - - -
1 take allow minute 9 0
1 reset ok - - -
END
echo "weirctl: $top/trace:1:8: limit 'minute' counts by 'user', which the request lacks:" \
  "expected user=VALUE" >"$top/want"
grep '^weirctl' "$top/err" >"$top/got"
same 'rows: an attribute that lacks is told'

# ------------------------------------------------------------------- the summary
printf '1 take user=a messages=10\n1 take user=a\n1 take user="b c" messages=11\n1 take user=a\n' \
  >"$top/trace"
printf '1 block user=z\n1 take user=z\n1 take\n' >>"$top/trace"
"$ctl" sim --quiet "$top/policy" "$top/trace" >"$top/out" 2>"$top/err"
status 'summary' 65 $?
: >"$top/want"
cp "$top/out" "$top/got"
same 'summary: quiet prints no rows'
tr '|' '\t' >"$top/want" <<'END'
events|7
allowed|1
denied|3
blocked|1
errors|1
principals|2
limit|submission|minute|asked|4|denied|3|shadow denied|0
limit|submission|people|asked|0|denied|0|shadow denied|0
limit|submission|quiet|asked|4|denied|0|shadow denied|2
most denied|2|user=a
most denied|1|user="b c"
END
grep -v '^weirctl' "$top/err" >"$top/got"
same 'summary: text'

if command -v python3 >/dev/null 2>&1; then
  "$ctl" sim --json "$top/policy" "$top/trace" >"$top/out" 2>"$top/err"
  python3 - "$top/out" "$top/err" >"$top/got" 2>&1 <<'END'
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
print(rows[1]["verdict"], rows[1]["limit"], rows[1]["remaining"], rows[1]["retry_ns"])
print(rows[2]["retry_ns"], rows[4], rows[6]["verdict"])
summary = json.loads(open(sys.argv[2]).readlines()[-1])
print(summary["events"], summary["limits"][2]["shadow_denied"], summary["most_denied"])
END
  cat >"$top/want" <<'END'
deny minute 0 1000000000
None {'time': '1', 'op': 'block', 'verdict': 'ok'} error
7 2 [{'denied': 2, 'principal': 'user=a'}, {'denied': 1, 'principal': 'user="b c"'}]
END
  same 'summary: JSON'
fi

# ------------------------------------------------------------- several policies
printf 'policy a\n limit l 1 messages / 1h overall\npolicy b\n limit l 2 messages / 1h overall\n' \
  >"$top/policy"
printf '1 take policy=a\n1 take policy=b\n1 take policy=a\n1 take\n1 take policy=c\n' \
  >"$top/trace"
rows 'policies: each counts for itself' 65 <<'END'
1 take allow l 0 0
1 take allow l 1 0
1 take deny l 0 3600000000000
1 take error - - -
1 take error - - -
END

# --------------------------------------------------------------------- requests
printf 'policy p\n  limit l 100 recipients / 1h per user\n' >"$top/policy"
left 'recipient=a@x' 99
left 'recipient=a@x,b@y' 98
left 'recipient="a b@x",c@y' 98
left 'recipient="a b@x,c@y"' 98
left 'recipient="a\\,b@x"' 99
left 'recipient=a@x,b@y recipients=7' 93
left 'recipients=0 recipient=a@x,b@y' 100

complaint 'request: no =' 'user' "12: 'user' has no =, expected NAME=VALUE"
complaint 'request: no name' 'user=a =b' '15: no name before the =, expected NAME=VALUE'
complaint 'request: a bad byte' 'us\001er=a' \
  '10: byte 0x01 in a name, expected letters, digits, - _ . and then ='
complaint 'request: a name too long' "$(printf '%064d' 0)=1" \
  '8: a name of 64 bytes, expected at most 63'
complaint 'request: twice' 'user=a ip=1 user=b' \
  "20: 'user' a second time, expected each name once"
complaint 'request: two policies' 'policy=p policy=p' \
  "17: 'policy' a second time, expected each name once"
complaint 'request: open quote' 'user="a b' \
  '13: this quote is not closed, expected another " behind it'
complaint 'request: behind a quote' 'user="a"b' \
  '16: byte 0x62 behind a closing quote, expected a blank or a comma'
complaint 'request: too large' 'user=a recipients=18446744073709551616' \
  '26: number too large, expected at most 18446744073709551615'
complaint 'request: no number' 'user=a recipients=three' \
  "26: 'three' is no number of recipients, expected digits"
complaint 'request: a negative number' 'user=a recipients=-1' \
  "26: '-1' is no number of recipients, expected digits"
complaint 'request: empty recipient' 'user=a recipient=a,,b' \
  '27: an empty recipient, expected something between the commas'
complaint 'request: last recipient empty' 'user=a recipient=a,' \
  '27: an empty recipient, expected something between the commas'
complaint 'request: no duration' 'user=a for=1w' \
  "19: '1w' is no duration, expected a whole number and one of ns us ms s m h d, such as 1h"
complaint 'request: for with take' 'user=a recipients=1 for=1h' \
  '8: for= with take, expected it with block only'
complaint 'request: 33 attributes' "$(seq -s ' ' -f 'a%g=x' 33)" \
  '191: too many attributes, expected at most 32'

# ------------------------------------------------------------------ bad files
printf 'policy p\n  limit l x messages / 1h overall\n  limit m 1 messages / 1h per\n' >"$top/bad"
"$ctl" sim "$top/bad" /dev/null >"$top/out" 2>"$top/err"
status 'policy: mistakes' 65 $?
echo 2 >"$top/want"
grep -c '^weirctl: .*/bad:[23]:' "$top/err" >"$top/got"
same 'policy: all mistakes are told'
"$ctl" sim "$top/none" /dev/null >/dev/null 2>&1
status 'policy: no file' 65 $?
"$ctl" sim "$top/policy" "$top/none" >/dev/null 2>&1
status 'trace: no file' 65 $?
"$ctl" sim >/dev/null 2>&1
status 'usage: no operand' 64 $?
"$ctl" sim --nope "$top/policy" >/dev/null 2>&1
status 'usage: unknown option' 64 $?
"$ctl" sim - - </dev/null >/dev/null 2>&1
status 'usage: two from standard input' 64 $?
if [ -c /dev/full ]; then
  echo '1 take user=a recipients=1' >"$top/trace"
  "$ctl" sim "$top/policy" "$top/trace" >/dev/full 2>/dev/null
  status 'output: no room' 70 $?
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
