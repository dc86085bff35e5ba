# SPDX-License-Identifier: BSD-2-Clause
# What the shell tests of weirctl share: a temporary folder that they work in, the command as
# $ctl, and words for what is expected of a run.  Read with `.` from the top of the tree; a test
# ends with report.

LC_ALL=C
export LC_ALL
unset WEIR_TABLE

given=${WEIRCTL:-build/weirctl}
if [ ! -x "$given" ]; then
  echo "$0: WEIRCTL=$given is no program, expected the path of weirctl"
  echo "0 passed, 1 failed"
  exit 1
fi

top=$(mktemp -d) || exit 1
mounted=
clean_up()
{
  [ -z "$mounted" ] || umount "$mounted"
  chmod -R u+rwx "$top"
  rm -rf "$top"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM
# A copy that another user can run too.
cp "$given" "$top/weirctl" && chmod 711 "$top" && chmod 755 "$top/weirctl" || exit 1
ctl=$top/weirctl
cd "$top" || exit 1

passed=0
failed=0
out=$top/out
err=$top/err

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

left_out()
{
  echo "left out: $1"
}

# A run that hangs is a failure, not a pause.
if command -v timeout >/dev/null 2>&1; then
  within='timeout -s KILL 20'
else
  within=
  left_out 'time limits: no timeout(1)'
fi

# expect STATUS COMMAND...: the exit status is STATUS, each line on standard error begins
# with "weirctl: ", and there is one exactly where the status is above 2.
expect()
{
  wanted=$1
  shift
  last="$*"
  $within "$@" >"$out" 2>"$err" </dev/null
  status=$?
  if [ "$status" -ne "$wanted" ]; then
    fail "exit status $status, expected $wanted"
  elif grep -qv '^weirctl: ' "$err"; then
    fail 'a line on standard error without weirctl:'
  elif [ "$wanted" -gt 2 ] && [ ! -s "$err" ]; then
    fail 'nothing on standard error'
  elif [ "$wanted" -le 2 ] && [ -s "$err" ]; then
    fail 'something on standard error'
  else
    pass
  fi
}

# The output of the last run has a line like this (a basic regular expression).
says()
{
  if grep -q -- "$1" "$out"; then pass; else fail "standard output lacks: $1"; fi
}

complains()
{
  if grep -q -- "$1" "$err"; then pass; else fail "standard error lacks: $1"; fi
}

# Each complaint of weirctl says what was expected.
complains_helpfully()
{
  if grep -q 'expected' "$err"; then pass; else fail 'no word of what was expected'; fi
}

says_nothing()
{
  if [ -s "$out" ]; then fail 'something on standard output'; else pass; fi
}

lines_are()
{
  if [ "$(wc -l <"$out")" -eq "$1" ]; then pass; else fail "not $1 lines of output"; fi
}

same()
{
  last="$1 against $2"
  if cmp -s "$1" "$2"; then pass; else fail 'files differ'; fi
}

if command -v python3 >/dev/null 2>&1; then
  is_json()
  {
    if python3 -m json.tool <"$out" >/dev/null 2>&1; then pass; else fail 'no valid JSON'; fi
  }
else
  left_out 'JSON: no python3'
  is_json()
  {
    :
  }
fi

tab=$(printf '\t')

# The value at a path of the JSON that the last run printed: a Python expression on `it`.
if command -v python3 >/dev/null 2>&1; then
  json_is()
  {
    got=$(python3 -c 'import json, sys
it = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$out" "$1" 2>&1)
    if [ "$got" = "$2" ]; then pass; else fail "JSON: $1 is $got, expected $2"; fi
  }
else
  json_is()
  {
    :
  }
fi

# Nothing in the last output that a terminal would obey: no C0 but tab and newline, no DEL, no C1
# in UTF-8, no byte that is no UTF-8.
is_harmless()
{
  if command -v python3 >/dev/null 2>&1; then
    if python3 -c 'import sys
text = open(sys.argv[1], "rb").read().decode("utf-8")
sys.exit(any((ord(c) < 32 and c not in "\t\n") or 127 <= ord(c) < 160 for c in text))' "$out"; then
      pass
    else
      fail 'control characters'
    fi
  fi
}

report()
{
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
