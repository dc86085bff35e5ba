#!/bin/sh
# An include goes to its own folder or to one further up in this list, never down.
set -eu
layers="base clock hash limit policy table region plan gauge guard admit respond words public"
rank() {
  place=0
  for layer in $layers; do
    place=$((place + 1))
    [ "$layer" = "$1" ] && echo $place && return
  done
  echo 99
}
bad=0
for layer in $layers; do
  own=$(rank "$layer")
  for include in $(sed -n 's/^#include "\([a-z]*\)\/.*/\1/p' lib/"$layer"/*.[ch] | sort -u); do
    other=$(rank "$include")
    if [ "$other" -gt "$own" ]; then
      echo "lib/$layer includes lib/$include, which is further down"
      bad=1
    fi
  done
done
for folder in lib/*/; do
  name=$(basename "$folder")
  [ "$(rank "$name")" != 99 ] || { echo "lib/$name is not in the list"; bad=1; }
done
grep -ln "stdatomic.h" lib/*/*.[ch] && bad=1
[ $bad = 0 ] && echo "layers: sound"
exit $bad
