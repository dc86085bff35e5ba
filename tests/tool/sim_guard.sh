#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# weirctl sim: distinct values, classes, exemptions, responses, scores, what stays reachable.
#   WEIRCTL=build/weirctl sh tests/tool/sim_guard.sh
# Expected rows are worked out by hand from weir-policy(5).  The last line is
# "N passed, M failed".

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

# replay NAME: each line of standard input is an event, " => " and the rest of its row, without
# TIME and OP; the policy is $top/policy.
replay()
{
  sed 's/ *=>.*//' >"$top/trace" <"$top/input"
  sed -n 's/.*=> *//p' <"$top/input" | tr ' ' '\t' >"$top/want"
  "$ctl" sim "$top/policy" "$top/trace" 2>"$top/err" | cut -f3- >"$top/got"
  same "$1"
}

# ------------------------------------------------------------------- distinct values
cat >"$top/policy" <<'END'
policy p
  limit fanout  3 distinct recipient / 10s  per user
  limit minute  4 messages / 1s             per user  optional
END
cat >"$top/input" <<'END'
0 take user=a recipient=x,y => allow fanout 1 0
1 take user=a recipient=y,y,z => allow fanout 0 0
2 take user=a recipient=w => deny fanout 0 8000000000
2 peek user=a recipient=y => allow fanout 0 0
2 take user=a recipient=x,y,z => allow fanout 0 0
3 take user=a recipient=w,x => deny fanout 0 9000000000
3 take user=a recipient=a,b,c,d => deny fanout 0 never
3 take user=b recipient=w => allow fanout 2 0
3.5 take user=b messages=9 recipient=q => deny minute 4 never
3.5 peek user=b recipient=q => allow fanout 2 0
3.5 refund user=b recipient=w => ok - - -
3.5 peek user=b recipient=w => allow fanout 2 0
11.999999999 take user=a recipient=w => deny fanout 0 1
12 take user=a recipient=w => allow fanout 2 0
5 take user=a messages=0 recipient=x,y => allow fanout 0 0
5 take user=a messages=0 recipient=v => deny fanout 0 17000000000
6 take user=a => error - - -
6 reset user=a => ok - - -
6 take user=a recipient=v => allow fanout 2 0
END
replay 'distinct: last use, all or nothing, time that goes back'

cat >"$top/policy" <<'END'
policy p
  limit mailboxes 2 distinct recipient / 1h per user canonical
END
cat >"$top/input" <<'END'
0 take user=a recipient=Ann+x@Example.ORG => allow mailboxes 1 0
0 take user=a recipient=Ann@example.org,Ann+y+z@EXAMPLE.org => allow mailboxes 1 0
0 take user=a recipient=ann@example.org => allow mailboxes 0 0
0 take user=b recipient=+t@x,Local => allow mailboxes 0 0
0 take user=b recipient=@x => deny mailboxes 0 3600000000000
0 take user=b recipient=+t@X,Local => allow mailboxes 0 0
0 take user=b recipient=local => deny mailboxes 0 3600000000000
0 take user=c recipient="A+b\"@c\"@D","A@d" => allow mailboxes 1 0
0 take user=d recipient="a\,b@x",a => allow mailboxes 0 0
END
replay 'distinct: addresses'

# ------------------------------------------------------------------ exempt and classes
cat >"$top/policy" <<'END'
policy p
  limit user     2 messages / 1h    per user
  limit fanout   1 distinct recipient / 1h per user optional
  limit address  4 messages / 1h    per ip
  limit pair     9 messages / 1h    per user+ip
  exempt user=root
  exempt recipient=help
class big
  limit user     20 burst 50
  limit fanout   unlimited
  limit address  unlimited
class small
  limit user     1
