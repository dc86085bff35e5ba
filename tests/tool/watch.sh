#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# weirctl watch, and examples/watch.
#   WEIRCTL=build/weirctl PUT_EVENT=build/tests/tool/put_event sh tests/tool/watch.sh
# From the top of the tree; works in a temporary folder.  The last line is "N passed, M failed".
# Nothing waits for a time: a watch ends by itself, or is ended once it has said a line.

LC_ALL=C
export LC_ALL
unset WEIR_TABLE
ctl=${WEIRCTL:-build/weirctl}
put=${PUT_EVENT:-build/tests/tool/put_event}
example=$(pwd)/examples/watch/hold-queue.sh
for program in "$ctl" "$put"; do
  [ -x "$program" ] || { echo "watch.sh: $program is no program"; echo "0 passed, 1 failed"; exit 1; }
done
top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM
cp "$ctl" "$top/weirctl" && cp "$put" "$top/put" && cd "$top" || exit 1
ctl=$top/weirctl
put=$top/put
export ctl put
passed=0
failed=0
out=$top/out
err=$top/err
tab=$(printf '\t')

pass()
{
  passed=$((passed + 1))
}

fail()
{
  failed=$((failed + 1))
  echo "FAILED: $1"
  echo "  of: $last"
  sed 's/^/  stdout: /' "$out" | head -n 5
  sed 's/^/  stderr: /' "$err" | head -n 5
}

if command -v timeout >/dev/null 2>&1; then
  within='timeout -s KILL 60'
else
  within=
  echo 'left out: time limits: no timeout(1)'
fi

# expect STATUS COMMAND...: as in run.sh, but that a command's mistakes may be told at status 0.
expect()
{
  wanted=$1
  shift
  last="$*"
  $within "$@" >"$out" 2>"$err" </dev/null
  status=$?
  ended "$wanted"
}

ended()
{
  if [ "$status" -ne "$1" ]; then
    fail "exit status $status, expected $1"
  elif grep -qv '^weirctl: ' "$err"; then
    fail 'a line on standard error without weirctl:'
  elif [ "$1" -gt 2 ] && ! grep -q expected "$err"; then
    fail 'no word of what was expected'
  else
    pass
  fi
}

says()
{
  if grep -q -- "$1" "$out"; then pass; else fail "standard output lacks: $1"; fi
}

complains()
{
  if grep -q -- "$1" "$err"; then pass; else fail "standard error lacks: $1"; fi
}

quiet()
{
  if [ -s "$err" ]; then fail 'something on standard error'; else pass; fi
}

lines_are()
{
  if [ "$(wc -l <"$out")" -eq "$1" ]; then pass; else fail "not $1 lines of output"; fi
}

# What a command wrote into a file is this.
wrote()
{
  if [ "$(cat "$1")" = "$2" ]; then pass; else fail "$1: $(cat "$1"), expected $2"; fi
}

fresh()
{
  rm -f table
  "$ctl" -t table create --keys 10 --policy p.conf >"$out" || exit 1
}

printf 'policy p\n limit m 3 messages / 1h per user\n' >p.conf

# ----------------------------------------------------------------------------- usage
fresh
for bad in '--since newest' '--since' '-n 0' '-n -1' '-n x' '-n 99999999999999999999' '-n' '--for x' \
  '--for 1' '--for -1s' '--exec-within 0' '--exec-within x' 'surplus' '--json=1'; do
  # shellcheck disable=SC2086
  expect 64 "$ctl" -t table watch $bad
done
expect 64 "$ctl" -t table watch --exec ''
expect 69 "$ctl" -t missing watch
complains 'missing'
: >empty
expect 69 "$ctl" -t empty watch --for 0

