#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# weirctl from the outside: each subcommand, each exit status, bad input of every kind.
#   WEIRCTL=build/weirctl sh tests/tool/run.sh
# Works in a temporary folder; the last line is "N passed, M failed".  What needs root,
# python3 or timeout(1) and does not find it is left out and says so.

. "$(dirname "$0")/../support/tool.sh"

cat >good.policy <<'EOF'
policy submission
  limit user-minute  3 messages / 1m      per user  burst 6
  limit user-day     5 recipients / 1d    per user  sliding optional
  limit pair         2 messages / 1h      per user+ip shadow optional
  limit relay        2000 messages / 1m   overall   burst 4000
EOF
printf 'policy submission\n  limit user-minute 0 messages / 1m\n  frob\n' >bad.policy

# ------------------------------------------------------------------ usage
expect 0 "$ctl" --help
says '^  create '
says '^  sim '
expect 0 "$ctl" --version
says '^weirctl [0-9]*\.[0-9]*\.[0-9]*$'
expect 64 "$ctl"
complains 'expected one of create, apply'
expect 64 "$ctl" frobnicate
complains "unknown subcommand 'frobnicate', expected one of create, apply"
expect 64 "$ctl" --frob
complains "unknown option '--frob', expected -t TABLE"
expect 64 "$ctl" -t
expect 64 "$ctl" -t ''
expect 64 "$ctl" -t "$top/table"
for name in create apply check take peek refund block unblock blocks switch why top signal \
  member stats watch \
  verify sim plan; do
  expect 0 "$ctl" "$name" --help
  says "weirctl.* $name"
  expect 64 "$ctl" "$name" --frobnicate
  complains_helpfully
done
for name in grow; do
  expect 64 "$ctl" "$name" user=x
  complains "^weirctl: '$name' comes with a later version, expected today: "
  expect 0 "$ctl" "$name" --help
  says "^$name comes with a later version; today: "
  lines_are 1
done
expect 0 "$ctl" help
says '^weirctl \[-t TABLE\] SUBCOMMAND'
expect 0 "$ctl" help take
says '^weirctl \[-t TABLE\] take '
expect 64 "$ctl" help frobnicate
for name in '' create apply check take peek refund block unblock blocks switch why top signal \
  member stats watch verify \
  sim plan grow; do
  # shellcheck disable=SC2086
  expect 0 "$ctl" $name --help
  last="$last: columns"
  if awk 'length > 80 { exit 1 }' "$out"; then pass; else fail 'wider than 80 columns'; fi
done
for name in apply check take peek refund block unblock why signal member; do
  expect 64 "$ctl" "$name"
  complains "is missing, expected weirctl $name"
done
expect 64 "$ctl" check one two
complains "unexpected 'two', expected weirctl check"
expect 64 "$ctl" stats surplus
expect 64 "$ctl" stats --json --prometheus
expect 64 "$ctl" stats --json=1
expect 64 "$ctl" take user=x
complains "where the policy's name should stand"

# ------------------------------------------------------------------ check
expect 0 "$ctl" check good.policy
lines_are 5
says '^submission  user-minute  3 messages / 1m .* user .* 6 .*bucket exact .* 20s '
says 'user-day .* 5 recipients / 1d .* sliding 8 parts, at most 1/9 early .* 3h .*optional'
says 'pair .* ip+user .* shadow'
expect 0 "$ctl" check --json good.policy
is_json
expect 0 "$ctl" check good.policy --json
expect 0 sh -c "\"$ctl\" check - <good.policy"
lines_are 5
printf 'policy p\n limit a 1 x / 1s when-full deny optional shadow\n limit b 1 x / 1s shadow\n' \
  >flags.policy
