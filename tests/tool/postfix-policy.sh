#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/postfix-policy without Postfix: see the Python file of the same name.
exec python3 -B "$(dirname "$0")/postfix-policy.py"