# ----------------------------------------------------------------------------- lines
expect 0 "$ctl" -t table watch --since oldest --for 0
lines_are 0
expect 0 "$ctl" -t table apply p.conf
expect 0 "$ctl" -t table watch --for 0
lines_are 0
expect 0 "$ctl" -t table watch --since oldest --for 0
lines_are 1
says "^20[0-9-]*T[0-9:]*\.[0-9]*Z${tab}applied${tab}-${tab}-${tab}-${tab}-${tab}-${tab}p.conf$"
fresh
wall=1700000000007000001
$put table wall=$wall principal='user=alice ip=10.0.0.1' limit=user-minute reason='too much' by=olga
$put table wall=$wall kind=4 level=3 until=1700003600000000000 principal=user=bob
$put table wall=$wall until=0xffffffffffffffff principal=user=eve
expect 0 "$ctl" -t table watch --since oldest --for 0
lines_are 3
at="2023-11-14T22:13:20.007Z"
says "^$at${tab}blocked${tab}user=alice ip=10.0.0.1${tab}user-minute${tab}-${tab}-${tab}olga${tab}too much$"
says "^$at${tab}escalated${tab}user=bob${tab}-${tab}3${tab}2023-11-14T23:13:20.000Z${tab}-${tab}-$"
says "^$at${tab}blocked${tab}user=eve${tab}-${tab}-${tab}lifted${tab}-${tab}-$"
expect 0 "$ctl" -t table watch --since oldest -n 2
lines_are 2
expect 0 "$ctl" -t table watch --since oldest -n 3
lines_are 3
if [ -e /dev/full ]; then
  expect 70 sh -c "\"$ctl\" -t table watch --since oldest >/dev/full"
fi

# ----------------------------------------------------------------------------- JSON
if command -v python3 >/dev/null 2>&1; then
  $put table principal="$(printf 'user="a\\b" x=\033[2J\377\303\274')"
  expect 0 "$ctl" -t table watch --since oldest --for 0 --json
  lines_are 4
  last='events as JSON'
  if python3 -c '
import json, sys
events = [json.loads(line) for line in open(sys.argv[1], "rb")]
assert [e["event"] for e in events] == ["blocked", "escalated", "blocked", "blocked"]
assert [e["number"] for e in events] == [1, 2, 3, 4]
assert events[0]["wall_ns"] == 1700000000007000001
assert events[0]["principal"] == "user=alice ip=10.0.0.1" and events[0]["by"] == "olga"
assert events[0]["until"] is None and events[1]["level"] == 3
assert events[2]["until"] == "lifted" and events[2]["limit"] is None
assert events[3]["principal"] == "user=\"a\\b\" x=?[2J?\u00fc", events[3]
' "$out" 2>>"$err"; then pass; else fail 'not as they were put'; fi
else
  echo 'left out: JSON: no python3'
fi

# -------------------------------------------------------------------------- commands
# Names that would run something, were they ever part of a command's text.
fresh
evil='$(touch hacked)`touch hacked`;touch hacked;"'"'"
quoted="\"$(printf '%s' "$evil" | sed 's/["\\]/\\&/g')\""
$put table wall=$wall kind=1 principal="user=$quoted ip=10.0.0.1 some-name=x A_9=y table=z limit=l" \
  limit=user-minute reason="$evil" by="$evil" amount=7
# shellcheck disable=SC2016
expect 0 env WEIR_USER=stale WEIR_OTHER=stale "$ctl" -t table watch --since oldest -n 1 --exec '
  printf "%s\n" "$WEIR_USER" >user; printf "%s\n" "$WEIR_REASON" >reason
  printf "%s\n" "$WEIR_EVENT,$WEIR_IP,$WEIR_A_9,$WEIR_LIMIT,$WEIR_TABLE,$WEIR_NUMBER,$WEIR_AMOUNT" >all
  printf "%s\n" "$WEIR_TIME,$WEIR_UNTIL,${WEIR_OTHER-unset},$WEIR_LEVEL,$WEIR_LOST" >>all
  env | grep -c name >names; cat >stdin'
quiet
# What changes the direction of writing, and a byte that could not be shown.
fresh
$put table wall=$wall kind=1 principal="user=$(printf 'abc\342\200\256gnp') ip=10.0.0.1" reason=x
expect 0 "$ctl" -t table watch --since oldest --for 0
says "${tab}user=abc?gnp ip=10.0.0.1${tab}"
fresh
$put table wall=$wall kind=1 principal='user="a\nb" ip="a\xe9"' reason=x
# shellcheck disable=SC2016
expect 0 "$ctl" -t table watch --since oldest -n 1 --exec 'echo "${WEIR_USER-unset} $WEIR_IP" >who'
wrote who "$(printf 'unset a\351')"

