# SPDX-License-Identifier: Apache-2.0
#
# The lab: Linux in QEMU whose PCI devices are served by a process of ours, behind the IOMMU.
# Included by the Makefile, which sets B, CC, CLANG, CFLAGS, SANITIZE, MODEL_INCLUDE, SUITE,
# PYTHON and SEED. See docs/lab.md.

LAB := $(B)/lab
LAB_HEADERS := $(wildcard sim/lab/*.h)
LAB_SUITES := lab-protocol lab-functions lab-linux lab-lifecycle lab-rtl
HOSTILE ?= 1200000

$(LAB)/san/%.o: %.c $(LAB_HEADERS) $(wildcard tests/lab/*.h) $(MODEL_HEADERS) $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CLANG) $(CFLAGS) -O1 $(SANITIZE) $(MODEL_INCLUDE) -Isim/lab -c $< -o $@

$(LAB)/test-vfu: $(patsubst %,$(LAB)/san/%.o,sim/lab/vfu sim/lab/socket sim/lab/memory \
                 tests/lab/client tests/lab/test_vfu)
	$(CLANG) $(SANITIZE) $^ -o $@
$(B)/results/lab-protocol: $(LAB)/test-vfu
	@$(SUITE) lab-protocol -- $< $(SEED)

$(LAB)/test-functions: $(patsubst %,$(LAB)/san/%.o,$(filter-out sim/lab/main sim/lab/rtl,$(patsubst %.c,%,$(wildcard sim/lab/*.c))) \
                       tests/lab/client tests/lab/test_functions) $(B)/model/san/libiommu-model.a
	$(CLANG) $(SANITIZE) $^ -o $@
$(B)/results/lab-functions: $(LAB)/test-functions
	@$(SUITE) lab-functions -- $< $(SEED) $(HOSTILE)

LAB_OBJECTS := $(patsubst sim/lab/%.c,$(LAB)/obj/%.o,$(filter-out sim/lab/rtl.c,$(wildcard sim/lab/*.c)))

$(LAB)/obj/%.o: sim/lab/%.c $(LAB_HEADERS) $(MODEL_HEADERS) $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O2 $(MODEL_INCLUDE) -c $< -o $@
$(LAB)/lab: $(LAB_OBJECTS) $(B)/model/opt/libiommu-model.a
	$(CC) -O2 $^ -o $@

# The same with the RTL (Base) linked in, as the lockstep bench builds it: its main() calls
# bench_main(). HOSTILE_RTL: hostile requests there, each some 50 to 100 cycles.
HOSTILE_RTL ?= 20000
LAB_RTL := $(COSIM_BUILD)/base
LAB_RTL_OBJECTS := $(filter-out %/main.o %/no_rtl.o,$(LAB_OBJECTS)) $(LAB)/obj/rtl.o

$(LAB)/obj/rtl.o: sim/lab/rtl.c $(LAB_HEADERS) $(MODEL_HEADERS) sim/iommu/pins.h $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O2 $(MODEL_INCLUDE) -Isim/iommu -c $< -o $@
$(LAB)/obj/bench_main.o: sim/lab/main.c $(LAB_HEADERS) $(MODEL_HEADERS) $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O2 $(MODEL_INCLUDE) -DWITH_RTL -c $< -o $@
$(LAB)/obj/test/%.o: tests/lab/%.c $(LAB_HEADERS) $(wildcard tests/lab/*.h) $(MODEL_HEADERS) $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O2 $(MODEL_INCLUDE) -Isim/lab -DWITH_RTL -c $< -o $@
$(LAB)/lab-rtl: $(LAB)/obj/bench_main.o
$(LAB)/test-functions-rtl: $(LAB)/obj/test/client.o $(LAB)/obj/test/test_functions.o
$(LAB)/lab-rtl $(LAB)/test-functions-rtl: $(LAB_RTL)/libVtb_iommu.a sim/iommu/main.cpp \
                                          $(LAB_RTL_OBJECTS) $(B)/model/opt/libiommu-model.a
	g++ -O2 -std=c++17 -fno-lto -DCONFIG=1 -DVM_TRACE=0 -isystem $(VERILATOR_INCLUDE) \
	    -isystem $(VERILATOR_INCLUDE)/vltstd -Isim/iommu -isystem $(LAB_RTL) sim/iommu/main.cpp \
	    $(filter %.o,$^) $(filter %.a,$^) $(LAB_RTL)/libverilated.a -pthread -o $@

# Programs of the guest.
$(LAB)/programs/%: sim/lab/guest/%.c sim/lab/engine.h
	@mkdir -p $(@D)
	$(RISCV_CC) -std=c11 -D_GNU_SOURCE -O2 $(WARNINGS) -static $< -o $@

LAB_NEEDS := $(LAB)/lab $(LAB)/programs/vfio-engine $(DRIVER)/module/riscv-iommu.ko \
    $(DRIVER)/debian/usr/bin/busybox $(wildcard sim/lab/lab.py sim/lab/guest/* tests/lab/guest/*)
LAB_RUN := $(PYTHON) sim/lab/lab.py --server $(LAB)/lab --kernel $(DRIVER)/linux/obj \
    --module $(DRIVER)/module --debian $(DRIVER)/debian --programs $(LAB)/programs \
    --guest-cases tests/lab/guest

# Boots Linux; skipped where there is no QEMU 11.
$(B)/results/lab-linux: $(LAB_NEEDS)
	@$(SUITE) lab-linux -- $(LAB_RUN) --hostile --cases boot,nvme,vfio,quarantine,storm \
	    --seed $(SEED) --log $(LAB)/logs/linux.log

# The Verilated RTL in lockstep with the model: without Linux, and with it, which is what
# `make demo` shows.
LAB_DEMO = $(subst $(LAB)/lab ,$(LAB)/lab-rtl ,$(wordlist 3,99,$(LAB_RUN))) --amount 128
DEMO_SCRIPTS := $(addprefix sim/demo/,linux.py journal.py page.py)
$(B)/results/lab-rtl: $(LAB)/lab-rtl $(LAB)/test-functions-rtl $(LAB_NEEDS) $(DEMO_SCRIPTS)
	@$(SUITE) lab-rtl -- bash -c '$(LAB)/test-functions-rtl $(SEED) $(HOSTILE_RTL) both && \
	    $(PYTHON) sim/demo/linux.py --suite --figures $(LAB)/figures.json $(LAB_DEMO) \
	        --log $(LAB)/logs/rtl.log && \
	    { [ ! -e $(LAB)/figures.json ] || $(PYTHON) sim/demo/page.py $(LAB)/figures.json $(LAB)/index.html; }'

# What sim/demo/run.py builds, in two processes: nothing is in both.
.PHONY: demo-linux-needs demo-rtl
demo-linux-needs: $(filter-out $(LAB)/lab,$(LAB_NEEDS))
demo-rtl: $(LAB)/lab-rtl
$(B)/results/lab-lifecycle: $(LAB_NEEDS) tests/lab/lifecycle.py
	@$(SUITE) lab-lifecycle -- $(PYTHON) tests/lab/lifecycle.py $(LAB)/lab $(LAB_RUN) --cases boot

.PHONY: lab lab-status lab-test bench-lab
bench-lab: $(LAB_NEEDS) sim/lab/bench.py ## speed of Linux in the lab; writes build/bench/lab.json
	$(PYTHON) sim/lab/bench.py $(B)/bench/lab.json $(LAB_RUN)
IOMMU ?= model
LAB_PROGRAM := $(LAB)/lab$(if $(filter rtl both,$(IOMMU)),-rtl)
lab: $(LAB_NEEDS) $(LAB_PROGRAM) ## Linux in QEMU with its devices behind the IOMMU; a shell. IOMMU=model, rtl, both or none
	$(subst $(LAB)/lab ,$(LAB_PROGRAM) ,$(LAB_RUN)) --iommu $(IOMMU) \
	    --config $(if $(filter rtl both,$(IOMMU)),base,full) --status $(LAB)/status
lab-status: ## figures of a running lab, each second, on a second terminal
	@while sleep 1; do printf '\r\033[K%s' "$$(cat $(LAB)/status)"; done
lab-test: $(LAB_SUITES:%=$(B)/results/%) ## the lab's tests
	@$(PYTHON) tests/summary.py $^
