#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Run one bench and keep its rows: RESULTS/NAME.tsv, under the lines that say where, with what
# and how they were measured.  A bench that fails, or cannot be made
# here, leaves the rows of the time before.
#
# measure.sh RESULTS PROGRAM [ARGUMENT …]
set -eu

results=$1
shift
name=$(basename "$1")
name=${name%.*}
kept=$results/$name.tsv
fresh=$kept.new

commit() {
  hash=$(git rev-parse --short HEAD 2>/dev/null) || { echo unknown; return; }
  # What decides the figures: not the results and the texts around them.
  if GIT_OPTIONAL_LOCKS=0 git diff --quiet HEAD -- lib include ':(glob)bench/**/*.[ch]' Makefile 2>/dev/null; then
    echo "$hash"
  else
    echo "$hash, with changes"
  fi
}

cpu() {
  model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
  echo "${model:-$(uname -m)}"
}

case $1 in
*.sh) command="sh $*" ;;
*.py) command="python3 $*" ;;
*) command="$*" ;;
esac

mkdir -p "$results"
trap 'rm -f "$fresh"' EXIT
trap 'exit 1' HUP INT TERM
{
  echo "# commit: $(commit)"
  echo "# compiler: $(${CC:-gcc} --version | head -n 1)"
  echo "# flags: ${CFLAGS:-}"
  echo "# cpu: $(cpu)"
  echo "# kernel: $(uname -srm)"
  echo "# cores: $(nproc)"
  echo "# command: $command"
} >"$fresh"

began=$(date +%s)
echo "$name: $command" >&2
# shellcheck disable=SC2086 # the words of the command are just those
$command >>"$fresh" || {
  status=$?
  test "$status" = 77 && { # BENCH_SKIPPED
    echo "$name: cannot be measured here; its rows stay as they are" >&2
    exit 0
  }
  echo "$name: failed with $status" >&2
  exit 1
}
mv "$fresh" "$kept"
echo "$name: $(($(date +%s) - began)) s, $kept" >&2
