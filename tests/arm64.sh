#!/bin/sh
# The unit tests as aarch64 programs under qemu.  Says nothing about memory order (the host's
# is stronger); says that everything compiles there and computes the same.
set -eu
compiler=aarch64-linux-gnu-gcc
if ! command -v $compiler >/dev/null || ! command -v qemu-aarch64 >/dev/null; then
  echo "check-arm64: skipped, needs gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user"
  exit 0
fi
root=$(pwd)/build-arm64/cmocka
if [ ! -e "$root/usr/lib/aarch64-linux-gnu/libcmocka.so" ]; then
  sh tests/arm64_cmocka.sh "$root" || { echo "check-arm64: skipped, no cmocka for arm64"; exit 0; }
fi
for flags in "" "-march=armv8.1-a"; do
  make -s BUILD="build-arm64/${flags:+lse}" CC=$compiler CFLAGS="-O2 $flags" \
    CMOCKA_CFLAGS="-I$root/usr/include" \
    CMOCKA_LIBS="-L$root/usr/lib/aarch64-linux-gnu -lcmocka -Wl,-rpath,$root/usr/lib/aarch64-linux-gnu" \
    RUN="qemu-aarch64 -cpu max -L /usr/aarch64-linux-gnu" check-unit
done
