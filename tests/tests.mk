# SPDX-License-Identifier: BSD-2-Clause
# Tests: one program a file.  tests/unit and tests/tool run in `make check`; the folders
# that take longer run in `make check-long`.

UNIT_SOURCES  := $(sort $(wildcard tests/unit/test_*.c))
UNIT_PROGRAMS := $(UNIT_SOURCES:%.c=$(BUILD)/%)
LONG_SOURCES  := $(sort $(wildcard tests/crash/*.c tests/fuzz/*.c))
LONG_PROGRAMS := $(LONG_SOURCES:%.c=$(BUILD)/%)
# cmocka: from its package, or where there is none from what `make check-arm64` unpacked.
CMOCKA_CFLAGS ?= $(shell pkg-config --cflags cmocka 2>/dev/null)
CMOCKA_LIBS   ?= $(shell pkg-config --libs cmocka 2>/dev/null || echo -lcmocka)
RUN           ?=

$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/libweir.a $(wildcard tests/support/*.h)
	@mkdir -p $(@D)
	$(CC) $(WI_CFLAGS) $(CMOCKA_CFLAGS) -Itests -o $@ $< $(BUILD)/libweir.a $(CMOCKA_LIBS)

$(LONG_PROGRAMS): $(BUILD)/%: %.c $(BUILD)/libweir.a $(wildcard tests/support/*.h)
	@mkdir -p $(@D)
	$(CC) $(WI_CFLAGS) -Itests -Wl,-z,now -o $@ $< $(BUILD)/libweir.a -lm

.PHONY: check check-setup check-unit check-tool check-headers check-layers
check: check-setup check-build check-headers check-unit check-tool

# All processors build, whether or not make was told so.
.PHONY: check-build
check-build: check-setup
	@+$(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$$(nproc)) \
	  all $(UNIT_PROGRAMS) $(TOOL_HELPERS)

# What the tests need and a fresh machine lacks; nothing where all is there.
check-setup:
	@sh tests/setup.sh

check-unit: $(UNIT_PROGRAMS)
	@set -e; for program in $(UNIT_PROGRAMS); do echo "== $$program"; $(RUN) $$program; done

# The command's and the examples' tests: shell and Python against the built programs, as many at
# once as there are processors; what each says comes in one piece.
TOOL_TESTS := $(sort $(wildcard tests/tool/*.sh))
TOOL_HELPERS := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/tool/*.c)))
$(TOOL_HELPERS): $(BUILD)/%: %.c $(BUILD)/libweir.a
	@mkdir -p $(@D)
	$(CC) $(WI_CFLAGS) -o $@ $< $(BUILD)/libweir.a

check-tool: all $(TOOL_HELPERS)
	@printf '%s\n' $(TOOL_TESTS) | \
	  WEIRCTL=$(abspath $(BUILD)/weirctl) CGI=$(abspath $(BUILD)/examples/webmail-cgi/compose) \
	  DELEGATE=$(abspath $(BUILD)/examples/postfix-policy/postfix-policy) \
	  PUT_EVENT=$(abspath $(BUILD)/tests/tool/put_event) \
	  xargs -P "$$(nproc)" -n 1 sh -c 'told=$$(sh "$$1" 2>&1); status=$$?; \
	    printf "== %s\n%s\n" "$$1" "$$told"; test $$status = 0' sh

check-headers:
	@sh tests/headers.sh "$(CC)"

check-layers:
	@sh tests/layers.sh

# ------------------------------------------------------------------ sanitizers
# Their own build folders.  The thread sanitizer sees the threads of one mapping only.
.PHONY: asan ubsan tsan check-clang check-arm64
asan:
	$(MAKE) BUILD=build-asan SANITIZE='-fsanitize=address -fno-omit-frame-pointer' check-unit check-tool
ubsan:
	$(MAKE) BUILD=build-ubsan \
	  SANITIZE='-fsanitize=undefined -fno-sanitize-recover=all' check-unit check-tool
tsan:
	$(MAKE) BUILD=build-tsan SANITIZE=-fsanitize=thread check-unit

check-clang:
	$(MAKE) BUILD=build-clang CC=clang WERROR=1 all check-unit

check-arm64:
	@sh tests/arm64.sh

# ------------------------------------------------------------------------ long
.PHONY: check-long
check-long: check-model check-explore check-reference check-crash check-dist

# The library again, with a hook at each access to shared memory.
$(BUILD)/tests/explore/explore: tests/explore/explore.c $(LIB_SOURCES) $(wildcard lib/*/*.h tests/support/*.h tests/explore/*.h)
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(WI_CFLAGS)) -DWI_SCHEDULED -Itests -o $@ $(filter %.c,$^)

.PHONY: check-explore
check-explore: $(BUILD)/tests/explore/explore
	$(BUILD)/tests/explore/explore

.PHONY: check-reference check-crash
check-reference: all
	WEIRCTL=$(abspath $(BUILD)/weirctl) python3 -B tests/reference/reference.py

check-crash: all $(LONG_PROGRAMS)
	@set -e; for program in $(LONG_PROGRAMS); do echo "== $$program"; $$program; done

# The tarball of `make dist`, built and checked where it was unpacked.
.PHONY: check-dist
check-dist:
	@sh tests/dist.sh

# The Debian packages, built from a clean export and installed into an empty root.
.PHONY: check-package
check-package:
	@sh tests/package.sh

-include tests/model/model.mk tests/hosts/hosts.mk
