#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What an operator is shown: why, top.
#   WEIRCTL=build/weirctl sh tests/tool/see.sh
# The last line is "N passed, M failed".

terminal=$(cd "$(dirname "$0")" && pwd)/top_terminal.py
. "$(dirname "$0")/../support/tool.sh"

TZ=UTC-1
export TZ
unset SUDO_USER
time='[0-9]\{4\}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]+01:00'

# No unit comes back while a test runs.
cat >policy <<'END'
policy submission
  limit small  10 messages / 100d   per user  burst 20
  limit large  1000 bytes / 100d    per user  optional shadow
  limit window 50 messages / 100d   per user  sliding
  limit pair   5 messages / 1d      per user+ip optional
policy web
  limit hits   9 messages / 100d    per user
  limit all    900 messages / 1d    overall
END
expect 0 "$ctl" -t table create --keys 1k --policy policy

# -------------------------------------------------------------------- why
expect 0 "$ctl" -t table why user=alice
says '^user=alice$'
says '^  block     none known$'
says '^  sessions  valid$'
says '^  denied    none noted$'
says '^  submission  *small  *user  *0  *20  *now  10 messages / 100d burst 20$'
says '^  submission  *window  *user  *0  *50  *now  50 messages / 100d sliding$'
says '^  submission  *large  *user  *0  *1000  *now  1000 bytes / 100d shadow optional$'
says '^  web  *hits  *user  *0  *9  *now  '
says '^  submission  *pair  *ip+user  *-  *-  *-  5 messages / 1d optional$'
last='why: what counts by other attributes'
if grep -q ' all ' "$out"; then fail 'is shown'; else pass; fi
expect 0 "$ctl" -t table take submission user=alice messages=7 bytes=400
expect 0 "$ctl" -t table take submission user=alice ip=192.0.2.1
expect 0 "$ctl" -t table why user=alice
says '^  submission  *small  *user  *8  *12  *7[0-9]d[0-9h]*  '
expect 0 "$ctl" -t table why --json user=alice
is_json
json_is '[(l["limit"], l["used"], l["remaining"]) for l in it["limits"]]' \
  "[('small', 8, 12), ('large', 400, 600), ('window', 8, 42), ('hits', 0, 9)]"
json_is 'it["limits"][0]["full_in_ns"] // (10**9 * 3600) in (1919, 1920)' True
json_is 'it["limits"][1]["shadow"], it["limits"][1]["optional"], it["limits"][2]["sliding"]' \
  '(True, True, True)'
json_is '[(l["limit"], l["per"], "used" in l) for l in it["limits_by_more"]]' \
  "[('pair', 'ip+user', False)]"
json_is 'it["blocked"], it["since"], it["until"], it["denied"], it["denied_limit"]' \
  '(False, None, None, 0, None)'
expect 0 "$ctl" -t table why ip=192.0.2.1 user=alice
says '^ip=192.0.2.1 user=alice$'
says '^  submission  *pair  *ip+user  *1  *4 '
expect 0 "$ctl" -t table why domain=example.org
says '^  limits    none in force counts by that$'
expect 0 "$ctl" -t table why --json domain=example.org
json_is 'it["limits"], it["limits_by_more"]' '([], [])'

expect 0 "$ctl" -t table block user=alice --for 4h --reason phished --by noc
expect 0 "$ctl" -t table why user=alice
says "^  block     in force, since $time, until $time ([34]h[0-9m]*), by noc: phished$"
says '^  sessions  all refused$'
expect 0 "$ctl" -t table why user=alice --json
json_is 'it["blocked"], it["reason"], it["by"], it["sessions_all_refused"], it["level"]' \
  "(True, 'phished', 'noc', True, 0)"
json_is 'it["sessions_refused_until"] - it["until"] == 30 * 86400' True
expect 0 "$ctl" -t table block user=alice
expect 0 "$ctl" -t table why user=alice
says "^  block     in force, since $time, until lifted, by "
expect 0 "$ctl" -t table unblock user=alice
expect 0 "$ctl" -t table why user=alice
says "^  block     over, lifted $time$"
says "^  sessions  refused where issued before $time$"
says '^  submission  *small  *user  *0  *20  *now  '
expect 0 "$ctl" -t table why user=alice --json
json_is 'it["blocked"], it["lifted"], it["sessions_all_refused"]' '(False, True, False)'
json_is 'it["sessions_refused_before"] == it["until"]' True
json_is '[(e["event"], e["by"], e["reason"]) for e in it["events"]][:2]' \
  "[('blocked', 'noc', 'phished'), ('blocked', '$(id -un)', None)]"