# shellcheck disable=SC2016
expect 0 env WEIR_TABLE=table "$ctl" watch --since oldest -n 1 --exec 'echo "$WEIR_TABLE" >where'
quiet
last='a table that the environment names is of the command too'
if [ "$(cat where)" = table ]; then pass; else fail "WEIR_TABLE is '$(cat where)'"; fi
printf '%s\n' "$evil" >expected
last='a command gets names as they are'
if cmp -s user expected; then pass; else fail 'WEIR_USER is not the name'; fi
last='a reason is cut to fit and otherwise as it is'
if [ "$(cat reason)" = "$(printf '%.31s' "$evil")" ]; then pass; else fail 'WEIR_REASON'; fi
wrote all "denied,10.0.0.1,y,user-minute,table,1,7
$at,,unset,0,0"
wrote stdin ''
wrote names 1 # that of WEIR_PRINCIPAL's line
last='nothing of a name was run'
if [ -e hacked ]; then fail 'something was'; else pass; fi
# Quoted values are told as they were given; one with a NUL, and one cut off, are not.
long=$(printf '%0300d' 7 | tr 0 x)
fresh
$put table principal='user="a b\"c" ip=1'
$put table principal='user="alice\0evil" ip=1'
$put table principal='user="not closed'
$put table principal="ip=1 user=$(printf '%.194s' "$long")…" # 207 bytes: cut off
$put table principal="ip=1 user=$long"
$put table principal="ip=1 user=$(printf '%.193s' "$long")"
# shellcheck disable=SC2016
expect 0 "$ctl" -t table watch --since oldest -n 6 --exec \
  'printf "%s|%s\n" "${WEIR_USER-unset}" "${WEIR_IP-unset}" >>values'
quiet
wrote values 'a b"c|1
unset|1
unset|unset
unset|1
unset|1
'"$(printf '%.193s' "$long")|1"

# What fails, hangs, cannot be run.
expect 0 "$ctl" -t table watch --since oldest -n 1 --exec 'exit 3'
complains '^weirctl: event 1: the command ended with status 3, expected 0$'
# shellcheck disable=SC2016
expect 0 "$ctl" -t table watch --since oldest -n 1 --exec 'kill -9 $$'
complains '^weirctl: event 1: the command was ended by signal 9, '
expect 0 "$ctl" -t table watch --since oldest -n 1 --exec './no-such-command 2>/dev/null'
complains '^weirctl: event 1: the command ended with status 127, '
# shellcheck disable=SC2016
expect 0 "$ctl" -t table watch --since oldest -n 2 --exec-within 50ms \
  --exec 'echo $$ >>hung; sleep 600 & sleep 600; echo late >>hung'
complains '^weirctl: event 1: the command ran longer than 50ms and was killed, '
complains '^weirctl: event 2: the command ran longer than 50ms and was killed, '
last='a command that hangs is killed'
for id in $(cat hung); do
  if [ "$id" = late ] || kill -0 "$id" 2>/dev/null; then fail "it goes on: $id"; else pass; fi
done
expect 0 "$ctl" -t table watch --since oldest -n 1 --exec-within 20ms --exec 'trap "" TERM; while :; do sleep 600; done'
complains 'and was killed'

# ------------------------------------------------------------------------------ lost
# While the first one's command runs, more come than the ring holds.
fresh
$put table
# shellcheck disable=SC2016
expect 0 "$ctl" -t table watch --since oldest -n 3 --exec \
  'echo "$WEIR_EVENT $WEIR_NUMBER $WEIR_LOST" >>seen; [ "$WEIR_NUMBER" != 1 ] || "$put" table count=1100'
quiet
says "Z${tab}lost${tab}-${tab}-${tab}-${tab}-${tab}-${tab}76 events$"
lines_are 4
wrote seen 'blocked 1 0
lost 0 76
blocked 78 0
blocked 79 0'
# shellcheck disable=SC2016
fresh
$put table
# shellcheck disable=SC2016
expect 0 "$ctl" -t table watch --since oldest -n 2 --json --exec \
  '[ "$WEIR_NUMBER" != 1 ] || "$put" table count=1025'
says '^{"event":"lost","time":"[^"]*","wall_ns":[0-9]*,"count":1}$'

# ------------------------------------------------------------ as they come, and the end
mkfifo lines || exit 1

# begin ARGUMENTS...: a watch in the background, whose first line has been read when it returns.
begin()
{
  last="watch $*"
  $within "$ctl" -t table watch "$@" >lines 2>"$err" &
  watch=$!
  exec 3<lines
  read -r line <&3
  echo "$line" >"$out"
}

