# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced.  A visitor of the webmail at $port_web, who keeps cookies under $folder.

# ask USER METHOD PATH [CURL OPTION …]: with the user's cookies; the page is in $folder/page, the
# header in $folder/head.  Prints the status.
ask() {
  jar=$folder/jar.$1
  method=$2
  url=http://127.0.0.1:$port_web/$3
  shift 3
  curl -s -o "$folder/page" -D "$folder/head" -b "$jar" -c "$jar" -w '%{http_code}\n' \
    -X "$method" "$@" "$url"
}

# header NAME: of the last answer.
header() {
  sed -n "s/^$1: *\(.*[^ ]\) *\r$/\1/ip" "$folder/head"
}

has() {
  if grep -qF -- "$1" "$folder/page"; then echo yes; else echo no; fi
}

token() {
  sed -n 's/.*name="token" value="\([0-9a-f]*\)".*/\1/p' "$folder/page" | head -n 1
}

# sign_in USER [INSTANCE]: prints the status of the page behind it; sets nothing.
sign_in() {
  ask "$1" POST "${2:-mail}/sign-in" -d "user=$1" -d password=secret >/dev/null
  ask "$1" GET "${2:-mail}"
}

# send USER INSTANCE [CURL OPTION …]: a message; prints the status.
send() {
  sender=$1
  where=$2
  shift 2
  ask "$sender" GET "$where" >/dev/null
  ask "$sender" POST "$where" -d "token=$(token)" "$@"
}

letter() {
  send "$1" "$2" -d to=u@x.test -d subject=s -d 'body=a kept letter'
}