json_is '[e["event"] for e in it["events"]]' "['blocked', 'blocked', 'unblocked']"
expect 0 "$ctl" -t table why user=alice
says '^  EVENTS$'
says "^  $time  blocked   until $time by noc: phished$"
says "^  $time  blocked   until lifted by "
says "^  $time  unblocked by "
expect 0 "$ctl" -t table switch deny-all
expect 0 "$ctl" -t table why user=bob
says '^  switch    deny-all, for everybody$'
says '^  sessions  all refused$'
expect 0 "$ctl" -t table why user=bob --json
json_is 'it["switched"], it["sessions_all_refused"]' "('deny-all', True)"
expect 0 "$ctl" -t table switch normal
expect 0 "$ctl" -t unruled create --keys 10
expect 0 "$ctl" -t unruled why user=alice
says '^  limits    none in force counts by that$'

i=0
while [ "$i" -lt 12 ]; do
  "$ctl" -t table block user=often --reason "$i" >/dev/null
  "$ctl" -t table unblock user=often >/dev/null
  i=$((i + 1))
done
expect 0 "$ctl" -t table why user=often --json
json_is 'len(it["events"]), it["events"][8]["reason"], it["events"][9]["event"]' \
  "(10, '11', 'unblocked')"

# Classes, exemptions, strikes, scores.
cat >guarded.policy <<'END'
policy submission
  limit small  10 messages / 100d              per user
  limit fan    20 distinct recipient / 100d    per user optional
  on small denied 4 in 100d  block user for 1h
  score bad    100 / 100d per user  block user for 1h
    signal changed 40
  exempt user=postmaster
class lists
  limit small  500
  limit fan    unlimited
member lists user=owner
END
expect 0 "$ctl" -t guarded create --keys 1k --policy guarded.policy
expect 0 "$ctl" -t guarded take submission user=alice recipient=a@x
expect 1 "$ctl" -t guarded take submission user=alice messages=10
expect 0 "$ctl" -t guarded why user=alice
says '^  submission  *small  *user  *1  *9  *9d23h  10 messages / 100d$'
says '^  submission  *fan  *user  *1  *19  *[0-9d]*[0-9h]*  20 distinct recipient / 100d optional$'
says '^  submission  *small  *user  *1  *2  *[0-9d]*[0-9h]*  4 denials / 100d sliding strikes$'
says '^  submission  *bad  *user  *0  *100  *now  100 points / 100d score$'
expect 0 "$ctl" -t guarded why user=owner
says '^  submission  *small  *user  *0  *500  *now  500 messages / 100d class lists$'
says '^  submission  *fan  *user  *-  *-  *-  20 distinct recipient / 100d lifted optional$'
expect 0 "$ctl" -t guarded why user=postmaster --json
json_is '[(l["limit"], l["kind"], l["lifted"]) for l in it["limits"]]' \
  "[('small', 'limit', True), ('fan', 'limit', True), ('bad', 'score', False), ('small', 'strikes', False)]"
expect 0 "$ctl" -t guarded why user=owner --json
json_is '[(l["class"], l["distinct"]) for l in it["limits"]][:2]' "[('lists', False), (None, True)]"

# -------------------------------------------------------------------- top
expect 0 "$ctl" -t fresh create --keys 1k --policy policy
for by in denied cost; do
  expect 0 "$ctl" -t fresh top --by "$by"
  says '^nobody '
  lines_are 1
  expect 0 "$ctl" -t fresh top --by "$by" --json
  json_is 'it' "{'by': '$by', 'principals': []}"
done
# Named since they were blocked; dave has used nothing, erin has no name.
hostile=$(printf 'x\033[31m\302\233\377\342\200\256\tY')
i=1
for user in bob carol "$hostile"; do
  expect 0 "$ctl" -t fresh take submission "user=$user" messages=$((i * 4)) bytes=0
  expect 0 "$ctl" -t fresh block "user=$user" --reason "$hostile"
  i=$((i + 1))