expect 0 "$ctl" check flags.policy
says 'shadow optional when-full=deny$'
says ' shadow$'
last='check flags.policy: blanks at the end of a line'
if grep -q ' $' "$out"; then fail 'there are some'; else pass; fi
{
  printf 'policy p\n limit a 1 x / 1s\n limit a 1 x / 1s\n limit a 1 x / 1s\n'
} >twice.policy
expect 65 "$ctl" check twice.policy
complains "^weirctl: twice.policy:4:8: limit 'a' is already on line 3, "
last='check twice.policy: one complaint a line'
if [ "$(wc -l <"$err")" -eq 2 ]; then pass; else fail 'not two complaints'; fi

# Words of state: 37 sliding limits and a bucket are all that a table holds.
state_policy()
{
  echo 'policy p'
  i=0
  while [ "$i" -lt "$1" ]; do
    echo " limit s$i 1 messages / 1m per k$((i / 10)) sliding optional"
    i=$((i + 1))
  done
  i=0
  while [ "$i" -lt "$2" ]; do
    echo " limit b$i 1 messages / 1m per b optional"
    i=$((i + 1))
  done
}
state_policy 37 1 >full.policy
expect 0 "$ctl" check full.policy
expect 0 "$ctl" -t brim create --keys 10 --policy full.policy
expect 0 "$ctl" -t brim take p k0=a k1=a k2=a k3=a b=a
expect 0 "$ctl" -t brim apply full.policy
expect 0 "$ctl" -t brim verify
state_policy 36 5 >over.policy
expect 65 "$ctl" check over.policy
complains '^weirctl: over.policy:42:8: too many words of state in all policies together .*112$'
state_policy 38 0 >over.policy
for command in 'check over.policy' '-t brim apply over.policy' \
  '-t brimmed create --keys 10 --policy over.policy'; do
  # shellcheck disable=SC2086
  expect 65 "$ctl" $command
  complains '^weirctl: over.policy:39:8: too many words of state in all policies together .*112$'
  last="$last: one complaint"
  if [ "$(wc -l <"$err")" -eq 1 ]; then pass; else fail 'several'; fi
done

cat >guard.policy <<'EOF'
policy submission
  limit minute  3 messages / 1m          per user  burst 6
  limit fanout  9 distinct recipient/1h  per user  canonical
  on minute denied 5 in 10m block user for 1h doubling to 24h
  on fanout denied block ip+user for 4h
  exempt user="a \"b\" # \0"
  score bad 100 / 1h per user block user for 90s
    signal changed 50
  reachable recipient=help@x 5 messages / 1h per user
class lists
  limit minute 30
  limit fanout unlimited
member lists user=owner
EOF
expect 0 "$ctl" check guard.policy
lines_are 15
says '^submission  fanout  *9 distinct recipient / 1h  *user  *-  *distinct, by last use  *-  *canonical$'
says '^submission  bad  *100 points / 1h  *user  *100  *bucket exact  *36s  *score$'
says '^submission  reachable  *5 messages / 1h  *user  *5  *bucket exact  *12m  *apart$'
says '^submission  minute  *30 messages / 1m  *user  *30  *bucket exact  *2s  *class=lists$'
says '^submission  fanout  *unlimited  *user  *-  *-  *-  *class=lists canonical$'
says '^submission  on minute denied 5 in 10m block user for 1h doubling to 1d$'
says '^submission  on fanout denied block ip+user for 4h$'
says '^submission  score bad block user for 90s$'
says '^submission  signal changed of score bad: 50 points$'
says '^submission  exempt user="a \\"b\\" # \\x00"$'
says '^submission  reachable recipient=help@x 5 messages / 1h per user$'
says '^submission  member lists user=owner$'
expect 0 "$ctl" check --json guard.policy
is_json
says '"kind":"distinct","canonical":true'
says '"limit":"minute","denials":5,"within_ns":600000000000,"block":\["user"\],"for_ns":3600000000000,"longest_ns":86400000000000'
says '"attribute":"user","value":"a \\"b\\" # \\u0000"'
says '"class":"lists","limit":"fanout","unlimited":true'

expect 65 "$ctl" check bad.policy
says_nothing
complains "^weirctl: bad.policy:2:21: '0' would let nothing through, expected 1 to "
complains "^weirctl: bad.policy:3:3: unknown statement 'frob', expected policy, limit, on, "
expect 65 sh -c "\"$ctl\" check --json - <bad.policy"
complains '^weirctl: <stdin>:2:21: '
expect 65 "$ctl" check missing.policy
complains 'missing.policy: cannot read: .*expected a policy file'
expect 65 "$ctl" check "$top"
expect 65 "$ctl" check /dev/null
complains 'no policy, expected at least one'
head -c 100000 /dev/urandom >random.policy
expect 65 "$ctl" check random.policy
dd if=/dev/zero of=large.policy bs=1048576 count=17 2>/dev/null
expect 65 "$ctl" check large.policy
complains 'larger than 16 MiB'
if [ -e /dev/full ]; then
  expect 70 sh -c "\"$ctl\" check good.policy >/dev/full"
fi

# ----------------------------------------------------------------- create
expect 64 "$ctl" -t table create
complains '--keys is missing'
for keys in 0 -1 x 1.5 '' 99999999999999999999 9000000000000000000 1T; do
  expect 64 "$ctl" -t table create --keys "$keys"
  complains_helpfully
done
for mode in 0666 0777 0400 0620 0640 8 x '' 04660 0; do
  expect 64 "$ctl" -t table create --keys 10 --mode "$mode"
  complains_helpfully
done
expect 64 "$ctl" -t table create --keys 10 --group no-such-group-here
complains_helpfully
expect 64 "$ctl" -t table create --keys
expect 64 "$ctl" -t table create --keys 10 surplus
expect 65 "$ctl" -t table create --keys 10 --policy bad.policy
complains '^weirctl: bad.policy:2:21: '
complains '^weirctl: bad.policy:3:3: '
expect 65 "$ctl" -t table create --keys 10 --policy missing.policy
expect 69 "$ctl" -t no/such/folder/table create --keys 10
complains 'expected an existing folder$'
last='a create that failed'
if [ -e table ]; then fail 'left a file behind'; else pass; fi
expect 0 "$ctl" -t table create --keys 1k --policy good.policy
says '^table: [0-9]* cells, [0-9]* bytes, for 1000 principals$'
lines_are 1
expect 69 "$ctl" -t table create --keys 10
complains 'table: exists'
expect 0 "$ctl" -t small create --keys=1 --mode=0600 --group "$(id -g)"
last='mode of small'
case $(ls -l small) in
-rw-------*) pass ;;
*) fail 'not 0600' ;;
esac
expect 0 sh -c "umask 077 && \"$ctl\" -t masked create --keys 1"
case $(ls -l masked) in
-rw-rw----*) pass ;;
*) fail 'not 0660 in spite of the umask' ;;
esac
ln -s nowhere dangling
expect 69 "$ctl" -t dangling create --keys 10
mkdir folder
expect 69 "$ctl" -t folder create --keys 10

