#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# `weirctl stats --prometheus` against the text exposition format, by a strict reader of our own
# and, where it is installed (Debian: prometheus), by promtool, which also judges the names.
#   WEIRCTL=build/weirctl sh tests/tool/prometheus.sh
# PROMTOOL names another promtool.  The last line is "N passed, M failed".

reader=$(cd "$(dirname "$0")" && pwd)/prometheus_format.py
. "$(dirname "$0")/../support/tool.sh"
promtool=${PROMTOOL:-promtool}

cat >policy <<'END'
policy submission
  limit minute  2 messages / 1h    per user
  limit day     5 recipients / 1d  per user sliding optional
  limit shadow  1 messages / 1d    per user+ip shadow optional
  limit relay   900 messages / 1m  overall burst 2000
  limit fan     50 distinct recipient / 1h  per user optional
  on minute denied 50 in 10m  block user for 1h
  score bad     100 / 1h per user block user for 1h
    signal changed 40
class lists
  limit minute  500
  limit day     unlimited
member lists user=owner
policy web
  limit minute  2 messages / 1h    per user
END
expect 0 "$ctl" -t used create --keys 1k --policy policy
for user in alice mallory 'a"b\c'; do
  "$ctl" -t used take submission "user=$user" ip=192.0.2.99 recipients=1 >/dev/null
  "$ctl" -t used take submission "user=$user" ip=192.0.2.99 recipients=1 >/dev/null
  "$ctl" -t used take submission "user=$user" ip=192.0.2.99 recipients=1 >/dev/null
  "$ctl" -t used block "user=$user" --reason 'phished
twice' --by alice >/dev/null
done
"$ctl" -t used take submission user=alice >/dev/null
"$ctl" -t used unblock user=alice >/dev/null
expect 0 "$ctl" -t fresh create --keys 1k --policy policy
expect 0 "$ctl" -t unruled create --keys 10
expect 0 "$ctl" -t denying create --keys 10 --policy policy
expect 0 "$ctl" -t denying switch deny-all

if command -v python3 >/dev/null 2>&1; then
  expect 0 python3 "$reader" --itself
else
  left_out 'the format: no python3'
fi
command -v "$promtool" >/dev/null 2>&1 || left_out 'promtool: none here (Debian package prometheus)'

# is_sound NAME: what the last run has printed
is_sound()
{
  cp "$out" "$1.prom"
  if command -v python3 >/dev/null 2>&1; then
    expect 0 python3 "$reader" "$1.prom" alice mallory 192.0.2.99 phished
  fi
  if command -v "$promtool" >/dev/null 2>&1; then
    # The file's name on the shell's side: promtool reads standard input alone.
    expect 0 sh -c "\"$promtool\" check metrics <\"$1.prom\""
  fi
  cp "$1.prom" "$out"
}

for table in used fresh unruled denying; do
  expect 0 "$ctl" -t "$table" stats --prometheus
  is_sound "$table"
done

expect 0 "$ctl" -t used stats --prometheus
says '^weir_denied_total 3$'
says '^weir_blocked_total 1$'
says '^weir_blocks 2$'
says '^weir_limit_denied_total{policy="submission",limit="minute",unit="messages",per="user"} 3$'
says '^weir_limit_denied_total{policy="web",limit="minute",unit="messages",per="user"} 0$'
says '^weir_limit_shadow_denied_total{policy="submission",limit="shadow",unit="messages",per="ip+user"} [1-9]'
says '^weir_occupancy_ratio 0\.00[0-9]*$'
says '^weir_pressure_ratio 0\.000000$'
says '^weir_switched{position="normal"} 1$'
expect 0 "$ctl" -t used stats --json
json_is 'it["blocks"], it["groups"] * 64 == it["cells"]' '(2, True)'
expect 0 "$ctl" -t used stats
says '^  blocks  *2  '
says ' 0\.0 % of the groups full; '
expect 0 "$ctl" -t fresh stats --prometheus
says '^weir_blocks 0$'
expect 0 "$ctl" -t denying stats --prometheus
says '^weir_switched{position="deny-all"} 1$'
says '^weir_switched{position="normal"} 0$'

# Each number of the JSON that counts is in the other form, and the same.
expect 0 "$ctl" -t used stats --json
if command -v python3 >/dev/null 2>&1; then
  cp "$out" used.json
  "$ctl" -t used stats --prometheus >used.prom
  last='stats: JSON against Prometheus'
  if python3 - used.json used.prom >"$out" 2>"$err" <<'END'
import json, sys
numbers = json.load(open(sys.argv[1]))
lines = open(sys.argv[2]).read().split("\n")
for name, value in numbers.items():
    if type(value) is int and not {"weir_%s %d" % (name, value),
                                   "weir_%s_total %d" % (name, value)} & set(lines):
        sys.exit("%s %d is not there" % (name, value))
END
  then pass; else fail 'they differ'; fi
fi

report
