#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What README.md and the manual pages print, run as printed: the policy, the shell examples,
# the programs.  (By pkg-config after `make install`: install.sh.)
#   WEIRCTL=build/weirctl sh tests/tool/docs.sh
# From the top of the tree, with the library beside weirctl.  The examples' /run/weir and
# group weir become a temporary folder and a group of ours; nothing else is changed.
# The last line is "N passed, M failed".  What a compiler is missing for is left out and says so.

LC_ALL=C
export LC_ALL
unset WEIR_TABLE
tree=$(pwd)
given=${WEIRCTL:-build/weirctl}
build=$(cd "$(dirname "$given")" && pwd)
cc=${CC:-cc}
top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM
passed=0
failed=0
out=$top/out

pass()
{
  passed=$((passed + 1))
}

fail()
{
  failed=$((failed + 1))
  echo "FAILED: $1"
  sed 's/^/  /' "$out" | head -n 10
}

left_out()
{
  echo "left out: $1"
}

# status NAME EXPECTED COMMAND...
status()
{
  name=$1
  expected=$2
  shift 2
  "$@" >"$out" 2>&1 </dev/null
  got=$?
  if [ "$got" -eq "$expected" ]; then pass; else fail "$name: status $got, expected $expected"; fi
}

says()
{
  if grep -q -- "$2" "$out"; then pass; else fail "$1: lacks: $2"; fi
}

# same NAME A B
same()
{
  if diff "$2" "$3" >"$out"; then pass; else fail "$1: they differ"; fi
}

