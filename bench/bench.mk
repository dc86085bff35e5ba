# SPDX-License-Identifier: BSD-2-Clause
# Benches: one question a program, bench/bench_NAME.c; each prints TSV and never asserts.
# bench/README.md says how the results and their page come about.

BENCH_SOURCES  := $(sort $(wildcard bench/bench_*.c))
BENCH_PROGRAMS := $(BENCH_SOURCES:%.c=$(BUILD)/%)
BENCH_SHELL    := $(sort $(wildcard bench/bench_*.sh))
BENCH_SCRIPTS  := $(BENCH_SHELL) \
  $(filter-out $(BENCH_SHELL:.sh=.py),$(sort $(wildcard bench/bench_*.py)))
RESULTS        ?= bench/results

# Peers that need another library are left out where it is missing; their rows say so.
BENCH_HAS_CK      := $(wildcard /usr/include/ck_ht.h)
BENCH_HAS_DB      := $(wildcard /usr/include/db.h)
BENCH_HAS_HIREDIS := $(shell pkg-config --exists hiredis 2>/dev/null && echo yes)
BENCH_CFLAGS := -Ibench $(if $(BENCH_HAS_CK),-DWI_HAVE_CK) $(if $(BENCH_HAS_DB),-DWI_HAVE_DB) \
  $(if $(BENCH_HAS_HIREDIS),-DWI_HAVE_HIREDIS)

# What several programs share.  An archive, and --as-needed, so that a program links no more
# than it calls.
BENCH_SHARED := $(patsubst %.c,$(BUILD)/o/%.o,$(sort $(wildcard bench/support/*.c bench/peers/*.c)))
BENCH_COLD   := $(BUILD)/o/bench/cold_server.o $(BUILD)/o/bench/cold_stage.o
BENCH_MEMORY := $(BUILD)/o/bench/memory_model.o
BENCH_GUARD  := $(BUILD)/o/bench/guard_spread.o
BENCH_CAMPUS := $(patsubst %.c,$(BUILD)/o/%.o,$(sort $(wildcard bench/campus*.c)))
BENCH_LIBS   := -Wl,--as-needed -pthread -lm $(if $(BENCH_HAS_CK),-lck)

# Fresh processes that bench_cold starts: one program a peer, so that none pays for the
# libraries of another.
BENCH_CHILDREN := $(BUILD)/bench/cold_child $(if $(BENCH_HAS_HIREDIS),$(BUILD)/bench/cold_redis) \
  $(if $(BENCH_HAS_DB),$(BUILD)/bench/cold_db)

BENCH_OBJECTS := $(patsubst %.c,$(BUILD)/o/%.o,$(BENCH_SOURCES) bench/cold_child.c \
  bench/cold_redis.c bench/cold_db.c) $(BENCH_SHARED) $(BENCH_COLD) $(BENCH_MEMORY) $(BENCH_GUARD) \
  $(BENCH_CAMPUS)
$(BENCH_OBJECTS): WI_CFLAGS += $(BENCH_CFLAGS)

$(BUILD)/libbench.a: $(BENCH_SHARED)
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

BENCH_LINK = @mkdir -p $(@D); \
  $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(BENCH_LIBS)

$(BUILD)/bench/bench_cold: $(BENCH_COLD) | $(BENCH_CHILDREN)
$(BUILD)/bench/bench_memory: $(BENCH_MEMORY)
$(BUILD)/bench/bench_guard: $(BENCH_GUARD)
$(BUILD)/bench/bench_campus: $(BENCH_CAMPUS)
$(BENCH_PROGRAMS): $(BUILD)/bench/%: $(BUILD)/o/bench/%.o $(BUILD)/libbench.a $(BUILD)/libweir.a
	$(BENCH_LINK)

$(BUILD)/bench/cold_redis: BENCH_LIBS := -Wl,--as-needed -lhiredis
$(BUILD)/bench/cold_db: BENCH_LIBS := -Wl,--as-needed -ldb
$(BENCH_CHILDREN): $(BUILD)/bench/%: $(BUILD)/o/bench/%.o $(BUILD)/libweir.a
	$(BENCH_LINK)

# `make bench` measures all; `make bench-memory` one, with ARGUMENTS="…" in other sizes;
# `make bench-page` writes the page anew from the rows that are there.  One after another,
# whatever -j says: two measurements at once measure each other.
BENCH_MEASURE = CC='$(CC)' CFLAGS='$(CFLAGS)' sh bench/page/measure.sh '$(RESULTS)'
BENCH_PAGE    = python3 bench/page/page.py '$(RESULTS)'

.PHONY: bench bench-page bench-programs
bench-programs: $(BENCH_PROGRAMS) $(BENCH_CHILDREN)

bench: all bench-programs
	@failed=; BUILD='$(BUILD)'; export BUILD; \
	for each in $(BENCH_PROGRAMS) $(BENCH_SCRIPTS); do \
	  $(BENCH_MEASURE) $$each || failed="$$failed $$each"; \
	done; $(BENCH_PAGE); test -z "$$failed" || { echo "failed:$$failed" >&2; exit 1; }

bench-page:
	@$(BENCH_PAGE)

BENCH_ONE := $(patsubst bench/bench_%.c,bench-%,$(BENCH_SOURCES))
.PHONY: $(BENCH_ONE)
$(BENCH_ONE): bench-%: $(BUILD)/bench/bench_%
	@$(BENCH_MEASURE) $< $(ARGUMENTS)

BENCH_SCRIPT_ONE := $(patsubst bench/bench_%,bench-%,$(basename $(BENCH_SCRIPTS)))
.PHONY: $(BENCH_SCRIPT_ONE)
$(BENCH_SCRIPT_ONE): all
	@BUILD='$(BUILD)' $(BENCH_MEASURE) $(filter bench/bench_$(@:bench-%=%).%,$(BENCH_SCRIPTS)) $(ARGUMENTS)
