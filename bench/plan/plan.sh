#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Does a table do what weirctl plan says?  Asserts nothing.
#   sh bench/plan/plan.sh [USERS [MEAN [SIGMA [PEAK [SEED]]]]] >bench/results/plan.tsv
# From the top of the tree, after make; BUILD=build.  Plans for the users, makes the table
# that is planned, and smaller ones, sends three days of messages through the library, and
# prints what was predicted and what the table says, as tab-separated rows.  decisions/s is of
# this moment on a noisy machine, and of the messages' own order in time.

set -e
LC_ALL=C
export LC_ALL
build=${BUILD:-build}
users=${1:-50000}
mean=${2:-20}
sigma=${3:-1}
peak=${4:-3}
seed=${5:-1}
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM

"${CC:-cc}" -O2 -Wall -Wextra -Iinclude -o "$top/fill" bench/plan/fill.c "$build/libweir.a" \
  -lm -pthread
printf 'policy one\n  limit day 40 messages / 1d per user\n' >"$top/bucket"
printf 'policy two\n  limit minute 30 messages / 1m per user burst 60\n' >"$top/three"
printf '  limit hour 200 messages / 4h per user\n  limit day 500 recipients / 1d per user\n' \
  >>"$top/three"
printf 'policy three\n  limit day 500 recipients / 1d per user sliding\n' >"$top/window"

printf '# sh bench/plan/plan.sh %s %s %s %s %s; commit %s; %s; %s processors\n' "$users" "$mean" \
  "$sigma" "$peak" "$seed" "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" \
  "$(uname -srm)" "$(getconf _NPROCESSORS_ONLN)"
printf 'policy\tusers\tkeys\tof_planned\tfigure\tpredicted\tactual\tactual_over_predicted\n'
for policy in bucket three window; do
  planned=
  for share in 100 80 60; do
    set -- --policy "$top/$policy" --users "$users" --per-day "$mean" --sigma "$sigma" \
      --peak "$peak" --recipients 1.5 --json
    [ -z "$planned" ] || set -- "$@" --keys "$((planned * share / 100))"
    "$build/weirctl" plan "$@" >"$top/plan"
    keys=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["keys"]["value"])' \
      <"$top/plan")
    planned=${planned:-$keys}
    "$top/fill" "$top/$policy" "$keys" "$users" "$mean" "$sigma" "$peak" 1.5 "$seed" \
      >"$top/fill.tsv"
    python3 - "$top/plan" "$top/fill.tsv" "$policy" "$users" "$keys" "$share" <<'END'
import json
import sys

plan = json.load(open(sys.argv[1], encoding="utf-8"))
for line in open(sys.argv[2], encoding="utf-8"):
    name, actual = line.split()
    predicted, actual = plan[name]["value"], float(actual)
    ratio = f"{actual / predicted:.3f}" if predicted else "-"
    print(*sys.argv[3:6], sys.argv[6] + " %", name, f"{predicted:.6g}", f"{actual:.6g}", ratio,
          sep="\t")
END
  done
done