# ------------------------------------------------------ take, peek, refund
expect 0 "$ctl" -t table peek submission user=alice messages=0
says "^allow${tab}user-minute${tab}6${tab}0$"
expect 0 "$ctl" -t table peek submission user=alice
says "^allow${tab}user-minute${tab}6${tab}0$"
expect 0 "$ctl" -t table take submission user=alice messages=5
says "^allow${tab}user-minute${tab}1${tab}0$"
lines_are 1
expect 1 "$ctl" -t table take submission user=alice messages=5
says "^deny${tab}user-minute${tab}1${tab}[0-9][0-9]*$"
expect 0 "$ctl" -t table refund submission user=alice messages=4
says "^ok${tab}-${tab}-${tab}-$"
expect 0 "$ctl" -t table take submission user=alice messages=5
expect 1 "$ctl" -t table take submission user=bob messages=7
says "^deny${tab}user-minute${tab}6${tab}never$"
expect 0 "$ctl" -t table take submission user=bob messages=0
expect 1 "$ctl" -t table take submission user=carol messages=0 recipients=6
says "^deny${tab}user-day${tab}5${tab}never$"
expect 0 "$ctl" -t table take submission user=carol recipient=a@x,b@y
expect 0 "$ctl" -t table take submission user=carol recipients=3
says "^allow${tab}user-day${tab}0${tab}0$"
expect 1 "$ctl" -t table peek submission user=carol recipients=1
expect 0 "$ctl" -t table take --json submission user=dave
is_json
says '"verdict":"allow","limit":"user-minute","remaining":5,"retry_ns":0,'
expect 1 "$ctl" -t table take submission user=dave messages=9 --json
is_json
says '"verdict":"deny".*"retry_ns":null'
expect 0 "$ctl" -t table refund --json submission user=dave
is_json
expect 0 "$ctl" take -t table submission user=erin
expect 0 "$ctl" take --table=table submission user=erin
expect 0 env WEIR_TABLE="$top/table" "$ctl" take submission user=erin
expect 69 env WEIR_TABLE="$top/absent" "$ctl" take submission user=erin
expect 0 env WEIR_TABLE="$top/absent" "$ctl" -t table take submission user=erin
expect 0 "$ctl" -t table take submission 'user=with blank'
expect 0 sh -c "\"$ctl\" -t table take submission user=closed >&-"
if [ -e /dev/full ]; then
  expect 70 sh -c "\"$ctl\" -t table peek submission user=full >/dev/full"
fi

expect 65 "$ctl" -t table take nowhere user=alice
complains "no policy 'nowhere' in table, expected one of: submission"
expect 65 "$ctl" -t table take submission ip=192.0.2.1
complains "lacks what policy 'submission' counts by: user=VALUE (limits\\{0,1\\} user-minute"
complains "'optional'$"
last='an attribute that only an optional limit wants'
if grep -q 'recipients' "$err"; then fail 'is named'; else pass; fi
cat >strict.policy <<'END'
policy strict
  limit minute  3 messages / 1m    per user
  limit day     5 recipients / 1d  per user
  limit pair    5 bytes / 1d       per user+ip
  limit extra   5 octets / 1d      per host optional
policy loose
  limit minute  3 messages / 1m    per user optional
END
expect 0 "$ctl" -t strict create --keys 10 --policy strict.policy
expect 65 "$ctl" -t strict take strict
complains 'user=VALUE (limits minute, day, pair), recipients=NUMBER (limit day), '
complains 'ip=VALUE (limit pair), bytes=NUMBER (limit pair); '
last="$last: what is optional"
if grep -q 'octets\|host' "$err"; then fail 'is named'; else pass; fi
expect 65 "$ctl" -t strict take strict user=a ip=b recipients=1
complains 'counts by: bytes=NUMBER (limit pair); '
expect 65 "$ctl" -t strict take nowhere
complains 'expected one of: strict, loose$'
expect 0 "$ctl" -t strict take loose
says "^allow${tab}-${tab}-${tab}0$"
expect 0 "$ctl" -t strict peek loose --json
is_json
says '"limit":null,"remaining":null,"retry_ns":0,'
expect 65 "$ctl" -t table take submission
for request in user 'user=a user=b' '=x' 'us er=x' 'messages=x' 'messages=-1' \
  'messages=18446744073709551616' 'messages=1.5' 'user=a policy=b' 'user=a for=1h' \
  'user=a reason=x' 'us/er=x'; do
  # shellcheck disable=SC2086
  expect 65 "$ctl" -t table take submission $request
  says_nothing
done
expect 65 "$ctl" -t table take "$(printf '%064d' 0)" user=x
last='a damaged standard output'
expect 0 "$ctl" -t table verify

expect 0 "$ctl" -t unruled create --keys 10
expect 65 "$ctl" -t unruled take submission user=alice
complains 'no policy yet, expected one by weirctl apply'

