# SPDX-License-Identifier: Apache-2.0
# sonde: `make help` lists what there is. V=1 shows commands.

VERSION := 0.1.0
OUT ?= build
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
Q := $(if $(V),,@)

CC ?= gcc
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
ARCH := $(subst aarch64,arm64,$(subst x86_64,x86,$(shell uname -m)))

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
	-Wno-format-nonliteral -Wno-missing-field-initializers -Werror
INCLUDE := -I. -I$(OUT)/gen -isystem $(OUT)/gen/system
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
CFLAGS ?= -O2 -g
LTO := -flto=auto
BASE_CFLAGS := -std=gnu17 -D_GNU_SOURCE -DSONDE_VERSION='"$(VERSION)"' $(WARN) $(INCLUDE)
SAN_CFLAGS := -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_CFLAGS := -g -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LIBS := -lbpf -lelf -lz -lprotobuf-c -lcurl -lmicrohttpd -lgnutls -lyaml -ljansson -lseccomp \
	-lcap-ng -lcrypt -lxxhash -lZydis -lm

SOURCES := $(sort $(shell find user -name '*.c'))
LIBRARY := $(filter-out user/main.c,$(SOURCES))
PROTOS := $(sort $(shell find user -name '*.proto'))
BPF := $(sort $(wildcard bpf/*.bpf.c))
UNIT := $(sort $(shell find tests/unit -name '*.c'))
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/*.c)))

GEN_C := $(PROTOS:%.proto=$(OUT)/gen/%.pb-c.c)
GEN_H := $(GEN_C:.c=.h) $(BPF:bpf/%.bpf.c=$(OUT)/gen/bpf/%.skel.h)

# $(call objects,flavour): the library's objects of one flavour (release, san, fuzz).
objects = $(LIBRARY:%.c=$(OUT)/$(1)/%.o) $(GEN_C:$(OUT)/gen/%.c=$(OUT)/$(1)/gen/%.o)

# For run and check: quiet, and with every CPU where the caller did not choose.
JOBS = $(if $(V),,-s) $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

all: $(OUT)/sonde ## Build build/sonde (installs nothing)

run: ## Show sonde at work: on a small service of its own, or WATCH='--watch.port=8080'; DURATION=s
	$(Q)tools/setup build
	$(Q)$(MAKE) --no-print-directory $(JOBS) all
	$(Q)tools/run

libraries:
	@echo $(LIBS)

lint: $(OUT)/sonde ## Run the checks of tools/check (layers, format, sizes, licences, ...)
	$(Q)tools/check/all

check: ## Set up and run every test; CI=true fuzzes longer and allows only the skips of tests/skips
	$(Q)tools/setup check
	$(Q)$(MAKE) --no-print-directory $(JOBS) all $(OUT)/sonde-san
	$(Q)tests/run

$(OUT)/sonde: $(OUT)/release/user/main.o $(OUT)/release/libsonde.a
	@echo '  LD      $@'
	$(Q)$(CC) -pie $(CFLAGS) $(LTO) $(HARDEN) -Wl,-z,relro,-z,now -Wl,--gc-sections -Wl,--as-needed -o $@ $^ $(LIBS)

# The same under ASan and UBSan, for tests/e2e/sanitized.
$(OUT)/sonde-san: $(OUT)/san/user/main.o $(OUT)/san/libsonde.a
	@echo '  LD      $@'
	$(Q)$(CC) $(SAN_CFLAGS) -o $@ $^ $(LIBS)

$(OUT)/tests/unit: $(UNIT:%.c=$(OUT)/san/%.o) $(OUT)/san/libsonde.a
	@mkdir -p $(@D)
	@echo '  LD      $@'
	$(Q)$(CC) $(SAN_CFLAGS) -o $@ $^ $(LIBS)

unit: $(OUT)/tests/unit ## Run the unit tests under ASan and UBSan; TEST=name picks some
	$(Q)$(OUT)/tests/unit $(TEST)

# One rule a flavour for objects and archive: compiler, flags.
define flavour
$(OUT)/$(1)/%.o: %.c | $(GEN_H)
	@mkdir -p $$(@D)
	@echo '  CC      $$<'
	$$(Q)$(2) $$(BASE_CFLAGS) $(3) -MMD -MP -c -o $$@ $$<
$(OUT)/$(1)/gen/%.o: $(OUT)/gen/%.c
	@mkdir -p $$(@D)
	$$(Q)$(2) -std=gnu17 $$(INCLUDE) $(3) -MMD -MP -c -o $$@ $$<
$(OUT)/$(1)/libsonde.a: $(call objects,$(1))
	@echo '  AR      $$@'
	@rm -f $$@
	$$(Q)gcc-ar rcs $$@ $$^
endef
$(eval $(call flavour,release,$(CC),$(CFLAGS) $(LTO) $(HARDEN) -ffunction-sections -fdata-sections))
$(eval $(call flavour,san,$(CC),$(SAN_CFLAGS)))
$(eval $(call flavour,fuzz,$(CLANG),$(FUZZ_CFLAGS)))

$(OUT)/fuzz-%: $(OUT)/fuzz/tests/fuzz/%.o $(OUT)/fuzz/libsonde.a
	@echo '  LD      $@'
	$(Q)$(CLANG) -g -fsanitize=fuzzer,address,undefined -o $@ $^ $(LIBS)

fuzz-%: $(OUT)/fuzz-% ## Build one fuzz target and run it; RUNS=
	$(Q)tools/fuzz $*

fuzz: $(FUZZERS:%=$(OUT)/fuzz-%) ## Run every fuzz target; RUNS= inputs each (1,000,000), BUDGET= seconds
	$(Q)tools/fuzz $(FUZZERS)

$(OUT)/gen/%.pb-c.c $(OUT)/gen/%.pb-c.h: %.proto
	@mkdir -p $(OUT)/gen
	@echo '  PROTOC  $<'
	$(Q)protoc-c --c_out=$(OUT)/gen $<

$(OUT)/bpf/%.o: bpf/%.bpf.c
	@mkdir -p $(@D)
	@echo '  BPF     $<'
	$(Q)$(CLANG) -g -O2 -target bpf -mcpu=v3 -D__bpf__ -D__TARGET_ARCH_$(ARCH) -Wall -Wextra -Werror \
		-Wno-unused-function -Wno-unused-parameter \
		-I. -idirafter /usr/include/$(shell $(CC) -dumpmachine) -MMD -MP -MF $(OUT)/bpf/$*.d -MT $@ \
		-c -o $@ $<

$(OUT)/gen/bpf/%.skel.h: $(OUT)/bpf/%.o
	@mkdir -p $(@D)
	@echo '  SKEL    $@'
	$(Q)$(BPFTOOL) gen skeleton $< name $(subst -,_,$*) > $@

BENCH := $(patsubst tools/bench/%.c,$(OUT)/bench/%,$(sort $(wildcard tools/bench/*.c)))

$(OUT)/bench/%: $(OUT)/release/tools/bench/%.o $(OUT)/release/libsonde.a
	@mkdir -p $(@D)
	@echo '  LD      $@'
	$(Q)$(CC) -pie -Wl,--gc-sections -Wl,--as-needed -o $@ $^ $(LIBS)

bench: ## Measure everything that has a bar, with the base beside it; QUICK=1: a tenth of the time
	$(Q)tools/setup bench
	$(Q)$(MAKE) --no-print-directory all $(BENCH)
	$(Q)tools/bench/all $(if $(QUICK),--quick)

# The configuration is its user's once it is there.
install: all ## Install sonde, its systemd unit and a first configuration; PREFIX=, SYSCONFDIR=, DESTDIR=
	$(Q)install -D -m 755 $(OUT)/sonde $(DESTDIR)$(PREFIX)/bin/sonde
	$(Q)install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/sonde README.md CHANGELOG.md LICENSE
	$(Q)install -d $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(SYSCONFDIR)/sonde
	$(Q)sed 's|@PREFIX@|$(PREFIX)|; s|/etc/sonde|$(SYSCONFDIR)/sonde|' deploy/sonde.service.in \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/sonde.service
	$(Q)test -e $(DESTDIR)$(SYSCONFDIR)/sonde/sonde.yaml || \
		install -m 644 deploy/sonde.yaml $(DESTDIR)$(SYSCONFDIR)/sonde/sonde.yaml

guests: ## Fetch the kernels of tools/guest/kernels, boot each and count requests in it
	$(Q)tools/setup guests
	$(Q)$(MAKE) --no-print-directory $(JOBS) all
	$(Q)tools/guest/fetch $$(awk '!/^#/ { print $$1 }' tools/guest/kernels)
	$(Q)tests/run $(patsubst tests/%,%,$(sort $(wildcard tests/guest/*)))

format: ## Format all C files
	$(Q)clang-format -i $(shell git ls-files '*.c' '*.h')

clean: ## Remove what was built
	$(Q)rm -rf $(OUT)

help: ## Show this list
	@awk -F':.*## ' '/^[a-z%-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
.PHONY: all run libraries lint check unit fuzz bench install guests format clean help
.SECONDARY:
