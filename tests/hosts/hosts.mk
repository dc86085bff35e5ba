# SPDX-License-Identifier: BSD-2-Clause
# Real servers, started privately on loopback; installs them when root, else skips.
.PHONY: check-hosts
check-hosts: all
	@WEIRCTL=$(abspath $(BUILD)/weirctl) \
	  DELEGATE=$(abspath $(BUILD)/examples/postfix-policy/postfix-policy) sh tests/hosts/run.sh
