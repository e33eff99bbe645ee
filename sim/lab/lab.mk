# SPDX-License-Identifier: Apache-2.0
#
# The lab: Linux in QEMU whose PCI devices are served by a process of ours, behind the IOMMU.
# Included by the Makefile, which sets B, CC, CLANG, CFLAGS, SANITIZE, MODEL_INCLUDE, SUITE,
# PYTHON and SEED. See docs/lab.md.

LAB := $(B)/lab
LAB_HEADERS := $(wildcard sim/lab/*.h)
LAB_PINS := rtl rtl_ats hooks record replay # what knows the RTL's pins
LAB_SUITES := lab-protocol lab-functions lab-translation lab-linux lab-driver lab-lifecycle lab-rtl lab-rtl-full lab-rtl-translation \
    lab-rtl-linux lab-rtl-driver lab-recording
HOSTILE ?= 1200000

$(LAB)/san/%.o: %.c $(LAB_HEADERS) $(wildcard tests/lab/*.h) $(MODEL_HEADERS) $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CLANG) $(CFLAGS) -O1 $(SANITIZE) $(MODEL_INCLUDE) -Isim/lab -c $< -o $@

$(LAB)/test-vfu: $(patsubst %,$(LAB)/san/%.o,sim/lab/vfu sim/lab/socket sim/lab/memory \
                 tests/lab/client tests/lab/test_vfu)
	$(CLANG) $(SANITIZE) $^ -o $@
$(B)/results/lab-protocol: $(LAB)/test-vfu
	@$(SUITE) lab-protocol -- $< $(SEED)

LAB_SAN := $(filter-out sim/lab/main $(LAB_PINS:%=sim/lab/%),$(patsubst %.c,%,$(wildcard sim/lab/*.c))) \
    tests/lab/client tests/lab/machine
$(LAB)/test-functions: $(patsubst %,$(LAB)/san/%.o,$(LAB_SAN) tests/lab/hostile tests/lab/test_functions) $(B)/model/san/libiommu-model.a
	$(CLANG) $(SANITIZE) $^ -o $@
$(LAB)/test-translation: $(patsubst %,$(LAB)/san/%.o,$(LAB_SAN) tests/lab/test_translation) $(B)/model/san/libiommu-model.a
	$(CLANG) $(SANITIZE) $^ -o $@
$(B)/results/lab-translation: $(LAB)/test-translation
	@$(SUITE) lab-translation -- $<
$(B)/results/lab-functions: $(LAB)/test-functions
	@$(SUITE) lab-functions -- $< $(SEED) $(HOSTILE)

LAB_OBJECTS := $(patsubst sim/lab/%.c,$(LAB)/obj/%.o,$(filter-out $(LAB_PINS:%=sim/lab/%.c),$(wildcard sim/lab/*.c)))

$(LAB)/obj/%.o: sim/lab/%.c $(LAB_HEADERS) $(MODEL_HEADERS) $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O2 $(MODEL_INCLUDE) -c $< -o $@
$(LAB)/lab: $(LAB_OBJECTS) $(B)/model/opt/libiommu-model.a
	$(CC) -O2 $^ -o $@

# The same with the RTL linked in, as the lockstep bench builds it: its main() calls
# bench_main(). lab-rtl and test-functions-rtl have Base, lab-rtl-full and so on have others. HOSTILE_RTL: hostile requests there, each some 50 to 100 cycles.
HOSTILE_RTL ?= 20000
LAB_RTL_OBJECTS := $(filter-out %/main.o %/no_rtl.o,$(LAB_OBJECTS)) $(patsubst %,$(LAB)/obj/%.o,$(filter-out replay,$(LAB_PINS)))

$(LAB_PINS:%=$(LAB)/obj/%.o): $(LAB)/obj/%.o: sim/lab/%.c $(LAB_HEADERS) $(MODEL_HEADERS) sim/iommu/pins.h $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O2 $(MODEL_INCLUDE) -Isim/iommu -c $< -o $@
$(LAB)/obj/bench_main.o: sim/lab/main.c $(LAB_HEADERS) $(MODEL_HEADERS) $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O2 $(MODEL_INCLUDE) -DWITH_RTL -c $< -o $@
$(LAB)/obj/test/%.o: tests/lab/%.c $(LAB_HEADERS) $(wildcard tests/lab/*.h) $(MODEL_HEADERS) $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O2 $(MODEL_INCLUDE) -Isim/lab -DWITH_RTL -c $< -o $@
# $(call lab-with-rtl,CONFIG,NUMBER,SUFFIX)
define lab-with-rtl
$(LAB)/lab-rtl$(3): $(LAB)/obj/bench_main.o
$(LAB)/test-functions-rtl$(3): $(LAB_TEST_MACHINE) $(LAB)/obj/test/hostile.o $(LAB)/obj/test/test_functions.o
$(LAB)/test-translation-rtl$(3): $(LAB_TEST_MACHINE) $(LAB)/obj/test/test_translation.o
$(LAB)/lab-rtl$(3) $(LAB)/test-functions-rtl$(3) $(LAB)/test-translation-rtl$(3): \
        $(COSIM_BUILD)/$(1)/libVtb_iommu.a sim/iommu/main.cpp $(LAB_RTL_OBJECTS) \
        $(B)/model/opt/libiommu-model.a
	g++ -O2 -std=c++17 -fno-lto -DCONFIG=$(2) -DVM_TRACE=0 -isystem $$(VERILATOR_INCLUDE) \
	    -isystem $$(VERILATOR_INCLUDE)/vltstd -Isim/iommu -isystem $(COSIM_BUILD)/$(1) sim/iommu/main.cpp \
	    $$(filter %.o,$$^) $$(filter %.a,$$^) $(COSIM_BUILD)/$(1)/libverilated.a -pthread -o $$@
endef
LAB_TEST_MACHINE := $(LAB)/obj/test/client.o $(LAB)/obj/test/machine.o
$(eval $(call lab-with-rtl,small,0,-small))
$(eval $(call lab-with-rtl,base,1,))
$(eval $(call lab-with-rtl,full,2,-full))

# Gives the design again what a recording has: RTL=.., TRACE=1 for a waveform, RECORDING=..
RTL ?= base
RECORDING ?= $(LAB)/lab.replay
RTL_NUMBER = $(if $(filter small,$(RTL)),0,$(if $(filter base,$(RTL)),1,2))
$(LAB)/lab-replay-$(RTL)$(COSIM_TAG): $(COSIM_BUILD)/$(RTL)$(COSIM_TAG)/libVtb_iommu.a \
        sim/iommu/main.cpp $(LAB)/obj/replay.o $(LAB)/obj/record.o $(LAB)/obj/hooks.o
	g++ -O2 -std=c++17 -fno-lto -DCONFIG=$(RTL_NUMBER) -DVM_TRACE=$(if $(TRACE),1,0) \
	    -isystem $(VERILATOR_INCLUDE) -isystem $(VERILATOR_INCLUDE)/vltstd -Isim/iommu \
	    -isystem $(dir $<) sim/iommu/main.cpp $(filter %.o,$^) $< $(dir $<)libverilated.a -pthread \
	    $(if $(TRACE),-lz) -o $@
.PHONY: lab-replay
lab-replay: $(LAB)/lab-replay-$(RTL)$(COSIM_TAG) ## what a recording of the lab has, once more: RECORDING=.. RTL=.. TRACE=1 for lab.fst
	$< $(RECORDING) $(if $(TRACE),$(LAB)/lab.fst)

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

# The driver's own suite, with the lab's devices instead of QEMU's, and what QEMU's cannot do; which
# cases, and why not the others: docs/lab.md. In its own folder: the lab's `lib` and programs.
LAB_DRIVER_PROGRAMS := $(DRIVER_PROGRAMS) $(LAB)/driver-programs/edu $(LAB)/driver-programs/vfio-edu
$(LAB)/driver-programs/edu: tests/lab/edu.c sim/lab/engine.h
	@mkdir -p $(@D)
	$(RISCV_CC) -std=c11 -D_GNU_SOURCE -O2 $(WARNINGS) -Isim/lab -static $< -o $@
$(LAB)/driver-programs/vfio-edu: tests/lab/vfio-edu
	@mkdir -p $(@D)
	@cp $< $@
$(LAB)/driver-cases/lib: $(wildcard driver/test/cases/* tests/lab/driver/*) tests/lab/driver-lib
	@rm -rf $(@D) && mkdir -p $(@D)
	@cp driver/test/cases/* tests/lab/driver/* $(@D)
	@cat driver/test/cases/lib tests/lab/driver-lib > $@
LAB_DRIVER_NEEDS := $(LAB_NEEDS) $(LAB)/driver-cases/lib $(LAB_DRIVER_PROGRAMS) $(B)/iommu-explain
LAB_DRIVER_RUN := $(subst --guest-cases tests/lab/guest,--guest-cases $(LAB)/driver-cases,$(LAB_RUN)) \
    --programs $(DRIVER)/programs --programs $(LAB)/driver-programs --hostile --explain $(B)/iommu-explain
$(B)/results/lab-driver: $(LAB_DRIVER_NEEDS) tests/lab/driver.py
	@$(SUITE) lab-driver -- $(PYTHON) tests/lab/driver.py --logs $(LAB)/logs -- $(LAB_DRIVER_RUN) --seed $(SEED)

# Some of them behind the RTL (Full) in lockstep. A device that does not answer has 5 s.
$(B)/results/lab-rtl-driver: $(LAB)/lab-rtl-full $(LAB_DRIVER_NEEDS) tests/lab/driver.py
	@$(SUITE) lab-rtl-driver -- $(PYTHON) tests/lab/driver.py --logs $(LAB)/logs --boots rtl -- \
	    $(subst $(LAB)/lab ,$(LAB)/lab-rtl-full ,$(LAB_DRIVER_RUN)) --iommu both --seed $(SEED) --patience 5000 --amount 128

# The Verilated RTL in lockstep with the model, without Linux.
$(B)/results/lab-rtl: $(LAB)/test-functions-rtl $(LAB)/lab-replay-base
	@$(SUITE) lab-rtl -- bash -c '$(LAB)/test-functions-rtl $(SEED) $(HOSTILE_RTL) both $(LAB)/lie.replay && \
	    $(LAB)/lab-replay-base $(LAB)/lie.replay && ! $(LAB)/lab-replay-base $<'

# With it, which is what `make demo` shows.
LAB_DEMO = $(subst $(LAB)/lab ,$(LAB)/lab-rtl ,$(wordlist 3,99,$(LAB_RUN))) --amount 128
DEMO_SCRIPTS := $(addprefix sim/demo/,linux.py journal.py page.py)
$(B)/results/lab-rtl-linux: $(LAB)/lab-rtl $(LAB_NEEDS) $(DEMO_SCRIPTS)
	@$(SUITE) lab-rtl-linux -- bash -c '$(PYTHON) sim/demo/linux.py --suite --figures $(LAB)/figures.json $(LAB_DEMO) \
	        --log $(LAB)/logs/rtl.log && \
	    { [ ! -e $(LAB)/figures.json ] || $(PYTHON) sim/demo/page.py $(LAB)/figures.json $(LAB)/index.html; }'

# Full, which has ATS and PRI: without Linux.
$(B)/results/lab-rtl-full: $(LAB)/test-functions-rtl-full
	@$(SUITE) lab-rtl-full -- $< $(SEED) $$(($(HOSTILE_RTL) / 2)) both
$(B)/results/lab-rtl-translation: $(LAB)/test-translation-rtl-full
	@$(SUITE) lab-rtl-translation -- $< both

# Whose make is the one that the lab's message names.
$(B)/results/lab-recording: $(LAB)/lab-rtl $(LAB)/lab-replay-base tests/lab/recording.py
	@$(SUITE) lab-recording -- $(PYTHON) tests/lab/recording.py $(LAB)/lab-rtl env -u MAKEFLAGS make -s B=$(B)

# A million hostile requests and messages each, in lockstep: some 3 and 11 minutes of a processor.
HOSTILE_SOAK ?= 1000000
.PHONY: lab-soak
lab-soak: $(LAB)/test-functions-rtl $(LAB)/test-functions-rtl-full ## hostile devices behind the RTL: HOSTILE_SOAK=1000000
	$(LAB)/test-functions-rtl $(SEED) $(HOSTILE_SOAK) both
	$(LAB)/test-functions-rtl-full $(SEED) $(HOSTILE_SOAK) both

# What sim/demo/run.py builds, in two processes: nothing is in both.
.PHONY: demo-linux-needs demo-rtl
demo-linux-needs: $(filter-out $(LAB)/lab,$(LAB_NEEDS))
demo-rtl: $(LAB)/lab-rtl
$(B)/results/lab-lifecycle: $(LAB_NEEDS) tests/lab/lifecycle.py
	@$(SUITE) lab-lifecycle -- $(PYTHON) tests/lab/lifecycle.py $(LAB)/lab $(LAB_RUN) --cases boot

.PHONY: lab lab-status lab-test bench-lab
bench-lab: $(LAB_NEEDS) $(LAB)/lab-rtl sim/lab/bench.py ## speed of Linux in the lab; writes build/bench/lab.json
	$(PYTHON) sim/lab/bench.py $(B)/bench/lab.json $(LAB)/lab-rtl $(LAB_RUN)
IOMMU ?= model
# Words that would be found wrong only when all is built.
ifneq ($(filter lab lab-intree,$(MAKECMDGOALS)),)
ifeq ($(filter model rtl both none,$(IOMMU)),)
$(error IOMMU=$(IOMMU): it is model, rtl, both or none)
endif
ifeq ($(filter base full,$(RTL)),)
$(error RTL=$(RTL): it is base or full; Linux needs interrupt messages)
endif
ifneq ($(TRIGGER)$(WAVES),)
ifeq ($(filter rtl both,$(IOMMU)),)
$(error WAVES and TRIGGER need IOMMU=rtl or IOMMU=both)
endif
ifneq ($(filter-out fault address=% device=%,$(TRIGGER)),)
$(error TRIGGER=$(TRIGGER): it is fault, address=X or device=X)
endif
endif
endif
LAB_PROGRAM := $(LAB)/lab$(if $(filter rtl both,$(IOMMU)),-rtl$(filter-out -base,-$(RTL)))
lab: $(LAB_NEEDS) $(LAB_PROGRAM) ## Linux in QEMU with its devices behind the IOMMU; a shell. IOMMU=model, rtl, both or none; RTL=base or full; WAVES=1, TRIGGER=..
	$(subst $(LAB)/lab ,$(LAB_PROGRAM) ,$(LAB_RUN)) --iommu $(IOMMU) \
	    --config $(if $(filter rtl both,$(IOMMU)),$(RTL),full) --status $(LAB)/status \
	    $(if $(filter rtl both,$(IOMMU)),--record $(RECORDING)) $(if $(TRIGGER)$(WAVES),--trigger $(or $(TRIGGER),fault))
# The kernel's own driver (Linux 7.x, built in) instead of ours: some minutes for that kernel, once.
INTREE := $(B)/intree
INTREE_MODULE := $(wildcard tests/lab/intree-module/*) driver/riscv-iommu-ranges.c driver/riscv-iommu-engine.h
INTREE_CASES ?= found,domains,ranges,disk-translated,disk-lazy,storm,hotplug,again
$(INTREE)/linux/stamp: $(wildcard tests/lab/intree-kernel/*) $(KERNEL_FILES) driver/kernel/config-7
	driver/kernel/build.sh $(INTREE)/linux newest tests/lab/intree-kernel/config \
	    tests/lab/intree-kernel/svpbmt.patch
	@touch $@
$(INTREE)/module/iommu-other.ko: $(INTREE_MODULE) $(INTREE)/linux/stamp
	@mkdir -p $(@D) && cp $(INTREE_MODULE) $(@D)
	env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C $(INTREE)/linux/obj M=$(abspath $(@D)) ARCH=riscv \
	    CROSS_COMPILE=riscv64-linux-gnu- modules
.PHONY: lab-intree
lab-intree: $(INTREE)/module/iommu-other.ko $(LAB_PROGRAM) $(wildcard tests/lab/intree/*) \
            $(filter-out $(DRIVER)/module/riscv-iommu.ko,$(LAB_NEEDS)) ## the kernel's own IOMMU driver on the lab: IOMMU=.. RTL=..
	$(PYTHON) sim/lab/lab.py --server $(LAB_PROGRAM) --kernel $(INTREE)/linux/obj \
	    --module $(INTREE)/module --debian $(DRIVER)/debian --programs $(LAB)/programs \
	    --guest-cases tests/lab/intree --iommu-id 1b36:0014 --iommu $(IOMMU) --hostile --seed $(SEED) \
	    --config $(if $(filter rtl both,$(IOMMU)),$(RTL) --amount 128,full) --cases $(INTREE_CASES) \
	    --append "iommu.passthrough=1$(if $(filter rtl both,$(IOMMU)), steps=300 rounds=6 storm=3000)" \
	    --log $(LAB)/logs/intree.log
lab-status: ## figures of a running lab, each second, on a second terminal
	@trap 'echo; exit 0' INT; while sleep 1; do printf '\r\033[K%.*s' $$(tput cols) "$$(cat $(LAB)/status 2>/dev/null || echo no lab is running)"; done
lab-test: $(LAB_SUITES:%=$(B)/results/%) ## the lab's tests
	@$(PYTHON) tests/summary.py $^
