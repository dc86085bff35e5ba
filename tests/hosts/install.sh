# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced.  need_packages LOG PROGRAM:PACKAGE … installs the packages whose programs are
# not there.  Returns 1, with the reason in $reason, where that cannot be.

reason=
policy_rc=/usr/sbin/policy-rc.d
policy_rc_made=

# Without this a package's server would start on its default port.
forbid_autostart() {
  if ! test -e "$policy_rc"; then
    printf '#!/bin/sh\nexit 101\n' >"$policy_rc" && chmod 755 "$policy_rc" && policy_rc_made=1
  fi
}

allow_autostart() {
  if test -n "$policy_rc_made"; then
    rm -f "$policy_rc"
    policy_rc_made=
  fi
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-remove --no-install-recommends "$@"
}

need_packages() {
  log=$1
  shift
  missing=
  for pair in "$@"; do
    PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
  done
  test -n "$missing" || return 0
  reason="missing:$missing"
  test "$(id -u)" = 0 && command -v apt-get >/dev/null || return 1
  case $missing in
  *postfix*)
    echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections ;;
  esac
  forbid_autostart
  # shellcheck disable=SC2086
  apt_install $missing >"$log" 2>&1 || { apt-get update -q && apt_install $missing; } >"$log" 2>&1
  status=$?
  allow_autostart
  test $status = 0 || reason="could not install$missing: $(tail -n 1 "$log")"
  return $status
}
