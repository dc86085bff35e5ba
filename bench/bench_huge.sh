#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What are huge pages worth?  bench_decision once more, with its tables on a tmpfs mounted with
# huge=always, as the kernel gives them to no file in /dev/shm unless it is told to.  In a mount
# namespace of its own, so that nothing is left behind; where none can be made, a note says so.
# BUILD names the build folder.
#
# bench_huge.sh [KEYS [ROUNDS]]   default 10000000 and 7
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
BUILD=${BUILD:-$root/build}
case $BUILD in /*) ;; *) BUILD=$root/$BUILD ;; esac
keys=${1:-10000000}
rounds=${2:-7}

folder=$(mktemp -d "${TMPDIR:-/tmp}/weir-huge.XXXXXX") || exit 70
trap 'rmdir "$folder"' EXIT
trap 'exit 130' HUP INT TERM

apart="unshare --mount"
test "$(id -u)" = 0 || apart="unshare --map-root-user --mount"

# within COMMAND …: with the tmpfs mounted on the folder, for that command alone.
within() {
  # shellcheck disable=SC2016 # for the inner shell
  $apart sh -c 'mount -t tmpfs -o huge=always,mode=0700 tmpfs "$1" && shift && exec "$@"' \
    sh "$folder" "$@"
}

if ! within true 2>/dev/null; then
  echo "# not measured: no tmpfs with huge=always can be mounted here"
  exit 0
fi
rows=$(within "$BUILD/bench/bench_decision" "$keys" "$rounds" "$folder")
printf '%s\n' "$rows" | sed 's/^bar	/&huge_/'