# ------------------------------------------------------------------ apply
cp table before
expect 65 "$ctl" -t table apply bad.policy
complains '^weirctl: bad.policy:2:21: '
complains '^weirctl: bad.policy:3:3: '
same table before
expect 65 "$ctl" -t table apply missing.policy
expect 65 "$ctl" -t table apply random.policy
same table before
expect 69 "$ctl" -t absent apply good.policy
expect 65 "$ctl" -t absent apply bad.policy
expect 0 "$ctl" -t unruled apply good.policy
says '^unruled: 4 limits in force, policy version 1$'
expect 0 "$ctl" -t unruled take submission user=alice messages=4
sed 's/burst 6/burst 12/' good.policy >wider.policy
expect 0 "$ctl" -t unruled apply wider.policy
says 'policy version 2$'
expect 0 "$ctl" -t unruled peek submission user=alice messages=0
says "^allow${tab}user-minute${tab}8${tab}0$"
expect 0 sh -c "\"$ctl\" -t unruled apply - <good.policy"

# What was taken before a change is given back after it.
# refund_after OPTIONS N: of a limit of 10 with OPTIONS before, of N in a bucket after
refund_after()
{
  printf 'policy p\n limit a 10 messages / 1h per user %s\n' "$1" >before.policy
  printf 'policy p\n limit a %s messages / 1h per user\n' "$2" >after.policy
  rm -f changed
  expect 0 "$ctl" -t changed create --keys 1k --policy before.policy
  expect 0 "$ctl" -t changed take p user=a messages=4
  expect 0 "$ctl" -t changed apply after.policy
  expect 0 "$ctl" -t changed peek p user=a messages=0
  says "^allow${tab}a${tab}$(($2 - 4))${tab}0$"
  expect 0 "$ctl" -t changed refund p user=a messages=2
  expect 0 "$ctl" -t changed peek p user=a messages=0
  says "^allow${tab}a${tab}$(($2 - 2))${tab}0$"
}
refund_after '' 20
refund_after '' 7
refund_after sliding 10
refund_after sliding 20

# Two at once: one is told to try again, in one line.
if command -v python3 >/dev/null 2>&1; then
  cat >hold.py <<'END'
import fcntl, subprocess, sys
with open(sys.argv[1], "r+b") as table:
    fcntl.lockf(table, fcntl.LOCK_EX)
    sys.exit(subprocess.run(sys.argv[2:]).returncode)
END
  expect 69 python3 hold.py unruled "$ctl" -t unruled apply good.policy
  complains '^weirctl: unruled: another apply is under way, expected one at a time: try again$'
  last="$last: one line"
  if [ "$(wc -l <"$err")" -eq 1 ]; then pass; else fail 'several'; fi
else
  left_out 'two applies at once: no python3'
fi

# A table that was made for one cell a principal, and limits that take seven.
printf 'policy p\n limit a 1 messages / 1m per user\n' >slim.policy
{
  cat slim.policy
  printf ' limit b 1 messages / 1m per user sliding\n limit c 1 messages / 1h per user sliding\n'
} >fat.policy
expect 0 "$ctl" -t slim create --keys 10k --policy slim.policy
expect 0 "$ctl" -t slim apply slim.policy
last='apply of limits that do not fit'
if "$ctl" -t slim apply fat.policy >"$out" 2>"$err"; then pass; else fail 'exit status'; fi
says '^slim: 3 limits in force, policy version 3$'
complains '^weirctl: slim: made for 10000 principals, these limits take 7 cells each: room for about 15[0-9][0-9]; make a larger table$'
expect 0 "$ctl" -t slim stats --json
says '"cells_per_key":7,'
expect 0 "$ctl" -t unruled verify

# ------------------------------------------------------------------ stats
expect 0 "$ctl" -t table stats
says '^  allowed '
says 'submission .*user-minute .*messages .*user '
expect 0 "$ctl" -t table stats --json
is_json
says '"denied":[1-9]'
expect 0 "$ctl" -t table stats --prometheus
says '^# TYPE weir_allowed_total counter$'
says '^weir_allowed_total [1-9][0-9]*$'
says '^weir_limit_denied_total{policy="submission",limit="user-minute",unit="messages",per="user"} [1-9][0-9]*$'
# (its format: prometheus.sh)