done
expect 0 "$ctl" -t fresh block user=dave
expect 0 "$ctl" -t fresh take submission user=erin messages=20
expect 0 "$ctl" -t fresh top --by cost
is_harmless
lines_are 4
says '^  *DENIED  AGO  *BY LIMIT  *USED  *UNITS  *OF LIMIT  *STATE  *PRINCIPAL$'
says '^  *0  -  *-  *40.0 %  8/20 messages  *submission small  *blocked  user=carol$'
expect 0 "$ctl" -t fresh top --by=cost --json
is_harmless
json_is '[(p["used"], p["burst"], p["used_per_mille"], p["limit"]) for p in it["principals"]]' \
  "[(12, 20, 600, 'small'), (8, 20, 400, 'small'), (4, 20, 200, 'small')]"
json_is '[p["principal"] for p in it["principals"]][1:]' "['user=carol', 'user=bob']"
json_is 'sorted(it["principals"][0])' "['blocked', 'burst', 'denied', 'denied_last', \
'denied_last_iso', 'denied_limit', 'denied_policy', 'limit', 'policy', 'principal', 'unit', \
'used', 'used_per_mille']"
expect 0 "$ctl" -t fresh top --by cost -n 1 --json
json_is 'len(it["principals"])' 1
expect 0 "$ctl" -t fresh unblock user=carol
expect 0 "$ctl" -t fresh top --by cost --json
json_is 'len(it["principals"])' 2
# Who is denied gets a name.
expect 1 "$ctl" -t fresh take submission user=erin
expect 0 "$ctl" -t fresh top --json
json_is '[(p["principal"], p["denied"], p["denied_limit"]) for p in it["principals"]]' \
  "[('user=erin', 1, 'small')]"
expect 0 "$ctl" -t fresh top
says '^  *1  [0-9]*m\{0,1\}s  *submission small  *100.0 %  20/20 messages  *submission small  *-  *user=erin$'
expect 0 "$ctl" -t fresh why user=erin
says "^  denied    1 noted, last $time, by submission small$"
expect 0 "$ctl" -t fresh why user=erin --json
json_is 'it["denied"], it["denied_policy"], it["denied_limit"]' "(1, 'submission', 'small')"
expect 0 "$ctl" -t fresh unblock user=erin
says '^user=erin was not blocked; cleared: small 20 used, window 20 used, 1 denials$'
expect 0 "$ctl" -t fresh top --json
json_is 'it["principals"]' '[]'
expect 0 "$ctl" -t fresh verify

if command -v python3 >/dev/null 2>&1; then
  expect 0 "$ctl" -t shown create --keys 1k --policy policy
  for user in a b "$hostile"; do
    expect 0 "$ctl" -t shown take submission "user=$user"
    expect 0 "$ctl" -t shown block "user=$user"
  done
  last='top in a terminal'
  python3 "$terminal" "$ctl" shown 3 >"$out" 2>"$err"
  if [ "$(tail -n 1 "$out" | sed 's/.*, //')" = '0 failed' ]; then pass; else fail 'see above'; fi
  grep -v ' passed, 0 failed$' "$out"
  cat "$err"
else
  left_out 'top in a terminal: no python3'
fi

# ------------------------------------------------------------------ mistakes
refuses()
{
  expect "$@"
  complains_helpfully
  says_nothing
}

for word in user '=x' 'us/er=x' 'overall=x' 'messages=1' 'for=1h' 'policy=submission' 'user="open'; do
  refuses 65 "$ctl" -t table why "$word"
done
refuses 65 "$ctl" -t table why a=1 b=1 c=1 d=1 e=1
refuses 64 "$ctl" -t table why
refuses 64 "$ctl" -t table top user=x
refuses 64 "$ctl" -t table top --by name
complains "^weirctl: --by 'name', expected denied or cost$"
for rows in 0 -1 x '' 1.5 65537 99999999999999999999; do
  refuses 64 "$ctl" -t table top -n "$rows"
  complains 'expected a whole number from 1 to 65536$'
done
refuses 64 "$ctl" -t table top -n
refuses 69 "$ctl" -t absent why user=x
refuses 69 "$ctl" -t absent top

report
