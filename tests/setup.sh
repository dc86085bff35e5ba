#!/bin/sh
# Install what `make check` needs where a fresh Debian lacks it and we may.
set -eu
missing=
pkg-config --exists cmocka 2>/dev/null || missing="$missing pkg-config libcmocka-dev"
command -v python3 >/dev/null || missing="$missing python3"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "make check: please install:$missing" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086
apt-get install -y -qq --no-remove --no-install-recommends $missing >/dev/null 2>&1 ||
  { apt-get update -qq && apt-get install -y -qq --no-remove --no-install-recommends $missing >/dev/null; }
