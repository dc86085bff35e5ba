# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# Sourced.  Numbered checks and their sums.

passed=0
failed=0
skipped=0

# check NAME GOT EXPECTED
check() {
  number=$((passed + failed + skipped + 1))
  if test "$2" = "$3"; then
    passed=$((passed + 1))
    echo "ok $number $1"
  else
    failed=$((failed + 1))
    echo "FAILED $number $1: got '$2', expected '$3'"
  fi
}

# skip NAME REASON
skip() {
  skipped=$((skipped + 1))
  echo "skipped $((passed + failed + skipped)) $1: $2"
}

sums() {
  echo "$passed passed, $failed failed, $skipped skipped"
}

# alive PID: a zombie is not; PID 1 of a container may never reap it.
alive() {
  case $(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) in
  '' | Z | X) return 1 ;;
  esac
}

# stop_process PID [SIGNAL]: and wait until it has gone; after 5 s by SIGKILL.
stop_process() {
  kill "-${2:-TERM}" "$1" 2>/dev/null || return 0
  tries=0
  while alive "$1"; do
    tries=$((tries + 1))
    test $tries -lt 100 || kill -KILL "$1" 2>/dev/null
    sleep 0.05
  done
}

# wait_for COMMAND…: until it succeeds, 10 s at most.
wait_for() {
  tries=0
  until "$@" 2>/dev/null; do
    tries=$((tries + 1))
    test $tries -lt 200 || return 1
    sleep 0.05
  done
}

# free_ports COUNT: the first of COUNT ports in a row that nobody listens on.
free_ports() {
  python3 - "$1" <<'END'
import random, socket, sys
count = int(sys.argv[1])
while True:
    first = random.randint(12501, 32000)  # below the ports that clients are given
    links = [socket.socket() for _ in range(count)]
    try:
        for i, link in enumerate(links):
            link.bind(("127.0.0.1", first + i))
    except OSError:
        continue
    finally:
        for link in links:
            link.close()
    print(first)
    break
END
}

# answers PORT: a server greets there.
answers() {
  python3 - "$1" <<'END'
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5) as link:
    sys.exit(link.recv(3) != b"220")
END
}
