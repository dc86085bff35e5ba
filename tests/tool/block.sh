#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The kill switch from the outside: block, unblock, blocks, switch.
#   WEIRCTL=build/weirctl sh tests/tool/block.sh
# The last line is "N passed, M failed".

. "$(dirname "$0")/../support/tool.sh"

TZ=UTC-1
export TZ
unset SUDO_USER
me=$(id -un)
time='[0-9]\{4\}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]+01:00'

cat >policy <<'END'
policy submission
  limit user-minute  3 messages / 1h      per user  burst 6
  limit user-day     9 messages / 1d      per user  sliding
  limit pair         2 messages / 1h      per user+ip optional
policy web
  limit hits         9 messages / 1h      per ip
END
expect 0 "$ctl" -t table create --keys 1k --policy policy

# ------------------------------------------------------------------ block
expect 0 "$ctl" -t table take submission user=alice messages=4
expect 0 "$ctl" -t table block user=alice --for 4h --reason 'phished: changed her signature' --by noc
says "^blocked user=alice until $time: phished: changed her signature$"
lines_are 1
expect 2 "$ctl" -t table take submission user=alice
says "^block${tab}-${tab}-${tab}[1-9][0-9]*$"
expect 2 "$ctl" -t table peek submission user=alice ip=192.0.2.1
expect 2 "$ctl" -t table take web user=alice ip=192.0.2.1
expect 0 "$ctl" -t table take submission user=bob
expect 0 "$ctl" -t table block user=alice --for 1h --reason shorter
says "^already blocked user=alice until $time: phished: changed her signature$"
expect 0 "$ctl" -t table block user=alice --reason longer
says '^blocked user=alice until lifted: longer$'
expect 2 "$ctl" -t table take --json submission user=alice
json_is 'it["retry_ns"]' None
expect 0 "$ctl" -t table block --json user=carol ip=192.0.2.7 --for=90s --by root
json_is 'it["principal"]' 'ip=192.0.2.7 user=carol'
json_is 'it["blocked"] and it["changed"]' True
json_is 'it["reason"] + it["by"]' root
json_is '90 - it["remaining_ns"] / 1e9 < 60 and 88 <= it["until"] - it["since"] <= 92' True
json_is 'it["until_iso"][-6:]' +01:00
json_is '__import__("datetime").datetime.fromisoformat(it["until_iso"]).timestamp() == it["until"]' True
expect 2 "$ctl" -t table take submission user=carol ip=192.0.2.7
expect 2 "$ctl" -t table take submission ip=192.0.2.7 user=carol
expect 0 "$ctl" -t table take submission user=carol ip=192.0.2.8
expect 0 "$ctl" -t table block usr=alice
says '^blocked usr=alice until lifted (no limit in force counts by that)$'
expect 0 "$ctl" -t table block 'user=a b'
says '^blocked user="a b" until lifted$'
# What is listed names the same principal again, whatever bytes it has.
odd=$(printf 'user=a\001b\377"\\\342\200\256')
expect 0 "$ctl" -t table block "$odd"
says '^blocked user="a\\x01b\\xff\\"\\\\\\xe2\\x80\\xae" until lifted$'
listed=$("$ctl" -t table blocks --json | sed 's/.*"principal":"\(user=\\"a.*\\"\)","since.*/\1/' |
  sed 's/\\\(.\)/\1/g')
expect 0 "$ctl" -t table unblock "$listed"
says '^unblocked '
expect 0 "$ctl" -t table take submission "$odd"
expect 0 "$ctl" -t table block 'user=?'
expect 0 "$ctl" -t table take submission "$odd"
expect 0 "$ctl" -t table unblock 'user=?'
expect 0 "$ctl" -t table unblock user=
# Between apostrophes a shell takes it as it is: nothing in a name runs, and no other is named.
expect 0 "$ctl" -t table block user=quoted
for odd in "'\$(touch ran)'" '"quoted"' '\x41' "o'brien" '`touch ran`' '!! $HOME'; do
  word=user=$(printf %s "$odd" | sed 's/[\\"]/\\&/g; s/.*/"&"/')
  expect 0 "$ctl" -t table block "$word" --reason odd
  listed=$("$ctl" -t table blocks | sed -n 's/  *[0-9-]*T[0-9].*  odd$//p')
  expect 0 sh -c "'$ctl' -t table unblock '$listed'"
  says "^unblocked .*(odd)$"
done
expect 1 test -e ran
expect 0 "$ctl" -t table unblock user=quoted
says '^unblocked '
expect 0 "$ctl" block -t table domain=example.org
expect 2 "$ctl" -t table take submission user=zoe domain=example.org