# Its status; the rest of its lines are in $out.
finish()
{
  cat <&3 >>"$out"
  exec 3<&-
  wait "$watch"
  status=$?
}

fresh
$put table principal=user=first
begin --since oldest -n 2
says 'user=first'
$put table principal=user=second
finish
ended 0
says 'user=second'
lines_are 2
quiet
within_before=$within
within= # timeout(1) would hand the signal on, and end by it
for signal in TERM HUP; do
  begin --since oldest
  kill -$signal "$watch"
  finish
  ended 0
  quiet
done
if env --default-signal=INT true 2>/dev/null; then
  within='env --default-signal=INT'
  begin --since oldest
  kill -INT "$watch"
  finish
  ended 0
  quiet
  within=
fi
# A signal while a command runs ends that too.
rm -f hung
# shellcheck disable=SC2016
begin --since oldest --exec 'echo $$ >hung; echo running; exec sleep 600'
read -r line <&3
[ "$line" = running ] && kill -TERM "$watch"
finish
ended 0
quiet
if kill -0 "$(cat hung)" 2>/dev/null; then fail 'the command goes on'; else pass; fi
within=$within_before

# Another table of the name, and none.
begin --since oldest
"$ctl" -t another create --keys 10 --policy p.conf >/dev/null
$put table principal=user=last
mv another table
finish
ended 69
complains 'table: another table has taken its name, expected the table that is watched'
says 'user=last'
$put table
begin --since oldest
rm table
finish
ended 69
complains "table: the table's file is gone"

# -------------------------------------------------------------- examples/watch/hold-queue.sh
if command -v python3 >/dev/null 2>&1; then
  mkdir bin
  cat >bin/postqueue <<'END'
#!/bin/sh
[ "$*" = -j ] && cat "$QUEUE"
END
  printf '#!/bin/sh\necho "$*" >>"$HELD"\ncat >>"$HELD"\n' >bin/postsuper
  chmod 755 bin/postqueue bin/postsuper
  cat >queue <<'END'
{"queue_name": "active", "queue_id": "3Bx1", "sender": "alice@example.org", "recipients": []}
{"queue_name": "active", "queue_id": "4Bx2", "sender": "bob@example.org", "recipients": []}
{"queue_name": "hold", "queue_id": "5Bx3", "sender": "\"sender\": \"alice@example.org\"@x"}
not JSON
{"queue_name": "active", "queue_id": "-d ALL", "sender": "alice@example.org"}
{"queue_name": "active", "queue_id": "ALL\n6Bx4", "sender": "alice@example.org"}
{"queue_name": "active", "queue_id": 7, "sender": "alice@example.org"}
{"queue_name": "active", "sender": "alice@example.org"}
{"queue_name": "active", "queue_id": "8Bx5", "sender": "alice"}
{"queue_name": "active", "queue_id": "9Bx6", "sender": "$(touch hacked)"}
{"queue_name": "active", "queue_id": "ABx7", "sender": "a.*@example.org"}
END
  # held EVENT USER DOMAIN: what is put on hold.
  held()
  {
    : >held
    QUEUE=$top/queue HELD=$top/held HOLD_DOMAIN=$3 PATH=$top/bin:$PATH
    export QUEUE HELD HOLD_DOMAIN PATH
    fresh
    $put table kind="$1" principal="user=$2 ip=10.0.0.1"
    expect 0 "$ctl" -t table watch --since oldest -n 1 --exec "$example"
    quiet
  }
  held 2 alice example.org
  wrote held '-h -
3Bx1
8Bx5'
  held 4 alice ''
  wrote held '-h -
8Bx5'
  held 2 alice@example.org elsewhere.example
  wrote held '-h -
3Bx1'
  held 3 alice example.org
  wrote held ''
  held 2 nobody example.org
  wrote held ''
  held 2 '$(touch${IFS}hacked)' ''
  wrote held ''
  held 2 '"$(touch hacked)"' ''
  wrote held '-h -
9Bx6'
  held 2 'a.*' example.org
  wrote held '-h -
ABx7'
  last='nothing of a name was run'
  if [ -e hacked ]; then fail 'something was'; else pass; fi
else
  echo 'left out: hold-queue.sh: no python3'
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
