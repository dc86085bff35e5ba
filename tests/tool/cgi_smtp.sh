#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/webmail-cgi before a mail server that says what it is told to say: every reply late,
# torn, missing, hostile.  CGI and WEIRCTL name the two programs.
# Ends with "N passed, M failed".
set -u
: "${CGI:?the path of the compose program}" "${WEIRCTL:?the path of weirctl}"
exec python3 -B "$(dirname "$0")/cgi_smtp.py"
