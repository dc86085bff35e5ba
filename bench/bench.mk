# SPDX-License-Identifier: BSD-2-Clause
# Benches: one question a program; each prints TSV and never asserts.

BENCH_SOURCES  := $(sort $(wildcard bench/bench_*.c))
BENCH_PROGRAMS := $(BENCH_SOURCES:%.c=$(BUILD)/%)

$(BENCH_PROGRAMS): $(BUILD)/%: %.c $(BUILD)/libweir.a
	@mkdir -p $(@D)
	$(CC) $(WI_CFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/libweir.a

# Results: bench/results/NAME.tsv, with the commit and the command in the first lines.
.PHONY: bench
bench: $(BENCH_PROGRAMS)
	@mkdir -p bench/results
	@set -e; for program in $(BENCH_PROGRAMS); do name=$$(basename $$program); \
	  { echo "# make bench; commit $$(git rev-parse --short HEAD 2>/dev/null || echo unknown); \
	$$($(CC) --version | head -1); flags $(CFLAGS); $$(uname -srm); $$(nproc) processors"; \
	    $$program; } | tee bench/results/$$name.tsv; done