# The N-th block that begins with a line like FIRST, in ``` of a Markdown file.
fenced()
{
  awk -v first="$2" -v wanted="$3" '
    /^```/ { inside = !inside; start = inside; keep = 0; next }
    inside && start { start = 0; keep = $0 ~ first && ++count == wanted }
    inside && keep { print }' "$1"
}

# The same of a manual page, between .Bd and .Ed.
displayed()
{
  awk -v first="$2" -v wanted="$3" '
    /^\.Bd / { start = 1; inside = 1; keep = 0; next }
    /^\.Ed/ { inside = 0; next }
    inside && start { start = 0; keep = $0 ~ first && ++count == wanted }
    inside && keep { gsub(/\\e/, "\\"); print }' "$1"
}

mkdir "$top/bin" "$top/run" "$top/run/etc" && cp "$given" "$top/bin/weirctl" || exit 1
PATH=$top/bin:$PATH
USER=alice
export PATH USER
WEIR_TABLE=$top/run/weir/table
export WEIR_TABLE

# A script as printed, in a folder of its own.
script()
{
  sed -e "s|/run/weir|$top/run/weir|g" -e "s/\(-g\|--group\) weir\>/\1 $(id -g)/"
}

# ------------------------------------------------------------- one policy, everywhere
fenced README.md '^policy ' 1 >"$top/submission.conf"
displayed man/weirctl.1 '^policy ' 1 >"$top/weirctl.conf"
displayed man/weir-policy.5 '^policy ' 1 >"$top/language.conf"
displayed man/weir-policy.5 '^policy ' 2 >"$top/webmail.conf"
cd "$top" || exit 1
status 'the policy of README.md' 0 weirctl check submission.conf
same 'the policies of README.md and weirctl(1)' submission.conf weirctl.conf
same 'the policies of README.md and weir-policy(5)' submission.conf language.conf
status 'the second policy of weir-policy(5)' 0 weirctl check webmail.conf

# The shipped policy, and with its commented examples as statements.
status 'the shipped policy' 0 weirctl check "$tree/share/weir/default.conf"
sed 's/^  # \(member\|exempt\|reachable\) /  \1 /' "$tree/share/weir/default.conf" >examples.conf
if diff "$tree/share/weir/default.conf" examples.conf >"$out"; then
  fail 'the shipped policy: no commented examples'
else
  pass
fi
status 'the shipped policy with its examples' 0 weirctl check examples.conf
says 'the shipped policy with its examples' 'reachable recipient=helpdesk@example.edu'

# -------------------------------------------------------------------- shell examples
# README.md: each line must end with status 0.
fenced "$tree/README.md" '^install ' 1 | script >readme.sh
lines=$(wc -l <readme.sh)
if [ "$lines" -ge 7 ]; then pass; else fail "README.md: $lines lines of shell, expected 7"; fi
status 'README.md: the shell' 0 sh -ex readme.sh
says 'README.md: take' '^allow.user-minute.59.0$'
says 'README.md: peek reads' '^allow.user-minute.59.0$'
says 'README.md: refund' '^ok.-.-.-$'
status 'README.md: create of a table that is there' 69 \
  weirctl create --keys 10 --policy submission.conf
says 'README.md: create of a table that is there' 'exists, expected a new name'
status 'README.md: what a user has left after the refund' 0 \
  weirctl peek submission user=alice messages=0 recipients=0
says 'README.md: the refund gave it all back' '^allow.user-minute.60.0$'

fenced "$tree/README.md" '^weirctl block ' 1 | script >kill.sh
status 'README.md: the kill switch' 0 sh -ex kill.sh
says 'README.md: block' '^blocked user=alice until .*: signature changed$'
says 'README.md: unblock' '^unblocked user=alice; cleared: block since '
says 'README.md: switch' '^deny-all$'
status 'README.md: the switch is back' 0 weirctl take submission user=alice

# weirctl(1)
displayed "$tree/man/weirctl.1" '^install ' 1 | script >make.sh
rm -rf "$top/run/weir"
status 'weirctl(1): a table' 0 sh -ex make.sh
displayed "$tree/man/weirctl.1" '^if ! ' 1 >stop.sh
displayed "$tree/man/weirctl.1" '^weirctl take ' 1 >go_on.sh
displayed "$tree/man/weirctl.1" '^weirctl peek ' 1 >free.sh
displayed "$tree/man/weirctl.1" '^weirctl sim ' 1 >sim.sh
displayed "$tree/man/weirctl.1" '^weirctl block ' 1 >kill.sh
for name in make stop go_on free sim kill; do
  if [ -s "$name.sh" ]; then pass; else fail "weirctl(1): no example $name"; fi
done
status 'weirctl(1): the guard lets mail go' 0 sh stop.sh
status 'weirctl(1): the other guard lets mail go' 0 sh go_on.sh
status 'spend the burst' 0 weirctl take submission user=alice messages=58
status 'weirctl(1): the guard stops a user over a limit' 75 sh stop.sh
status 'weirctl(1): the other guard stops a user over a limit' 75 sh go_on.sh
status 'weirctl(1): letting a user go on' 0 sh -ex free.sh
status 'weirctl(1): the guard lets that user go' 0 sh stop.sh
status 'weirctl(1): the kill switch' 0 sh -ex kill.sh
says 'weirctl(1): the kill switch' '^blocked user=alice until lifted: password phished$'
displayed "$tree/man/weirctl.1" '^prom=' 1 >prom.sh
status 'weirctl(1): Prometheus' 0 env PROM="$top" sh -ex prom.sh
cp weir.prom "$out" 2>/dev/null
says 'weirctl(1): Prometheus' '^weir_allowed_total [1-9]'
status 'weirctl(1): the guard stops without a table' 75 env WEIR_TABLE="$top/none" sh stop.sh
status 'weirctl(1): the other guard does not' 0 env WEIR_TABLE="$top/none" sh go_on.sh
printf 'policy submission\n limit team 1 messages / 1m per team\n' >team.conf
weirctl -t "$top/team" create --keys 10 --policy team.conf >/dev/null
status 'weirctl(1): a mistaken request stops mail' 75 env WEIR_TABLE="$top/team" sh stop.sh
status 'weirctl(1): a mistaken request stops mail, either way' 75 \
  env WEIR_TABLE="$top/team" sh go_on.sh
sed 's/burst 60/burst 2/' submission.conf >stricter.conf
printf '0 take user=a\n0 take user=a\n0 take user=a\n' >yesterday.trace
status 'weirctl(1): sim' 0 sh -ex sim.sh
says 'weirctl(1): sim' '^denied.1$'
displayed "$tree/man/weirctl.1" '^weirctl plan ' 1 >plan.sh
cp "$tree/tests/tool/plan_exim.log" mail.log
sed 's/Dec 31/Nov 23/' "$tree/tests/tool/plan_postfix.log" >mail.log.1
status 'weirctl(1): plan' 0 sh -ex plan.sh
says 'weirctl(1): plan of users' '^  users  *100000  --users$'
says 'weirctl(1): plan of logs' '^  messages  *14  log: '
says 'weirctl(1): plan --trace and sim' '^allowed.7$'
displayed "$tree/man/weirctl.1" '^weirctl sim ' 2 >sim.sh
status 'weirctl(1): sim of logs' 0 sh -ex sim.sh
says 'weirctl(1): sim of logs' '^  messages  *14$'
says 'weirctl(1): sim of known spam' '^  compromised users  *2$'

# -------------------------------------------------------------------------- programs
fenced "$tree/README.md" '^#include' 1 >hello.c
tail -n +2 "$tree/examples/hello.c" >shipped.c
same 'examples/hello.c and README.md' hello.c shipped.c
displayed "$tree/man/weir.3" '^#include' 1 >may_send.c
cat >>may_send.c <<'END'

int main(void)
{
  struct weir_table *table;
  uint64_t sent = 0;

  if (weir_open(NULL, &table, NULL) != WEIR_OK)
    return 2;
  while (sent < 1000 && may_send(table, "carol", 10))
    sent++;
  printf("%llu\n", (unsigned long long)sent);
  weir_close(table);
  return 0;
}
END

{
  printf '#include <stdio.h>\n#include <string.h>\n#include <weir.h>\n\n'
  fenced "$tree/README.md" '^/\* iat: ' 1
  cat <<'END'

int main(void)
{
  struct weir_attribute who = {"user", "erin", 4};
  struct weir_block block = {.size_bytes = sizeof block, .attributes = &who, .attribute_count = 1};
  struct weir_table *table;
  int before, during, after;

  if (weir_open(NULL, &table, NULL) != WEIR_OK)
    return 2;
  before = session_goes_on(table, "erin", 1700000000);
  (void)weir_block(table, &block);
  during = session_goes_on(table, "erin", 1700000000);
  (void)weir_unblock(table, &block);
  after = session_goes_on(table, "erin", 1700000000);
  printf("%d %d %d\n", before, during, after);
  weir_close(table);
  return 0;
}
END
} >session.c

# hello NAME PROGRAM...: as README.md has it
hello()
{
  name=$1
  shift
  status "$name" 0 "$@" "$name"
  says "$name" '^send$'
}

if ! command -v "$cc" >/dev/null 2>&1; then
  left_out "the programs: no $cc"
elif nm "$build/libweir.a" 2>/dev/null | grep -q '__asan_\|__ubsan_\|__tsan_'; then
  left_out 'the programs: the library is built with a sanitizer'
else
  status 'README.md: compile in the tree' 0 "$cc" -Wall -Wextra -Werror -I"$tree/include" \
    hello.c "$build/libweir.a" -pthread -o hello
  hello in-the-tree ./hello
  i=0
  while [ "$i" -lt 60 ]; do
    ./hello mallory >/dev/null
    i=$((i + 1))
  done
  status 'README.md: hello over a limit' 1 ./hello mallory
  says 'README.md: hello over a limit' '^later$'
  status 'README.md: hello without a table' 2 env WEIR_TABLE="$top/none" ./hello
  says 'README.md: hello without a table' 'no such table'
  status 'README.md: hello lacks an attribute' 2 env WEIR_TABLE="$top/team" ./hello
  says 'README.md: hello lacks an attribute' 'attribute'
  status 'weir(3): compile' 0 "$cc" -Wall -Wextra -Werror -I"$tree/include" may_send.c \
    "$build/libweir.a" -pthread -o may_send
  status 'weir(3): the example' 0 ./may_send
  says 'weir(3): 500 recipients a day, ten at a time' '^50$'

  status 'README.md: compile the session' 0 "$cc" -Wall -Wextra -Werror -I"$tree/include" session.c \
    "$build/libweir.a" -pthread -o session
  status 'README.md: the session' 0 ./session
  says 'README.md: the session does not outlive the switch' '^1 0 0$'
fi

# ------------------------------------------------------------------------------ width
awk 'length > 100' "$tree/README.md" >"$out"
if [ -s "$out" ]; then fail 'README.md: wider than 100 columns'; else pass; fi

# Manual pages without a complaint of the formatter.
if command -v groff >/dev/null 2>&1; then
  for page in weirctl.1 weir.3 weir-policy.5; do
    groff -mandoc -Tascii -ww "$tree/man/$page" 2>"$out" >/dev/null
    if [ -s "$out" ]; then fail "$page: groff complains"; else pass; fi
  done
else
  left_out 'manual pages: no groff'
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
