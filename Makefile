# SPDX-License-Identifier: BSD-2-Clause
# weir: one non-recursive Makefile.  `make help` lists the targets.

VERSION_MAJOR := $(shell sed -n 's/^.define WEIR_VERSION_MAJOR //p' include/weir.h)
VERSION_MINOR := $(shell sed -n 's/^.define WEIR_VERSION_MINOR //p' include/weir.h)
VERSION_PATCH := $(shell sed -n 's/^.define WEIR_VERSION_PATCH //p' include/weir.h)
VERSION := $(VERSION_MAJOR).$(VERSION_MINOR).$(VERSION_PATCH)

PREFIX     ?= /usr/local
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
BINDIR     ?= $(PREFIX)/bin
MANDIR     ?= $(PREFIX)/share/man
DATADIR    ?= $(PREFIX)/share/weir
DOCDIR     ?= $(PREFIX)/share/doc/weir
# Examples, unless a package has them where systemd looks: /usr/lib/sysusers.d, tmpfiles.d.
SYSUSERSDIR ?= $(DOCDIR)/sysusers.d
TMPFILESDIR ?= $(DOCDIR)/tmpfiles.d
BUILD      ?= build
AR         ?= ar
INSTALL    ?= install

ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS ?= -O2 -g
LDFLAGS ?= -Wl,-z,relro,-z,now
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Wcast-qual -Wvla \
            -Wstrict-prototypes -Wmissing-prototypes -Wformat=2
SANITIZE ?=
WI_CFLAGS = -std=c11 -D_GNU_SOURCE -fPIC -fvisibility=hidden -pthread -Iinclude -Ilib \
            $(WARNINGS) $(if $(WERROR),-Werror) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) -MMD -MP