# ----------------------------------------------------------------- verify
expect 0 "$ctl" -t table verify
says '^table: sound$'
expect 0 "$ctl" -t table verify --json
is_json
says '"sound":true'
cp table damaged
# A cell that no limit owns, in the middle of the cells.
size=$(wc -c <damaged)
printf 'damage-damage-da' | dd of=damaged bs=16 seek=$((size / 16 - 1)) conv=notrunc 2>/dev/null
expect 65 "$ctl" -t damaged verify
complains '^weirctl: damaged: [0-9]* finding'
if [ -s "$out" ]; then pass; else fail 'no finding'; fi
expect 65 "$ctl" -t damaged verify --json
is_json
says '"sound":false'
cp table everywhere
dd if=/dev/zero bs=4096 count=5 2>/dev/null | tr '\000' '\377' |
  dd of=everywhere bs=4096 seek=$(($(wc -c <table) / 4096 - 5)) conv=notrunc 2>/dev/null
expect 65 "$ctl" -t everywhere verify
lines_are 101
says '^[1-9][0-9]* more$'
expect 65 "$ctl" -t everywhere verify --json
says '"more":[1-9][0-9]*,"sound":false'

# -------------------------------------------------------- files that are no table
# Each is refused by every subcommand that opens one.
refused()
{
  path=$1
  shift
  for subcommand in 'take submission user=x' 'peek submission user=x' \
    'refund submission user=x' stats 'apply good.policy'; do
    # shellcheck disable=SC2086
    expect 69 "$ctl" -t "$path" $subcommand
    complains "$path"
    complains_helpfully
    says_nothing
  done
}

refused absent
expect 69 "$ctl" -t absent verify
refused folder
expect 69 "$ctl" -t folder verify
mkfifo fifo
refused fifo
expect 69 "$ctl" -t fifo verify
ln -s table link
refused link
expect 69 "$ctl" -t link verify
cp table everybody
chmod 0666 everybody
refused everybody
complains '0666'
cp "$ctl" program
chmod 0660 program
refused program
expect 69 "$ctl" -t program verify
complains '^weirctl: program: not a weir table, expected a table: is -t right?$'
last="$last: advice"
if grep -q 'remove' "$err"; then fail 'to remove what is no table'; else pass; fi
: >empty
chmod 0660 empty
refused empty
printf 'weir' >short
chmod 0660 short
refused short
dd if=/dev/zero of=zeros bs=4096 count=64 2>/dev/null
chmod 0660 zeros
refused zeros
refused /dev/null

for bytes in 1 127 128 4095 4096 8191 $((size - 4096)) $((size - 1)); do
  head -c "$bytes" table >truncated
  chmod 0660 truncated
  refused truncated
  expect 69 "$ctl" -t truncated verify
done
cp table grown
printf 'x' >>grown
refused grown
expect 69 "$ctl" -t grown verify
cp table grown
dd if=/dev/zero bs=4096 count=1 2>/dev/null >>grown
refused grown

# One bit of a byte of a copy of the table turned over, then put back.
flip()
{
  byte=$(od -An -tu1 -j "$2" -N 1 "$1")
  other=$(((byte & ~(1 << $3)) | (~byte & (1 << $3))))
  # shellcheck disable=SC2059
  printf "\\$(printf '%03o' "$other")" | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

cp table flipped
offset=0
while [ "$offset" -lt 128 ]; do
  flip flipped "$offset" $((offset % 8))
  expect 69 "$ctl" -t flipped stats
  expect 69 "$ctl" -t flipped verify
  flip flipped "$offset" $((offset % 8))
  offset=$((offset + 1))
done
same flipped table

# Anywhere else the answer may be anything but a crash or a pause.
survives()
{
  last="$*"
  $within "$@" >"$out" 2>"$err" </dev/null
  status=$?
  case $status in
  0 | 1 | 2 | 65 | 69 | 70) pass ;;
  *) fail "exit status $status" ;;
  esac
}