member small ip=10.0.0.9
member big user=list
END
cat >"$top/input" <<'END'
0 take user=root ip=1 recipient=a,b => allow address 3 0
0 take user=root ip=1 messages=3 => allow address 0 0
0 take user=root ip=1 => deny address 0 900000000000
0 block user=root => ok - - -
0 take user=root ip=2 => block - - never
0 take user=a ip=2 recipient=help,x => deny fanout 1 never
0 take user=a ip=2 recipient=help => allow fanout 0 0
0 take user=a ip=2 => allow user 0 0
0 take user=a ip=2 => deny user 0 1800000000000
0 take user=list ip=2 messages=9 recipient=a,b,c => allow pair 0 0
0 take user=list ip=3 messages=9 => allow pair 0 0
0 take user=list ip=4 messages=9 => allow pair 0 0
0 take user=list ip=5 messages=9 => allow pair 0 0
0 take user=list ip=6 messages=9 => allow pair 0 0
0 take user=list ip=7 messages=9 => deny user 5 720000000000
0 take user=b ip=10.0.0.9 => allow user 0 0
0 take user=b ip=10.0.0.9 => deny user 0 3600000000000
0 take user=b ip=6 messages=2 => allow user 0 0
0 take user=list ip=10.0.0.9 => allow user 0 0
0 take user=list ip=10.0.0.8 => allow user 4 0
END
replay 'exempt and classes'

# --------------------------------------------------------------------------- responses
cat >"$top/policy" <<'END'
policy p
  limit user   1 messages / 1s     per user
  limit pair   1 recipients / 1s   per user+ip optional
  on user denied 3 in 10s  block user for 5s doubling to 12s
  on pair denied           block ip for 1m
END
cat >"$top/input" <<'END'
0 take user=a => allow user 0 0
0 take user=a => deny user 0 1000000000
0 peek user=a => deny user 0 1000000000
0 take user=a messages=0 => allow user 0 0
0 take user=a messages=2 => deny user 0 never
0.5 take user=a => deny user 0 500000000
0.5 take user=a => block - - 5000000000
1 take user=b => allow user 0 0
5.499999999 peek user=a => block - - 1
5.5 take user=a => allow user 0 0
6 take user=a => deny user 0 500000000
6 take user=a => block - - 10000000000
16 take user=a => allow user 0 0
16 take user=a => deny user 0 1000000000
16.1 take user=a => deny user 0 900000000
16.2 take user=a => deny user 0 800000000
16.3 take user=a => block - - 11900000000
52.2 take user=a messages=2 => deny user 1 never
52.2 take user=a messages=2 => deny user 1 never
52.2 take user=a messages=2 => deny user 1 never
52.2 take user=a => block - - 10000000000
52.2 unblock user=a => ok - - -
52.2 take user=a messages=2 => deny user 1 never
52.2 take user=a messages=2 => deny user 1 never
52.2 take user=a => allow user 0 0
52.2 take user=a => deny user 0 1000000000
52.2 take user=a => block - - 5000000000
60 take user=c ip=x recipients=2 => deny pair 1 never
60 take user=d ip=x => block - - 60000000000
60 take user=c ip=y => allow user 0 0
60 take user=c recipients=2 => deny user 0 1000000000
120 take user=d ip=x => allow user 0 0
END
replay 'responses: strikes, doubling, forgetting, unblock'

cat >"$top/policy" <<'END'
policy p
  limit user   1 messages / 1h   per user
  limit ip     1 messages / 1h   per ip
  on user denied       block user for 10s doubling to 1m
  on ip denied         block user for 30s doubling to 1h
END
cat >"$top/input" <<'END'
0 take user=a ip=x => allow user 0 0
0 take user=a ip=x => deny user 0 3600000000000
0 take user=a ip=x => block - - 30000000000
0 block user=a for=5s => ok - - -
0 take user=a ip=x => block - - 30000000000
30 take user=a ip=y => deny user 0 3570000000000
30 take user=a ip=y => block - - 20000000000
END
replay 'responses: two that trip at once are one block'

cat >"$top/policy" <<'END'
policy p
  limit user   1 messages / 1h   per user
  on user denied 2 in 10s  block user for 5s
END
cat >"$top/input" <<'END'
0 take user=a messages=2 => deny user 1 never
10 take user=a messages=2 => deny user 1 never
10 peek user=a messages=2 => deny user 1 never
19.999999999 take user=a messages=2 => deny user 1 never
19.999999999 take user=a messages=2 => block - - 5000000000
15 take user=b messages=2 => deny user 1 never
5 take user=b messages=2 => deny user 1 never
5 take user=b => block - - 5000000000
END
replay 'responses: the last ns of D, and time that goes back'

