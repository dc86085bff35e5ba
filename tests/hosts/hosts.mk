# SPDX-License-Identifier: BSD-2-Clause
# Real servers, started privately on loopback; installs them when root, else skips.
.PHONY: check-hosts
check-hosts: all
	@BUILD=$(abspath $(BUILD)) WEIRCTL=$(abspath $(BUILD)/weirctl) \
	  DELEGATE=$(abspath $(BUILD)/examples/postfix-policy/postfix-policy) \
	  SPOA=$(abspath $(BUILD)/examples/haproxy/weir-spoa) \
	  AUTH=$(abspath $(BUILD)/examples/auth-http/weir-auth-http) sh tests/hosts/run.sh

# The webmail in a real Chromium, 200 MB to fetch: no part of check-hosts.  Leaves pictures of each
# page in build/browser.
.PHONY: check-browser
check-browser: all
	@BUILD=$(abspath $(BUILD)) WEIRCTL=$(abspath $(BUILD)/weirctl) sh tests/hosts/browser.sh

# ------------------------------------------------------------------- modules
# They need their host's headers, so `make` does not build them.  Linked with the library
# itself, they need no ldconfig.

# From Debian's package exim4-dev.  Exim's headers are no part of this program's warnings.
EXIM_INCLUDE ?= /usr/include/exim4
EXIM_MODULE  := $(BUILD)/examples/exim/weir_exim.so
EXIM_SOURCES := $(sort $(wildcard examples/exim/*.c))

.PHONY: exim-module
exim-module: $(EXIM_MODULE)

$(EXIM_MODULE): $(EXIM_SOURCES) $(wildcard examples/exim/*.h) $(BUILD)/libweir.a
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(WI_CFLAGS)) -isystem $(EXIM_INCLUDE) $(LDFLAGS) -shared \
	  -Wl,--exclude-libs,ALL -o $@ $(filter %.c %.a,$^)

# From Debian's package nginx-dev.  nginx's own configure builds it; 7 s.
NGINX_MODULE := $(BUILD)/examples/nginx/ngx_http_weir_module.so

.PHONY: nginx-module
nginx-module: $(NGINX_MODULE)

$(NGINX_MODULE): $(wildcard examples/nginx/*) $(BUILD)/libweir.a
	@WEIR_CFLAGS=-I$(abspath include) WEIR_LIBS="$(abspath $(BUILD)/libweir.a) -pthread" \
	  sh examples/nginx/build.sh $(@D)

# From Debian's package libmilter-dev.
MILTER_PROGRAM := $(BUILD)/examples/milter/weir-milter
MILTER_OBJECTS := $(patsubst %.c,$(BUILD)/o/%.o,$(sort $(wildcard examples/milter/*.c)))

.PHONY: milter-program
milter-program: $(MILTER_PROGRAM)

$(MILTER_OBJECTS): WI_CFLAGS += -Iexamples

$(MILTER_PROGRAM): $(MILTER_OBJECTS) $(DAEMON_OBJECTS) $(BUILD)/libweir.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -pthread -o $@ $^ -lmilter
