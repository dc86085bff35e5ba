# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced after checks.sh and install.sh.  A private Exim under $folder, on loopback
# only, which queues what it accepts and delivers nothing.
#   exim_find LOG        sets $exim and $exim_include, or $reason and returns 1
#   exim_prepare         builds the module and puts into $folder what Exim has to reach
#   exim_start NAME SPOOL POLICY   sets $port_none (weir is not asked), $port_own (Exim's
#                        ratelimit), $port_line (weir in its place), $port_recipient and
#                        $port_message (the ACLs of weir-acl.conf)
#   exim_stop NAME
# $BUILD is the build folder, $root the source's; Exim is unpacked into $BUILD/hosts.

WEIR_HOSTS=$BUILD/hosts
exim_packages="exim4-daemon-heavy exim4-base exim4-dev"
exim_libraries="libgnutls-dane0 libidn12 libmariadb3 libpq5 libspf2-2"

exim_has_dlfunc() {
  "$1" -bV 2>/dev/null | grep -q Expand_dlfunc
}

# Exim looks up the user that it was compiled for, whatever its configuration says.
exim_user() {
  getent passwd Debian-exim >/dev/null ||
    useradd --system -U --no-create-home --shell /usr/sbin/nologin Debian-exim
}

# What is unpacked, or installed: nothing is fetched.
exim_find_local() {
  reason="no Exim with dlfunc and its headers"
  for exim in "$WEIR_HOSTS/exim/usr/sbin/exim4" /usr/sbin/exim4; do
    exim_include=${exim%/sbin/exim4}/include/exim4
    test -x "$exim" && test -e "$exim_include/local_scan.h" && exim_user &&
      exim_has_dlfunc "$exim" && return 0
  done
  return 1
}

# Exim and Postfix cannot both be installed, so Exim is unpacked only.
# shellcheck disable=SC2086
exim_find() {
  test "$(id -u)" = 0 || { reason="a private Exim needs root" && return 1; }
  exim_find_local && return 0
  command -v apt-get >/dev/null || return 1
  forbid_autostart
  rm -rf "$WEIR_HOSTS/exim.new"
  mkdir -p "$WEIR_HOSTS/exim.new" &&
    { apt_install $exim_libraries || { apt-get update -q && apt_install $exim_libraries; }; } \
      >"$1" 2>&1 &&
    (cd "$WEIR_HOSTS/exim.new" && apt-get download $exim_packages &&
      for package in *.deb; do dpkg-deb -x "$package" . || exit 1; done) >>"$1" 2>&1
  status=$?
  allow_autostart
  test $status = 0 || { reason="could not fetch Exim: $(tail -n 1 "$1")" && return 1; }
  rm -rf "$WEIR_HOSTS/exim"
  mv "$WEIR_HOSTS/exim.new" "$WEIR_HOSTS/exim"
  exim_find_local
}

# exim_conf NAME SPOOL POLICY: what is asked at each port.
exim_conf() {
  cat <<END
WEIR_MODULE = $folder/weir_exim.so
WEIR_POLICY = $3
exim_path = $folder/bin/exim4
exim_user = Debian-exim
exim_group = Debian-exim
primary_hostname = mx.example.test
spool_directory = $2
log_file_path = $folder/exim/$1.%slog
pid_file_path = $folder/exim/$1.pid
local_interfaces = <; 127.0.0.1.$port_none ; 127.0.0.1.$port_own ; \
  127.0.0.1.$port_line ; 127.0.0.1.$port_recipient ; 127.0.0.1.$port_message
keep_environment =
add_environment = <; WEIR_TABLE=$table
tls_advertise_hosts =
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max = 100
smtp_accept_queue_per_connection = 0
smtp_accept_max_nonmail_hosts =
smtp_ratelimit_hosts =
recipients_max = 0
never_users = root
queue_only = true
acl_smtp_rcpt = rcpt_\$received_port
acl_smtp_predata = predata_\$received_port
acl_smtp_data = check_data
begin acl
.include $folder/weir-acl.conf
rcpt_$port_none:
  accept
rcpt_$port_own:
  defer   ratelimit = 1000000 / 1h / per_rcpt / strict / \$authenticated_id
  accept
rcpt_$port_line:
  defer   !condition = \${dlfunc{WEIR_MODULE}{weir_acl_allows}{WEIR_POLICY}\
                  {user=\$authenticated_id}{recipients=1}}
          message = \${extract{text}{\${dlfunc{WEIR_MODULE}{weir_acl_last}}}}
  accept
rcpt_$port_recipient:
  require acl = acl_weir_recipient
  accept
rcpt_$port_message:
  accept
predata_$port_none:
  accept
predata_$port_own:
  accept
predata_$port_line:
  accept
predata_$port_recipient:
  accept
predata_$port_message:
  require acl = acl_weir_message
  accept
check_data:
  warn    condition = \${if def:h_X-Refuse:}
          acl = acl_weir_refund
  deny    condition = \${if def:h_X-Refuse:}
          message = refused for another reason
  accept
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if eq{\$auth3}{pw-\$auth2}}
  server_set_id = \$auth2
  server_advertise_condition = yes
END
}

# For a folder that Debian-exim can enter: program, module and ACLs.
exim_prepare() {
  mkdir -p "$folder/bin" "$folder/exim" && chown Debian-exim: "$folder/exim" &&
    cp "$exim" "$folder/bin/exim4" && cp "$root/examples/exim/weir-acl.conf" "$folder/" &&
    make -s -C "$root" BUILD="$BUILD" EXIM_INCLUDE="$exim_include" exim-module &&
    cp "$BUILD/examples/exim/weir_exim.so" "$folder/"
}

exim_start() {
  mkdir -p "$2" && chown Debian-exim: "$2" || return 1
  for attempt in 1 2 3; do # another program may take a port in between
    first=$(free_ports 5) || return 1
    port_none=$first
    port_own=$((first + 1))
    port_line=$((first + 2))
    port_recipient=$((first + 3))
    port_message=$((first + 4))
    exim_conf "$1" "$2" "$3" >"$folder/exim/$1.conf"
    rm -f "$folder/exim/$1.pid"
    "$folder/bin/exim4" -C "$folder/exim/$1.conf" -bd >>"$folder/exim/$1.out" 2>&1 &&
      wait_for test -s "$folder/exim/$1.pid" && wait_for answers "$port_message" && return 0
    echo "attempt $attempt to start Exim failed: $(tail -n 1 "$folder/exim/$1".*log)"
    exim_stop "$1"
  done
  return 1
}

# The processes of connections that are still open end with their clients.
exim_stop() {
  pid=$(cat "$folder/exim/$1.pid" 2>/dev/null) || return 0
  test -z "$pid" || stop_process "$pid"
}
