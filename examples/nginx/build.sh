#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# build.sh FOLDER: the module into FOLDER/ngx_http_weir_module.so, for the nginx of
# Debian's package nginx-dev, which has the sources' headers and the flags that nginx was
# built with; a module built with others is refused at start.
set -eu
module=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
command -v bash >/dev/null
cd "${NGINX_SOURCE:-/usr/share/nginx/src}"
MODULE=$module FOLDER=$folder bash -c '. ./conf_flags
  ./configure --with-cc-opt="-g -O2 -fPIC" --with-ld-opt="-fPIC -Wl,-z,relro,-z,now" \
    "${NGX_CONF_FLAGS[@]}" --add-dynamic-module="$MODULE" --builddir="$FOLDER"' \
  >"$folder/configure.log" 2>&1 || { tail -n 5 "$folder/configure.log" >&2 && exit 1; }
make -s -f "$folder/Makefile" "$folder/ngx_http_weir_module.so"