# By whom, where nobody says.
expect 0 env SUDO_USER=dora "$ctl" -t table block --json user=by1
json_is 'it["by"]' dora
expect 0 "$ctl" -t table block --json user=by2
json_is 'it["by"]' "$me"
expect 0 env SUDO_USER= "$ctl" -t table block --json user=by3 --by ''
json_is 'it["by"]' "$me"

# ----------------------------------------------------------------- blocks
expect 0 "$ctl" -t table blocks
lines_are 9
says '^PRINCIPAL  *SINCE  *UNTIL  *LEFT  *LEVEL  *BY  *REASON$'
says "^user=alice  *$time  *lifted  *-  *0  *$me  *longer$"
says "^ip=192.0.2.7 user=carol  *$time  *$time  *[0-9]*[ms][0-9s]*  *0  *root  *-$"
last='blocks: blanks at the end of a line'
if grep -q ' $' "$out"; then fail 'there are some'; else pass; fi
expect 0 "$ctl" -t table blocks --json
is_json
json_is 'len(it["blocks"])' 8
json_is '[b["since"] for b in it["blocks"]] == sorted(b["since"] for b in it["blocks"])' True
json_is 'sorted(it["blocks"][0])' \
  "['by', 'level', 'principal', 'reason', 'remaining_ns', 'since', 'since_iso', 'until', 'until_iso']"
json_is '[b["until"] for b in it["blocks"] if b["principal"] == "user=alice"]' '[None]'

# Bytes that a terminal would obey, or that are no UTF-8.
hostile=$(printf 'x\033[31m\302\233\377\342\200\256\tY')
expect 0 "$ctl" -t table block "user=$hostile" --reason "$hostile" --by "$hostile"
is_harmless
lines_are 1
expect 0 "$ctl" -t table blocks
is_harmless
expect 0 "$ctl" -t table blocks --json
is_harmless
is_json
expect 2 "$ctl" -t table take submission "user=$hostile"
expect 0 "$ctl" -t table unblock "user=$hostile"
is_harmless
says '^unblocked user='
expect 0 "$ctl" -t table take submission "user=$hostile"
expect 0 "$ctl" -t table block user=long --reason "$(printf '%0200d' 0)" --by "$(printf '%0200d' 0)"
says ": 0\{71\}$"
expect 0 "$ctl" -t table block "user=$(printf '%01000d' 0)"
says '^blocked user=00*… until lifted$'
expect 2 "$ctl" -t table take submission "user=$(printf '%01000d' 0)"
expect 0 "$ctl" -t table take submission "user=$(printf '%0999d' 0)"

# ---------------------------------------------------------------- unblock
expect 0 "$ctl" -t table unblock user=alice --by noc
says "^unblocked user=alice; cleared: block since $time by $me (longer), user-minute 4 used, user-day 4 used$"
lines_are 1
expect 0 "$ctl" -t table peek submission user=alice messages=0
says "^allow${tab}user-minute${tab}6${tab}0$"
expect 0 "$ctl" -t table unblock user=alice
says '^user=alice was not blocked; cleared: nothing$'
expect 0 "$ctl" -t table take submission user=erin messages=2
expect 0 "$ctl" -t table unblock user=erin
says '^user=erin was not blocked; cleared: user-minute 2 used, user-day 2 used$'
expect 0 "$ctl" -t table take submission user=erin
expect 0 "$ctl" -t table unblock user=erin --json
json_is 'it["limits"]' \
  "[{'limit': 'user-minute', 'used': 1}, {'limit': 'user-day', 'used': 1}]"
expect 0 "$ctl" -t table unblock --json user=carol ip=192.0.2.7
json_is 'it["was_blocked"], it["principal"], it["denied"], it["limits"]' \
  "(True, 'ip=192.0.2.7 user=carol', 0, [])"
expect 0 "$ctl" -t table unblock --json user=nobody
json_is 'it["was_blocked"], it["since"], it["limits"]' '(False, None, [])'
for principal in usr=alice 'user=a b' domain=example.org user=by1 user=by2 user=by3 user=long \
  "user=$(printf '%01000d' 0)"; do
  expect 0 "$ctl" -t table unblock "$principal"
  says '^unblocked '
done
expect 0 "$ctl" -t table blocks
says '^nobody is blocked$'
lines_are 1
expect 0 "$ctl" -t table blocks --json
json_is 'it' "{'blocks': []}"
expect 0 "$ctl" -t table verify

# A block that is over.
expect 0 "$ctl" -t table block user=brief --for 1ns
expect 0 "$ctl" -t table block user=brief --for 1ms
# (in force or just over: either is said)
says 'user=brief'

