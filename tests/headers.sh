#!/bin/sh
# The public header compiles alone, twice, as C99 and as C++11, without a warning.
set -eu
cc=${1:-cc}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf '#include "weir.h"\n#include "weir.h"\nint probe(void);\nint probe(void) { return WEIR_OK; }\n' \
  >"$folder/probe.c"
cp "$folder/probe.c" "$folder/probe.cc"
"$cc" -std=c99 -Wall -Wextra -Wpedantic -Werror -Iinclude -c -o "$folder/probe.o" "$folder/probe.c"
if command -v g++ >/dev/null; then
  g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -Iinclude -c -o "$folder/probe.o" "$folder/probe.cc"
fi
