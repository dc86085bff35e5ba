# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced after checks.sh.  A private Postfix under $folder: own configuration, queue
# and log, on loopback only, discarding what it accepts.
# postfix_start sets $port_data, $port_end, $port_both, $port_closed, $port_open,
# $port_spawn; postfix_stop ends it.

postfix_main_cf() {
  cat <<END
compatibility_level = 3.6
queue_directory = $folder/q
data_directory = $folder/data
maillog_file = $folder/mail.log
maillog_file_prefixes = $folder
mail_owner = postfix
setgid_group = postdrop
multi_instance_name =
myhostname = mx.example.test
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_soft_error_limit = 10000
smtpd_hard_error_limit = 10001
smtpd_error_sleep_time = 0
smtpd_policy_service_timeout = 5s
smtpd_policy_service_retry_delay = 1s
smtpd_policy_service_default_action = DUNNO
in_flow_delay = 0
biff = no
default_transport = discard:test
relay_transport = discard:test
policy-spawn_time_limit = 3600s
weir = check_policy_service { unix:private/policy, timeout=5s, { default_action = 451 4.3.5 try again later } }
END
}

# The servers that clients speak to; bench/bench_hosts.sh has others.
postfix_smtpd() {
  policy=check_policy_service,unix:private/policy
  cat <<END
127.0.0.1:$port_data inet n - n - 60 smtpd
  -o smtpd_data_restrictions=$policy
127.0.0.1:$port_end inet n - n - 60 smtpd
  -o smtpd_end_of_data_restrictions=$policy
127.0.0.1:$port_both inet n - n - 60 smtpd
  -o smtpd_data_restrictions=\$weir
  -o smtpd_end_of_data_restrictions=\$weir
127.0.0.1:$port_closed inet n - n - 60 smtpd
  -o smtpd_data_restrictions=\$weir
127.0.0.1:$port_open inet n - n - 60 smtpd
  -o smtpd_data_restrictions=check_policy_service,unix:private/policy-open
127.0.0.1:$port_spawn inet n - n - 60 smtpd
  -o smtpd_data_restrictions=check_policy_service,unix:private/policy-spawn
policy-spawn unix - n n - 0 spawn user=nobody:nogroup argv=$folder/bin/postfix-policy -t $table
END
}

postfix_master_cf() {
  postfix_smtpd
  cat <<END
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
END
}

postfix_master() {
  sed -n 's/^ *\([0-9][0-9]*\).*/\1/p' "$folder/q/pid/master.pid" 2>/dev/null
}

postfix_start() {
  mkdir -p "$folder/etc" "$folder/q" "$folder/data" || return 1
  chown postfix: "$folder/data" || return 1
  for attempt in 1 2 3; do # another program may take a port in between
    first=$(free_ports 6) || return 1
    port_data=$first
    port_end=$((first + 1))
    port_both=$((first + 2))
    port_closed=$((first + 3))
    port_open=$((first + 4))
    port_spawn=$((first + 5))
    postfix_main_cf >"$folder/etc/main.cf"
    postfix_master_cf >"$folder/etc/master.cf"
    postfix -c "$folder/etc" start >>"$folder/postfix.out" 2>&1 &&
      wait_for answers "$port_data" && wait_for answers "$port_spawn" && return 0
    echo "attempt $attempt to start Postfix failed: $(tail -n 1 "$folder/mail.log")"
    postfix_stop
  done
  return 1
}

postfix_stop() {
  master=$(postfix_master)
  postfix -c "$folder/etc" stop >>"$folder/postfix.out" 2>&1
  test -z "$master" || stop_process "$master"
}
