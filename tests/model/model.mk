# SPDX-License-Identifier: BSD-2-Clause
# The models: `make check-model` explores all of them (minutes), `make
# check-model-quick` those of every day (seconds). Included from tests/tests.mk.

MODEL_SOURCES := $(sort $(wildcard tests/model/*.c))
MODEL_OBJECTS := $(MODEL_SOURCES:%.c=$(BUILD)/%.o)
MODEL_PROGRAM := $(BUILD)/tests/model/model
MODEL_TRACES  := $(BUILD)/tests/model/traces

$(BUILD)/tests/model/%.o: tests/model/%.c
	@mkdir -p $(@D)
	$(CC) $(WI_CFLAGS) -Itests/model -c -o $@ $<

$(MODEL_PROGRAM): $(MODEL_OBJECTS)
	$(CC) $(WI_CFLAGS) $(LDFLAGS) -o $@ $(MODEL_OBJECTS)

.PHONY: check-model check-model-quick
check-model: $(MODEL_PROGRAM)
	@rm -rf $(MODEL_TRACES) && mkdir -p $(MODEL_TRACES)
	$(MODEL_PROGRAM) -t $(MODEL_TRACES)

check-model-quick: $(MODEL_PROGRAM)
	$(MODEL_PROGRAM) -q

-include $(MODEL_OBJECTS:.o=.d)
