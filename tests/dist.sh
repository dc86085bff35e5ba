#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make check-dist: `make dist` packs what is committed, twice to the same byte; what it packed
# builds without a warning and passes `make check` where there is no git.
# The last line is "N passed, M failed"; without git it says why it does nothing.
set -u
LC_ALL=C
export LC_ALL
unset MAKEFLAGS MAKELEVEL MFLAGS
if ! git rev-parse --git-dir >/dev/null 2>&1; then
  echo 'left out: no git, or not a clone'
  exit 0
fi
top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM
passed=0
failed=0

# holds NAME COMMAND...
holds()
{
  name=$1
  shift
  if "$@" >"$top/out" 2>&1 </dev/null; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
    tail -n 20 "$top/out" | sed 's/^/  /'
  fi
}

# The second time by somebody else: another umask, hour and way of writing.
holds 'make dist' make -s dist BUILD="$top/one"
umask 077
holds 'make dist again' env TZ=Asia/Tokyo GZIP=-1 make -s dist BUILD="$top/two"
umask 022
tarball=$(cd "$top/one" && echo weir-*.tar.gz)
holds 'the same twice' cmp "$top/one/$tarball" "$top/two/$tarball"

mkdir "$top/unpacked" "$top/bin"
holds 'unpack' tar -C "$top/unpacked" -xzf "$top/one/$tarball"
tree=$top/unpacked/${tarball%.tar.gz}
git ls-tree -r --name-only HEAD | sort >"$top/committed"
(cd "$tree" && find . ! -type d | sed 's|^\./||' | sort) >"$top/packed"
holds 'all that is committed' diff "$top/committed" "$top/packed"

# A git that is not there says 127.
printf '#!/bin/sh\nexit 127\n' >"$top/bin/git" && chmod 755 "$top/bin/git"
PATH=$top/bin:$PATH
holds 'it builds' make -s -C "$tree" -j"$(nproc)" WERROR=1
holds 'it checks' make -s -C "$tree" WERROR=1 check
holds 'make dist without git fails, and leaves nothing' sh -c '! make -C "$1" dist && test ! -e "$1"/build/weir-*.tar*' \
  sh "$tree"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
