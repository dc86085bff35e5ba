#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# make check-package: the Debian packages, built from a clean export, read by lintian, installed
# into an empty root, an example compiled against them and run, removed and purged.
# What is missing is installed where that may be, else the reason for skipping is said.
# The packages are built without `make check`, which has run; DEB_BUILD_OPTIONS= runs it again.
# The last line is "N passed, M failed, K skipped".
set -u
LC_ALL=C
export LC_ALL
unset MAKEFLAGS MAKELEVEL MFLAGS WEIR_TABLE CFLAGS CPPFLAGS LDFLAGS
: "${DEB_BUILD_OPTIONS=nocheck}"
export DEB_BUILD_OPTIONS
passed=0
failed=0
skipped=0
top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM
out=$top/out
root=$top/root

report()
{
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
  exit
}

skip()
{
  echo "skipped: $1"
  skipped=$((skipped + 1))
}

# holds NAME COMMAND...
holds()
{
  name=$1
  shift
  if "$@" >"$out" 2>&1 </dev/null; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $name"
    tail -n 20 "$out" | sed 's/^/  /'
    return 1
  fi
}

# What is committed and what is changed since; a tree that is no clone as it is.
export_tree()
{
  commit=$(git stash create 2>/dev/null) || {
    tar -cf - --exclude=./build --exclude='./build-*' . | tar -xf - -C "$1"
    return
  }
  git archive "${commit:-HEAD}" | tar -xf - -C "$1"
}

# The compiler's lines without a flag that dpkg-buildflags asks for.
hardened()
{
  grep -e ' -c -o ' "$top/log" | grep -v -e ' -D_FORTIFY_SOURCE=2 .* -fstack-protector-strong ' >"$out"
  grep -e ' -o [^ ]*weirctl ' -e ' -shared ' "$top/log" | grep -v -e ' -Wl,-z,relro -Wl,-z,now ' >>"$out"
  grep -q -e ' -c -o ' "$top/log" && grep -q -e ' -shared ' "$top/log" && [ ! -s "$out" ]
}

# All but dpkg's own, and the files that systemd-sysusers keeps the group in: a group stays, as
# files may belong to it.
installed()
{
  (cd "$root" && find . -mindepth 1 ! -path ./var ! -path './var/lib*' ! -path ./etc ! -path ./run |
    grep -vx './etc/\(passwd\|group\|shadow\|gshadow\)-\?\|./etc/.pwd.lock' | sort)
}

nothing_left()
{
  installed
  [ -z "$(installed)" ]
}

dpkg_in_root()
{
  dpkg --root="$root" --force-script-chrootless --force-depends "$@"
}

# The root has no C library: the machine's own serves both sides.
in_root()
{
  multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
  env PATH="$root/usr/bin:$PATH" LD_LIBRARY_PATH="$root/usr/lib/$multiarch" \
    PKG_CONFIG_SYSROOT_DIR="$root" PKG_CONFIG_LIBDIR="$root/usr/lib/$multiarch/pkgconfig" \
    AUTOPKGTEST_TMP="$top/work" "$@"
}

# ------------------------------------------------------------------------------ build
# shellcheck source=tests/hosts/install.sh
. tests/hosts/install.sh
if ! need_packages "$top/install.log" dpkg-buildpackage:dpkg-dev dh:debhelper cc:gcc make:make \
  pkg-config:pkg-config; then
  skip "the packages: $reason"
  report
fi
mkdir "$top/weir" "$top/work"
export_tree "$top/weir"
(cd "$top/weir" && dpkg-buildpackage -us -uc -b) >"$top/log" 2>&1
holds 'dpkg-buildpackage' test $? = 0 -a -e "$top"/weir_*.changes || {
  tail -n 30 "$top/log"
  report
}
holds 'the flags of dpkg-buildflags' hardened
holds 'the version is that of weir.h' test \
  "$(make -s -C "$top/weir" --eval 'say:;@echo $(VERSION)' say)" = \
  "$(cd "$top/weir" && dpkg-parsechangelog -S Version | sed 's/-[^-]*$//')"
for package in libweir0 libweir-dev weir-tools; do
  holds "$package is built" test -e "$top/${package}"_*.deb
done

if need_packages "$top/install.log" lintian:lintian; then
  root_flag=$(test "$(id -u)" != 0 || echo --allow-root)
  # shellcheck disable=SC2086
  holds 'lintian' lintian $root_flag --no-cfg --fail-on error,warning "$top"/weir_*.changes
else
  skip "lintian: $reason"
fi

# ---------------------------------------------------------------------------- install
if [ "$(id -u)" != 0 ]; then
  skip 'installing: not root'
  report
fi
if ! need_packages "$top/install.log" systemd-sysusers:systemd-standalone-sysusers \
  systemd-tmpfiles:systemd-standalone-tmpfiles; then
  skip "installing: $reason"
  report
fi
mkdir -p "$root/var/lib/dpkg/info" "$root/var/lib/dpkg/updates" "$root/etc" "$root/run"
: >"$root/var/lib/dpkg/status"
rm -f "$top"/*-dbgsym_*.deb

holds 'install' dpkg_in_root -i "$top"/*.deb
holds 'install again' dpkg_in_root -i "$top"/*.deb
holds 'the group' grep -q '^weir:' "$root/etc/group"
gid=$(sed -n 's/^weir:[^:]*:\([0-9]*\):.*/\1/p' "$root/etc/group")
holds 'the folder' test "$(stat -c '%a %u %g' "$root/run/weir")" = "2750 0 $gid"
holds 'the policy' in_root weirctl check "$root/usr/share/weir/default.conf"
# From the root and from nowhere else: a header of the machine would hide one that is missing.
holds 'an example, compiled against the root' \
  in_root sh -c 'cd "$1/usr/share/doc/libweir-dev" && exec sh "$2"' sh "$root" \
  "$top/weir/debian/tests/build-example"
for page in man1/weirctl.1 man3/weir.3 man5/weir-policy.5; do
  holds "$page" gzip -t "$root/usr/share/man/$page.gz"
done

# ----------------------------------------------------------------------------- remove
holds 'remove' dpkg_in_root --remove libweir-dev libweir0 weir-tools
holds 'purge' dpkg_in_root --purge weir-tools
holds 'nothing is left' nothing_left
holds 'dpkg knows of nothing' test -z "$(dpkg_in_root -l 2>/dev/null | grep weir)"
# A folder with a table in it stays.
holds 'install the command' dpkg_in_root -i "$top"/weir-tools_*.deb
printf 'policy mail\n limit user 1 messages / 1d per user\n' >"$top/policy"
holds 'a table' in_root weirctl -t "$root/run/weir/table" create --keys 10 --policy "$top/policy"
holds 'purge, with a table' dpkg_in_root --purge weir-tools
holds 'the table stays' test "$(installed)" = './run/weir
./run/weir/table'

report