LIB_SOURCES  := $(sort $(wildcard lib/*/*.c))
LIB_OBJECTS  := $(LIB_SOURCES:%.c=$(BUILD)/o/%.o)
CTL_SOURCES  := $(sort $(wildcard tools/weirctl/*.c))
CTL_OBJECTS  := $(CTL_SOURCES:%.c=$(BUILD)/o/%.o)
SO_NAME      := libweir.so.$(VERSION_MAJOR)
SO_FILE      := libweir.so.$(VERSION)

.DEFAULT_GOAL := all
.PHONY: all
all: $(BUILD)/libweir.a $(BUILD)/libweir.so $(BUILD)/weirctl $(BUILD)/weir.pc examples

$(BUILD)/o/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(WI_CFLAGS) -c -o $@ $<

$(BUILD)/libweir.a: $(LIB_OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/$(SO_FILE): $(LIB_OBJECTS) lib/weir.map
	$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -shared -pthread -Wl,-soname,$(SO_NAME) \
	  -Wl,--version-script=lib/weir.map $(if $(SANITIZE),,-Wl,-z,defs) -o $@ $(LIB_OBJECTS)

$(BUILD)/libweir.so: $(BUILD)/$(SO_FILE)
	ln -sf $(SO_FILE) $(BUILD)/$(SO_NAME)
	ln -sf $(SO_NAME) $@

$(BUILD)/weirctl: $(CTL_OBJECTS) $(BUILD)/libweir.a
	$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -pthread -o $@ $(CTL_OBJECTS) $(BUILD)/libweir.a

# Folders below the prefix by ${prefix}, so that pkg-config --define-variable moves them too.
WRITE_PC = sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR:$(PREFIX)/%=$${prefix}/%)|' \
  -e 's|@INCLUDEDIR@|$(INCLUDEDIR:$(PREFIX)/%=$${prefix}/%)|' -e 's|@VERSION@|$(VERSION)|' \
  pkgconfig/weir.pc.in

$(BUILD)/weir.pc: pkgconfig/weir.pc.in Makefile include/weir.h
	@mkdir -p $(@D)
	$(WRITE_PC) >$@

# ------------------------------------------------------------------ examples
# Programs that need nothing but libc and weir; those for a host with its own headers are
# built by make check-hosts.  webmail-cgi and the incident: examples/incident/demo.mk.
EXAMPLE_SINGLES  := $(patsubst examples/%.c,$(BUILD)/examples/%,$(sort $(wildcard examples/*.c)))
# What serves clients over sockets, for those below it.
DAEMON_OBJECTS   := $(patsubst %.c,$(BUILD)/o/%.o,$(sort $(wildcard examples/daemon/*.c)))
DELEGATE_OBJECTS := $(patsubst %.c,$(BUILD)/o/%.o,$(sort $(wildcard examples/postfix-policy/*.c)))
SPOA_OBJECTS     := $(patsubst %.c,$(BUILD)/o/%.o,$(sort $(wildcard examples/haproxy/*.c)))
AUTH_OBJECTS     := $(patsubst %.c,$(BUILD)/o/%.o,$(sort $(wildcard examples/auth-http/*.c)))
EXAMPLE_PROGRAMS := $(EXAMPLE_SINGLES) \
  $(if $(DELEGATE_OBJECTS),$(BUILD)/examples/postfix-policy/postfix-policy) \
  $(if $(SPOA_OBJECTS),$(BUILD)/examples/haproxy/weir-spoa) \
  $(if $(AUTH_OBJECTS),$(BUILD)/examples/auth-http/weir-auth-http)
.PHONY: examples
examples: $(EXAMPLE_PROGRAMS)

$(DAEMON_OBJECTS) $(DELEGATE_OBJECTS) $(SPOA_OBJECTS) $(AUTH_OBJECTS): WI_CFLAGS += -Iexamples

LINK = @mkdir -p $(@D); \
  $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -pthread -o $@ $(filter %.o %.a,$^) $(LIBS)

$(BUILD)/examples/postfix-policy/postfix-policy: $(DELEGATE_OBJECTS) $(DAEMON_OBJECTS) $(BUILD)/libweir.a
	$(LINK)

$(BUILD)/examples/haproxy/weir-spoa: $(SPOA_OBJECTS) $(DAEMON_OBJECTS) $(BUILD)/libweir.a
	$(LINK)

$(BUILD)/examples/auth-http/weir-auth-http: LIBS = -lcrypt
$(BUILD)/examples/auth-http/weir-auth-http: $(AUTH_OBJECTS) $(DAEMON_OBJECTS) $(BUILD)/libweir.a
	$(LINK)

$(EXAMPLE_SINGLES): $(BUILD)/examples/%: $(BUILD)/o/examples/%.o $(BUILD)/libweir.a
	$(LINK)

include examples/incident/demo.mk

# --------------------------------------------------------------------- tests
include tests/tests.mk

# --------------------------------------------------------------------- bench
include bench/bench.mk

# ------------------------------------------------------------------- install
INSTALLED_FOLDERS = $(LIBDIR) $(LIBDIR)/pkgconfig $(INCLUDEDIR) $(BINDIR) $(MANDIR)/man1 \
  $(MANDIR)/man3 $(MANDIR)/man5 $(DATADIR) $(SYSUSERSDIR) $(TMPFILESDIR)

# weir.pc is written anew: `make` may have had another prefix than `make install`.
.PHONY: install uninstall
install: all
	$(INSTALL) -d $(INSTALLED_FOLDERS:%="$(DESTDIR)%")
	$(INSTALL) -m 644 include/weir.h "$(DESTDIR)$(INCLUDEDIR)/weir.h"
	$(INSTALL) -m 644 $(BUILD)/libweir.a "$(DESTDIR)$(LIBDIR)/libweir.a"
	$(INSTALL) -m 755 $(BUILD)/$(SO_FILE) "$(DESTDIR)$(LIBDIR)/$(SO_FILE)"
	ln -sf $(SO_FILE) "$(DESTDIR)$(LIBDIR)/$(SO_NAME)"
	ln -sf $(SO_NAME) "$(DESTDIR)$(LIBDIR)/libweir.so"
	$(WRITE_PC) >"$(DESTDIR)$(LIBDIR)/pkgconfig/weir.pc"
	chmod 644 "$(DESTDIR)$(LIBDIR)/pkgconfig/weir.pc"
	$(INSTALL) -m 755 $(BUILD)/weirctl "$(DESTDIR)$(BINDIR)/weirctl"
	$(INSTALL) -m 644 man/weirctl.1 "$(DESTDIR)$(MANDIR)/man1/weirctl.1"
	$(INSTALL) -m 644 man/weir.3 "$(DESTDIR)$(MANDIR)/man3/weir.3"
	$(INSTALL) -m 644 man/weir-policy.5 "$(DESTDIR)$(MANDIR)/man5/weir-policy.5"
	$(INSTALL) -m 644 share/weir/default.conf "$(DESTDIR)$(DATADIR)/default.conf"
	$(INSTALL) -m 644 share/sysusers.d/weir.conf "$(DESTDIR)$(SYSUSERSDIR)/weir.conf"
	$(INSTALL) -m 644 share/tmpfiles.d/weir.conf "$(DESTDIR)$(TMPFILESDIR)/weir.conf"

INSTALLED_FILES = $(INCLUDEDIR)/weir.h $(LIBDIR)/libweir.a $(LIBDIR)/$(SO_FILE) \
  $(LIBDIR)/$(SO_NAME) $(LIBDIR)/libweir.so $(LIBDIR)/pkgconfig/weir.pc $(BINDIR)/weirctl \
  $(MANDIR)/man1/weirctl.1 $(MANDIR)/man3/weir.3 $(MANDIR)/man5/weir-policy.5 \
  $(DATADIR)/default.conf $(SYSUSERSDIR)/weir.conf $(TMPFILESDIR)/weir.conf

# Folders that were not ours alone, and may have been empty before.
KEPT_FOLDERS = $(patsubst %/,%,$(dir $(PREFIX))) \
  $(foreach top,/usr /usr/local,$(top) $(addprefix $(top)/,bin include lib share)) \
  $(foreach top,/usr /usr/local,$(addprefix $(top)/share/,doc man))

# Then each folder that is empty, and those above it, up to DESTDIR.
uninstall:
	rm -f $(INSTALLED_FILES:%="$(DESTDIR)%")
	@for folder in $(INSTALLED_FOLDERS); do \
	  while case " / $(if $(DESTDIR),,$(KEPT_FOLDERS)) " in *" $$folder "*) false ;; esac && \
	    rmdir "$(DESTDIR)$$folder" 2>/dev/null; \
	  do folder=$${folder%/*}; folder=$${folder:-/}; done; \
	done

# A release: what is committed, and nothing of who packs it or when.
.PHONY: dist
dist:
	@mkdir -p $(BUILD)
	git -c tar.umask=0022 archive --prefix=weir-$(VERSION)/ -o $(BUILD)/weir-$(VERSION).tar HEAD
	gzip -9nf $(BUILD)/weir-$(VERSION).tar
	@git diff --quiet HEAD || echo 'make dist: what is not committed was left out' >&2

.PHONY: clean help
clean:
	rm -rf $(BUILD) build-*

help:
	@echo 'make              build/libweir.a, build/libweir.so, build/weirctl, build/weir.pc, examples'
	@echo 'make demo         the incident replayed, with and without weir; under a minute'
	@echo 'make check        the tests; under a minute'
	@echo 'make check-long   models, storms, random traces, fuzzing; minutes'
	@echo 'make check-hosts  real mail servers, started privately on loopback'
	@echo 'make check-browser  the webmail in a real Chromium; pictures of it in build/browser'
	@echo 'make check-package  the Debian packages: built, read by lintian, installed into an empty root'
	@echo 'make check-arm64  the unit tests under qemu'
	@echo 'make check-clang  build and unit tests with clang'
	@echo 'make asan ubsan tsan   the tests under a sanitizer'
	@echo 'make bench        measurements into bench/results'
	@echo 'make install      PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)'
	@echo 'make uninstall, make clean'
	@echo 'make dist         $(BUILD)/weir-$(VERSION).tar.gz, of what is committed'

-include $(shell find $(BUILD)/o -name '*.d' 2>/dev/null)
