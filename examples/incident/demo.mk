# SPDX-License-Identifier: BSD-2-Clause
# The CGI program and the replay of the incident: each folder is one program.

CGI_OBJECTS := $(patsubst %.c,$(BUILD)/o/%.o,$(sort $(wildcard examples/webmail-cgi/*.c)))
CGI_PROGRAM := $(BUILD)/examples/webmail-cgi/compose
INCIDENT_OBJECTS := $(patsubst %.c,$(BUILD)/o/%.o,$(sort $(wildcard examples/incident/*.c)))
INCIDENT_PROGRAM := $(BUILD)/examples/incident/incident

$(CGI_PROGRAM): $(CGI_OBJECTS) $(BUILD)/libweir.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -pthread -o $@ $^ -lcrypt

$(INCIDENT_PROGRAM): $(INCIDENT_OBJECTS) $(BUILD)/libweir.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -pthread -o $@ $^ -lm

examples: $(CGI_PROGRAM) $(INCIDENT_PROGRAM)

.PHONY: demo
demo: $(CGI_PROGRAM) $(INCIDENT_PROGRAM)
	@$(INCIDENT_PROGRAM) $(CGI_PROGRAM) share/weir/default.conf

-include $(CGI_OBJECTS:.o=.d) $(INCIDENT_OBJECTS:.o=.d)
