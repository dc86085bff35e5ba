#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# `make install` into an empty root, a program built against it as pkg-config says (and by CMake
# where there is one), the group and the folder of share/sysusers.d and tmpfiles.d, and that
# `make uninstall` leaves nothing.
#   WEIRCTL=build/weirctl sh tests/tool/install.sh
# From the top of the tree, with the library beside weirctl.  Needs make, a compiler and pkg-config;
# what is missing is left out and says so.  The last line is "N passed, M failed".

LC_ALL=C
export LC_ALL
unset WEIR_TABLE MAKEFLAGS MAKELEVEL MFLAGS DESTDIR PREFIX
tree=$(pwd)
given=${WEIRCTL:-build/weirctl}
build=$(cd "$(dirname "$given")" && pwd) || exit 1
cc=${CC:-cc}
top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
trap 'exit 1' HUP INT TERM
passed=0
failed=0
out=$top/out
root="$top/an empty root"
mkdir "$root"

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

# prints NAME TEXT COMMAND...
prints()
{
  name=$1
  text=$2
  shift 2
  status "$name" 0 "$@"
  if [ "$(cat "$out")" = "$text" ]; then pass; else fail "$name: expected $text"; fi
}

left_out()
{
  echo "left out: $1"
}

make_in_tree()
{
  make -s -C "$tree" BUILD="$build" "$@"
}

# nothing NAME FOLDER
nothing()
{
  find "$2" -mindepth 1 >"$out" 2>&1
  if [ -s "$out" ]; then fail "$1"; else pass; fi
}

finish()
{
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
}

for program in make "$cc" pkg-config; do
  if ! command -v "$program" >/dev/null 2>&1; then
    left_out "all: no $program"
    finish
  fi
done

# ---------------------------------------------------------------------------- install
# weir.pc of the build has another prefix than the one installed to.
status 'make install' 0 make_in_tree PREFIX=/usr DESTDIR="$root" install
(cd "$root" && find . ! -type d | sort) >"$top/installed"
version=$("$given" --version | sed 's/.* //')
sort >"$top/wanted" <<END
./usr/bin/weirctl
./usr/include/weir.h
./usr/lib/libweir.a
./usr/lib/libweir.so
./usr/lib/libweir.so.${version%%.*}
./usr/lib/libweir.so.$version
./usr/lib/pkgconfig/weir.pc
./usr/share/doc/weir/sysusers.d/weir.conf
./usr/share/doc/weir/tmpfiles.d/weir.conf
./usr/share/man/man1/weirctl.1
./usr/share/man/man3/weir.3
./usr/share/man/man5/weir-policy.5
./usr/share/weir/default.conf
END
status 'what is installed' 0 diff "$top/wanted" "$top/installed"
# Run for itself, not over the tree's.
installed=$root/usr/bin/weirctl
status 'the installed command' 0 "$installed" --version
status 'the installed policy' 0 "$installed" check "$root/usr/share/weir/default.conf"

# ------------------------------------------------------------------------- a program
WEIR_TABLE=$top/table
export WEIR_TABLE
printf 'policy mail\n limit user 1 messages / 1d per user sliding\n' >"$top/policy"

# once NAME PROGRAM USER: the limit lets one message through
once()
{
  prints "$1" send "$2" "$3"
  status "$1: over the limit" 1 "$2" "$3"
}

PKG_CONFIG_LIBDIR=$root/usr/lib/pkgconfig
export PKG_CONFIG_LIBDIR
prints 'pkg-config: the version' "$version" pkg-config --modversion weir
prints 'pkg-config: the folder' /usr/lib pkg-config --variable=libdir weir
if nm "$build/libweir.a" 2>/dev/null | grep -q '__asan_\|__ubsan_\|__tsan_'; then
  left_out 'the programs: the library is built with a sanitizer'
else
  # What a packager lists, lest a function come or go unseen.
  nm -D --defined-only --without-symbol-versions "$root/usr/lib/libweir.so" |
    sed -n 's/.* T //p' | sort >"$top/exported"
  sed -n 's/^ \(weir_[^@]*\)@.*/\1/p' "$tree/debian/libweir0.symbols" | sort >"$top/listed"
  status 'debian/libweir0.symbols' 0 diff "$top/exported" "$top/listed"
  status 'a table' 0 "$installed" create --keys 10 --policy "$top/policy"
  # By a name without blanks: $flags is split at them.
  PKG_CONFIG_SYSROOT_DIR=$top/root
  export PKG_CONFIG_SYSROOT_DIR
  ln -s "$root" "$top/root"
  flags=$(pkg-config --cflags --libs weir)
  # shellcheck disable=SC2086
  status 'compile' 0 "$cc" -Wall -Wextra -Werror "$tree/examples/hello.c" $flags -o "$top/hello"
  LD_LIBRARY_PATH=$root/usr/lib
  export LD_LIBRARY_PATH
  once hello "$top/hello" alice
  flags=$(pkg-config --cflags --libs --static weir)
  # shellcheck disable=SC2086
  status 'compile, static' 0 "$cc" -static "$tree/examples/hello.c" $flags -o "$top/static"
  unset LD_LIBRARY_PATH
  once 'hello, static' "$top/static" bob
  if command -v cmake >/dev/null 2>&1; then
    PKG_CONFIG_LIBDIR=$top/root/usr/lib/pkgconfig
    status 'cmake' 0 env CC="$cc" cmake -S "$tree/examples/cmake" -B "$top/cmake"
    status 'cmake --build' 0 cmake --build "$top/cmake"
    once 'hello, by CMake' "$top/cmake/hello" carol
  else
    left_out 'CMake: no cmake'
  fi
  unset PKG_CONFIG_SYSROOT_DIR