# ------------------------------------------------------------------ switch
expect 0 "$ctl" -t table switch
says '^normal$'
expect 0 "$ctl" -t table block user=mallory
expect 0 "$ctl" -t table switch deny-all --by noc
says '^deny-all$'
expect 2 "$ctl" -t table take submission user=bob
expect 0 "$ctl" -t table stats
says '; switch deny-all$'
expect 0 "$ctl" -t table switch allow-all --json
json_is 'it' "{'switched': 'allow-all'}"
expect 0 "$ctl" -t table take submission user=bob messages=1000
expect 2 "$ctl" -t table take submission user=mallory
expect 0 "$ctl" -t table switch --json
json_is 'it["switched"]' allow-all
expect 0 "$ctl" -t table switch normal
expect 1 "$ctl" -t table take submission user=bob messages=1000

# ------------------------------------------------------------------ stats
expect 0 "$ctl" -t table stats
says '^  blocked  *[1-9]'
sed -n 's/^\(  [a-z_]*  *[0-9]*   \)[A-Z].*/\1/p' "$out" >columns
expect 1 grep -v '^.\{42\}$' columns
expect 0 grep -q '^  auto_blocks_failed ' columns
expect 0 "$ctl" -t table stats --json
json_is 'it["blocked"] > 0 and it["switched"]' normal
expect 0 "$ctl" -t table stats --prometheus
says '^weir_blocked_total [1-9]'
says '^weir_switched{position="normal"} 1$'
says '^weir_switched{position="deny-all"} 0$'

# ------------------------------------------------------------------ mistakes
refuses()
{
  expect "$@"
  complains_helpfully
  says_nothing
}

for duration in 1 0s -1s 1.5h 1w '' h 9223372036854775808ns; do
  refuses 64 "$ctl" -t table block user=x --for "$duration"
  complains "^weirctl: --for '$duration' is no duration, expected a whole number and one of ns us"
done
refuses 64 "$ctl" -t table block user=x --for
refuses 64 "$ctl" -t table block --reason x
refuses 64 "$ctl" -t table block
refuses 64 "$ctl" -t table unblock
refuses 64 "$ctl" -t table unblock user=x --for 1h
refuses 64 "$ctl" -t table blocks user=x
refuses 65 "$ctl" -t table block 'user="a\x0"'
complains 'expected two of 0-9 a-f behind it$'
refuses 65 "$ctl" -t table block user=
complains "'user' is empty, expected whom"
refuses 64 "$ctl" -t table switch off
complains "expected normal, deny-all or allow-all$"
refuses 64 "$ctl" -t table switch normal normal
for command in block unblock; do
  for word in user '=x' 'us/er=x' 'overall=x' 'messages=1' 'recipients=x' 'for=1h' 'reason=x' \
    'policy=submission' 'user="open' "$(printf '%064d' 0)=x"; do
    refuses 65 "$ctl" -t table "$command" "$word"
    complains '^weirctl: principal: '
  done
  refuses 65 "$ctl" -t table "$command" user=a user=b
  refuses 65 "$ctl" -t table "$command" a=1 b=1 c=1 d=1 e=1
  complains '5 attributes, expected 1 to 4'
  refuses 69 "$ctl" -t absent "$command" user=a
done
refuses 69 "$ctl" -t absent blocks
refuses 69 "$ctl" -t absent switch
refuses 69 "$ctl" -t absent switch normal
if [ -e /dev/full ]; then
  expect 70 sh -c "\"$ctl\" -t table block user=full >/dev/full"
  expect 2 "$ctl" -t table take submission user=full
fi

# Blocks by more sorts of attributes than a table looks for.
sort=0
while [ "$sort" -lt 14 ]; do
  "$ctl" -t table block "sort$sort=x" >"$out" 2>"$err"
  status=$?
  [ "$status" -eq 0 ] || break
  sort=$((sort + 1))
done
last='blocks by many sorts of attributes'
if [ "$status" -eq 69 ]; then pass; else fail "exit status $status, expected 69"; fi
complains 'no room for this block, expected at most 12 sorts'
expect 0 "$ctl" -t table block user=still

# Without a policy.
expect 0 "$ctl" -t unruled create --keys 10
expect 0 "$ctl" -t unruled block user=alice
says '^blocked user=alice until lifted (no limit in force counts by that)$'
expect 0 "$ctl" -t unruled apply policy
expect 2 "$ctl" -t unruled take submission user=alice
expect 0 "$ctl" -t unruled unblock user=alice
expect 0 "$ctl" -t unruled take submission user=alice

report