offset=4096
while [ "$offset" -lt 90000 ]; do
  flip flipped "$offset" 0
  survives "$ctl" -t flipped take submission user=alice recipients=1 ip=1
  survives "$ctl" -t flipped stats
  survives "$ctl" -t flipped verify
  cp table flipped
  offset=$((offset + 1361))
done
offset=40960
while [ "$offset" -lt 42000 ]; do
  flip flipped "$offset" 7
  survives "$ctl" -t flipped take submission user=alice
  cp table flipped
  offset=$((offset + 37))
done

# ------------------------------------------------------------ rights and space
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null 2>&1 &&
  setpriv --reuid=65534 --regid=65534 --clear-groups "$ctl" --version >/dev/null 2>&1; then
  as_nobody='setpriv --reuid=65534 --regid=65534 --clear-groups'
  chown 0:0 table
  # shellcheck disable=SC2086
  {
    expect 69 $as_nobody "$ctl" -t "$top/table" take submission user=x
    complains 'no permission'
    expect 69 $as_nobody "$ctl" -t "$top/table" verify
    expect 69 $as_nobody "$ctl" -t "$top/new" create --keys 10
    expect 69 $as_nobody "$ctl" -t "$top/new" create --keys 10 --group 0
    complains 'expected the right to read and write there$'
    mkdir "$top/open" && chmod 0777 "$top/open"
    expect 69 $as_nobody "$ctl" -t "$top/open/new" create --keys 10 --group 0
    complains 'expected a group of which you are a member$'
    expect 0 $as_nobody "$ctl" -t "$top/open/new" create --keys 10 --group 65534
    expect 65 $as_nobody "$ctl" check "$top/locked/policy"
  }
elif [ "$(id -u)" -ne 0 ]; then
  cp table locked
  chmod 0 locked
  expect 69 "$ctl" -t locked stats
  complains 'no permission'
else
  left_out 'a table without the right to it: no setpriv(1)'
fi

mkdir tiny
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=1m weir-test tiny 2>/dev/null; then
  mounted=$top/tiny
  expect 69 "$ctl" -t tiny/table create --keys 1M
  complains_helpfully
  last='files in the full folder'
  if [ -z "$(ls -A tiny)" ]; then pass; else fail 'something was left behind'; fi
  expect 0 "$ctl" -t tiny/table create --keys 100
  expect 0 "$ctl" -t tiny/table verify
  umount "$mounted" && mounted=
else
  left_out 'a full file system: no right to mount one'
fi

# -------------------------------------------------------------------- sim
printf '0 take user=a\n1 take user=a messages=9\n2 peek user=a\n' >trace
expect 64 "$ctl" sim
complains_helpfully
last='sim good.policy trace'
if $within "$ctl" sim good.policy trace >"$out" 2>"$err"; then pass; else fail 'exit status'; fi
says "^0${tab}take${tab}allow${tab}user-minute${tab}5${tab}0$"
says "${tab}take${tab}deny${tab}user-minute${tab}5${tab}never$"
last='sim good.policy, trace on standard input'
if $within "$ctl" sim --quiet good.policy <trace >"$out" 2>"$err"; then pass; else fail 'exit status'; fi
says_nothing
$within "$ctl" sim bad.policy trace >"$out" 2>"$err"
status=$?
last='sim bad.policy trace'
if [ "$status" -eq 65 ]; then pass; else fail "exit status $status, expected 65"; fi
complains 'bad.policy:2:21: '

# ---------------------------------------------------- many at once on one table
expect 0 "$ctl" -t crowd create --keys 100 --policy good.policy
i=0
while [ "$i" -lt 20 ]; do
  "$ctl" -t crowd take submission user=mallory >"crowd.$i" 2>&1 &
  i=$((i + 1))
done
wait
last='20 takes at once of a burst of 6'
allowed=$(cat crowd.* | grep -c '^allow')
cat crowd.* >"$out"
if [ "$allowed" -eq 6 ]; then pass; else fail "$allowed allowed, expected 6"; fi
expect 0 "$ctl" -t crowd verify

report