fi

# ------------------------------------------------------------ the group and the folder
# As a host with the three servers has it after a boot, in a root of its own.
if [ "$(id -u)" -ne 0 ]; then
  left_out 'sysusers.d, tmpfiles.d: not root'
elif ! command -v systemd-sysusers >/dev/null || ! command -v systemd-tmpfiles >/dev/null; then
  left_out 'sysusers.d, tmpfiles.d: no systemd-sysusers, systemd-tmpfiles'
else
  host=$top/host
  mkdir -p "$host/etc" "$host/usr/lib/sysusers.d" "$host/usr/lib/tmpfiles.d"
  for user in www-data:33 postfix:101 Debian-exim:102; do
    echo "${user%:*}:x:${user#*:}:${user#*:}::/:/usr/sbin/nologin" >>"$host/etc/passwd"
    echo "${user%:*}:x:${user#*:}:" >>"$host/etc/group"
  done
  cp "$root/usr/share/doc/weir/tmpfiles.d/weir.conf" "$host/usr/lib/tmpfiles.d/"
  cp "$root/usr/share/doc/weir/sysusers.d/weir.conf" "$host/usr/lib/sysusers.d/"
  status 'sysusers.d' 0 systemd-sysusers --root="$host" weir.conf
  prints 'sysusers.d: a group, nobody in it' '' \
    sed -n 's/^weir:[^:]*:[0-9]*://p' "$host/etc/group"
  prints 'sysusers.d: no user is made' 3 grep -c . "$host/etc/passwd"
  sed -i 's/^#m /m /' "$host/usr/lib/sysusers.d/weir.conf"
  status 'sysusers.d with members' 0 systemd-sysusers --root="$host" weir.conf
  for user in www-data postfix Debian-exim; do
    status "sysusers.d: $user is in the group" 0 grep -Eq "^weir:[^:]*:[0-9]+:(.*,)?$user(,|\$)" \
      "$host/etc/group"
  done
  prints 'sysusers.d: no user is made of members' 3 grep -c . "$host/etc/passwd"
  gid=$(sed -n 's/^weir:[^:]*:\([0-9]*\):.*/\1/p' "$host/etc/group")
  status 'tmpfiles.d' 0 systemd-tmpfiles --root="$host" --create weir.conf
  prints 'tmpfiles.d: the folder' "2750 0 $gid" stat -c '%a %u %g' "$host/run/weir"
  status 'a table in the folder' 0 \
    "$installed" -t "$host/run/weir/table" create --keys 10 --policy "$top/policy"
  prints 'a table in the folder: its group' "660 0 $gid" stat -c '%a %u %g' "$host/run/weir/table"
fi

# -------------------------------------------------------------------------- uninstall
status 'make install elsewhere' 0 make_in_tree PREFIX=/opt/weir LIBDIR=/opt/weir/lib64 \
  DESTDIR="$root" install
PKG_CONFIG_LIBDIR=$root/opt/weir/lib64/pkgconfig
prints 'weir.pc elsewhere' "$top/moved/lib64" \
  pkg-config --define-variable=prefix="$top/moved" --variable=libdir weir
echo 'not ours' >"$root/usr/include/other.h"
status 'make uninstall' 0 make_in_tree PREFIX=/usr DESTDIR="$root" uninstall
status 'make uninstall elsewhere' 0 make_in_tree PREFIX=/opt/weir LIBDIR=/opt/weir/lib64 \
  DESTDIR="$root" uninstall
prints 'make uninstall: what is not ours stays' 'not ours' cat "$root/usr/include/other.h"
rm -r "$root/usr/include/other.h" && rmdir "$root/usr/include" "$root/usr"
nothing 'make uninstall: something is left' "$root"
status 'make uninstall of nothing' 0 make_in_tree PREFIX=/usr DESTDIR="$root" uninstall

# Without DESTDIR, below a folder that is there: it stays, all else goes.
mkdir "$top/opt"
status 'make install, no DESTDIR' 0 make_in_tree PREFIX="$top/opt/weir" install
status 'the command, no DESTDIR' 0 "$top/opt/weir/bin/weirctl" --version
status 'make uninstall, no DESTDIR' 0 make_in_tree PREFIX="$top/opt/weir" uninstall
status 'make uninstall, no DESTDIR: the folder above stays' 0 test -d "$top/opt"
nothing 'make uninstall, no DESTDIR: something is left' "$top/opt"

finish