# ------------------------------------------------------------------------------ scores
cat >"$top/policy" <<'END'
policy p
  limit user  9 messages / 1h  per user
  score bad   100 / 100s       per user  block user for 10s doubling to 1m
    signal changed 60
    signal bounce  1
  score host  10 / 10s         per ip
    signal bounce  5
  exempt user=list
END
cat >"$top/input" <<'END'
0 signal user=list signal=changed weight=9 => ok - - -
0 take user=list => block - - 10000000000
0 signal user=a signal=changed => ok - - -
0 take user=a => allow user 8 0
20 signal user=a signal=changed weight=0 => ok - - -
20.000000001 signal user=a signal=changed => ok - - -
20.000000001 take user=a => allow user 7 0
20.000000001 signal user=a ip=x signal=bounce => ok - - -
20.000000001 take user=a => block - - 10000000000
25 signal user=a ip=x signal=bounce weight=9 => ok - - -
25 take user=a => block - - 10000000000
35 take user=a => allow user 6 0
35 signal user=a signal=changed weight=18446744073709551615 => ok - - -
35 take user=a => block - - 20000000000
56 signal user=a ip=x signal=bounce weight=20 => ok - - -
56 take user=a => allow user 5 0
56 signal user=a ip=x signal=bounce => ok - - -
56 take user=a => block - - 40000000000
56 unblock user=a => ok - - -
56 signal user=a ip=x signal=bounce weight=99 => ok - - -
56 take user=a => allow user 8 0
56 signal user=a signal=bounce => error - - -
56 signal user=a signal=none => error - - -
56 signal user=a => error - - -
56 signal user=a signal=changed weight=x => error - - -
END
replay 'scores'
sed -n 's/^weirctl: [^:]*:[0-9]*:[0-9]*: //p' "$top/err" >"$top/got"
cat >"$top/want" <<'END'
score 'host' counts by 'ip', which the request lacks: expected ip=VALUE
policy 'p' has no signal 'none', expected changed, bounce, bounce
no signal named, expected signal=NAME
weight= is no whole number, expected digits alone
END
same 'scores: what is wrong with a signal'

# --------------------------------------------------------------------- who is reachable
cat >"$top/policy" <<'END'
policy p
  limit user  2 messages / 1h  per user
  on user denied block user for 1h
  reachable recipient=help  1 messages / 10s  per user
  reachable recipient=help  2 messages / 1h   per user
  reachable recipient="abuse desk" 9 messages / 1h per ip
END
cat >"$top/input" <<'END'
0 take user=a recipient=help => allow user 1 0
0 block user=a for=1h => ok - - -
0 take user=a recipient=x => block - - 3600000000000
0 take user=a recipient=help => allow reachable 0 0
0 take user=a recipient=help => deny reachable 0 10000000000
0 take user=a recipient=help,help,x => block - - 3600000000000
0 take user=a => block - - 3600000000000
10 peek user=a recipient=help,help => allow reachable 1 0
10 take user=a recipient=help => allow reachable 0 0
10 take user=a recipient="abuse desk" => error - - -
10 take user=a ip=z recipient="abuse desk" => allow reachable 8 0
20 take user=a ip=z recipient="abuse desk,help" => deny reachable 0 1780000000000
20 refund user=a recipient=help => ok - - -
20 take user=a ip=z recipient="abuse desk,help" => allow reachable 0 0
20 unblock user=a => ok - - -
20 take user=a recipient=help => allow user 1 0
END
replay 'reachable'

# ------------------------------------------------------------------------- the summary
cat >"$top/policy" <<'END'
policy p
  limit user  1 messages / 1h  per user
  reachable recipient=help 1 messages / 1h per user
  score bad 9 / 1s per user
    signal x 1
class c
  limit user 2
member c user=m
END
printf '0 take user=m\n0 take user=m\n0 take user=m\n0 take user=a\n0 block user=a\n0 take user=a recipient=help\n' \
  >"$top/trace"
"$ctl" sim --quiet "$top/policy" "$top/trace" 2>&1 | grep '^limit' >"$top/got"
tr '|' '\t' >"$top/want" <<'END'
limit|p|user|asked|4|denied|1|shadow denied|0
limit|p|reachable|asked|1|denied|0|shadow denied|0
END
same 'summary: a class counts with its limit'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
