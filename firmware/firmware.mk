# SPDX-License-Identifier: Apache-2.0
#
# The firmware: library, boot guard, selftest, monitor, and their tests.
# Included by the Makefile, which sets B, CC, CLANG, CFLAGS, SANITIZE, MODEL_INCLUDE, SUITE.

FW_LIB := $(wildcard firmware/lib/*.c)
FW_HEADERS := $(wildcard firmware/*/*.h) sw-model/include/iommu_regs.h
FW_INCLUDE := -Isw-model/include -Ifirmware/lib -Ifirmware/platform -Ifirmware/apps

# --- 1. the library on the host, against the golden model, with sanitizers ----------------

# What reads other people's data is tested on the host too.
FW_HOST_SOURCES := $(FW_LIB) $(wildcard firmware/tests/*.c) \
    $(addprefix firmware/,platform/fdt.c platform/fdt_write.c platform/discover.c platform/pci.c apps/policy.c apps/tree.c)

$(B)/firmware/host/%.o: firmware/%.c $(FW_HEADERS) sw-model/include/iommu.h $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CLANG) $(CFLAGS) -O1 $(SANITIZE) -DPLATFORM_HOST $(FW_INCLUDE) -c $< -o $@
$(B)/firmware/host-tests: $(FW_HOST_SOURCES:firmware/%.c=$(B)/firmware/host/%.o) \
                          $(B)/model/san/libiommu-model.a
	$(CLANG) $(SANITIZE) $^ -o $@
$(B)/results/firmware-host: $(B)/firmware/host-tests
	@$(SUITE) firmware-host -- $<

FIRMWARE_SUITES := firmware-host firmware-guide

$(B)/firmware/window: $(B)/firmware/host/examples/window.o $(FW_LIB:firmware/%.c=$(B)/firmware/host/%.o) \
                      $(B)/model/san/libiommu-model.a
	$(CLANG) $(SANITIZE) $^ -o $@
$(B)/results/firmware-guide: $(B)/firmware/window docs/firmware.md firmware/examples/window.c \
                             firmware/tests/check_guide.py
	@$(SUITE) firmware-guide -- $(PYTHON) firmware/tests/check_guide.py docs/firmware.md \
	    firmware/examples/window.c $<

# --- 2. images --------------------------------------------------------------------------

RISCV := riscv64-unknown-elf-
# rv64imac: the guard has no use for floating point, and nothing else is sure to be there.
FW_CFLAGS := -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -ffreestanding -fno-builtin \
    -fno-stack-protector -fno-pic -ffunction-sections -fdata-sections -std=c11 -g -Os $(WARNINGS) \
    $(FW_INCLUDE)
FW_LDFLAGS := -nostdlib -nostartfiles -static -Wl,--gc-sections -Wl,--no-warn-rwx-segments \
    -Wl,--fatal-warnings -T firmware/platform/image.ld

FW_PLATFORM := $(wildcard firmware/platform/*.c) firmware/platform/start.S
FW_COMMON_OBJECTS := $(patsubst firmware/%,$(B)/firmware/target/%.o,$(FW_LIB) $(FW_PLATFORM))

$(B)/firmware/target/%.c.o: firmware/%.c $(FW_HEADERS)
	@mkdir -p $(@D)
	$(RISCV)gcc $(FW_CFLAGS) -c $< -o $@
$(B)/firmware/target/%.S.o: firmware/%.S
	@mkdir -p $(@D)
	$(RISCV)gcc $(FW_CFLAGS) -c $< -o $@

# $(call firmware-image,NAME,SOURCES): build/firmware/NAME.elf
define firmware-image
$(B)/firmware/$(1).elf: $(patsubst firmware/%,$(B)/firmware/target/%.o,$(2)) \
                        $(FW_COMMON_OBJECTS) firmware/platform/image.ld
	$(RISCV)gcc $(FW_CFLAGS) $(FW_LDFLAGS) $$(filter %.o,$$^) -lgcc -o $$@
endef

$(eval $(call firmware-image,selftest,$(wildcard firmware/apps/selftest*.c) firmware/apps/edu.c))
$(B)/results/firmware-selftest: $(B)/firmware/selftest.elf firmware/tests/run_selftest.py \
                                firmware/tests/qemu.py
	@$(SUITE) firmware-selftest -- $(PYTHON) firmware/tests/run_selftest.py $<
FIRMWARE_SUITES += firmware-selftest

# --- 3. the boot guard, and what it starts -----------------------------------------------

OPENSBI ?= /usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin

$(eval $(call firmware-image,boot-guard,$(addprefix firmware/apps/,boot-guard.c policy.c tree.c next.S)))
# 32 KB of code and data, stack included, tables and the next stage not.
$(B)/firmware/boot-guard.elf: FW_LDFLAGS += -Wl,--defsym=IMAGE_LIMIT=0x8000
$(B)/firmware/target/apps/next.S.o: FW_CFLAGS += -DNEXT_STAGE='"$(OPENSBI)"'

$(B)/firmware/payload.elf: $(patsubst %,$(B)/firmware/target/apps/%.o,payload.c payload_start.S) \
        $(patsubst %,$(B)/firmware/target/platform/%.c.o,fdt discover uart machine) \
        firmware/apps/payload.ld
	$(RISCV)gcc $(FW_CFLAGS) $(filter-out -T firmware/platform/image.ld,$(FW_LDFLAGS)) \
	    -T firmware/apps/payload.ld $(filter %.o,$^) -lgcc -o $@
$(B)/results/firmware-boot-guard: $(B)/firmware/boot-guard.elf $(B)/firmware/payload.elf \
                                  firmware/tests/run_boot_guard.py firmware/tests/qemu.py
	@$(SUITE) firmware-boot-guard -- $(PYTHON) firmware/tests/run_boot_guard.py \
	    --guard $(B)/firmware/boot-guard.elf --payload $(B)/firmware/payload.elf
FIRMWARE_SUITES += firmware-boot-guard

# --- 4. Linux behind the boot guard: with the kernel that the driver is tested on -----------

ifneq ($(wildcard driver/driver.mk),)
FW_KERNEL := $(B)/driver/linux
$(B)/firmware/linux-init: firmware/tests/linux/init.c
	@mkdir -p $(@D)
	riscv64-linux-gnu-gcc -std=c11 -D_DEFAULT_SOURCE -O2 $(WARNINGS) -static $< -o $@
$(B)/results/firmware-linux: $(B)/firmware/boot-guard.elf $(B)/firmware/linux-init $(FW_KERNEL)/stamp \
                             $(B)/driver/module/riscv-iommu.ko firmware/tests/run_linux.py firmware/tests/run_boot_guard.py \
                             firmware/tests/qemu.py
	@$(SUITE) firmware-linux -- $(PYTHON) firmware/tests/run_linux.py --guard $(B)/firmware/boot-guard.elf \
	    --kernel $(FW_KERNEL)/obj/arch/riscv/boot/Image --init $(B)/firmware/linux-init \
	    --module $(B)/driver/module/riscv-iommu.ko
FIRMWARE_SUITES += firmware-linux
endif

# --- the monitor --------------------------------------------------------------------------

$(eval $(call firmware-image,monitor,$(addprefix firmware/apps/,monitor.c line.c walk.c)))
$(B)/results/firmware-monitor: $(B)/firmware/monitor.elf firmware/tests/run_monitor.py \
                               firmware/tests/run_boot_guard.py firmware/tests/qemu.py
	@$(SUITE) firmware-monitor -- $(PYTHON) firmware/tests/run_monitor.py $<
FIRMWARE_SUITES += firmware-monitor

# --- 5. the library and the selftest on the Verilated RTL ------------------------------------

FW_RTL := $(filter %.sv %.vlt,$(shell cat rtl/iommu.f 2>/dev/null))
FW_RTL_C := $(addprefix firmware/apps/,selftest_bench.c selftest_dma.c selftest_probe.c selftest_machine.c) \
    $(FW_LIB) firmware/platform/fdt.c $(wildcard firmware/tests/rtl/*.c)
FW_RTL_OBJECTS := $(FW_RTL_C:firmware/%.c=$(B)/firmware/rtl/%.o)

$(B)/firmware/rtl/%.o: firmware/%.c $(FW_HEADERS) $(wildcard firmware/tests/rtl/*.h) sim/bench/ports.h \
                       $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O2 -DPLATFORM_HOST $(FW_INCLUDE) -Isim/bench -c $< -o $@

# $(call firmware-rtl,CONFIG,NUMBER): the ports and their C++ are those of the throughput bench. The
# design is compiled apart from what drives it, which changes more often.
define firmware-rtl
$(B)/firmware/verilated-$(1)/Vtb_bench__ALL.a: $(FW_RTL) sim/bench/tb_bench.sv
	@rm -rf $$(@D) && mkdir -p $$(@D)
	MAKEFLAGS= $(VERILATOR) --cc --build -j 2 -O3 -Wall --assert --x-assign fast \
	    --x-initial fast --top-module tb_bench -GConfig=$(2) --Mdir $$(@D) -MAKEFLAGS "OPT_FAST=-O1 OPT_SLOW=-O0" \
	    $(FW_RTL) sim/bench/tb_bench.sv > $$(@D).log 2>&1 || { tail -20 $$(@D).log; exit 1; }
$(B)/firmware/selftest-rtl-$(1): $(FW_RTL_OBJECTS) $(B)/firmware/verilated-$(1)/Vtb_bench__ALL.a \
                                 sim/bench/rtl.cpp sim/bench/ports.h
	g++ -std=c++17 -O1 -Isim/bench -I$(B)/firmware/verilated-$(1) \
	    -I$$$$($(VERILATOR) --getenv VERILATOR_ROOT)/include sim/bench/rtl.cpp $(FW_RTL_OBJECTS) \
	    $(B)/firmware/verilated-$(1)/Vtb_bench__ALL.a $(B)/firmware/verilated-$(1)/libverilated.a \
	    -pthread -latomic -o $$@
$(B)/results/firmware-rtl-$(1): $(B)/firmware/selftest-rtl-$(1) firmware/tests/run_rtl.py \
                                firmware/tests/run_selftest.py firmware/tests/qemu.py
	@$(SUITE) firmware-rtl-$(1) -- $(PYTHON) firmware/tests/run_rtl.py $(1) $$<
endef
$(eval $(call firmware-rtl,small,0))
$(eval $(call firmware-rtl,base,1))
$(eval $(call firmware-rtl,full,2))

# The other configurations take a minute each to compile: `make firmware-test` has them.
FIRMWARE_SUITES += firmware-rtl-base
FIRMWARE_MORE := firmware-rtl-small firmware-rtl-full

.PHONY: firmware-test
firmware-test: $(patsubst %,$(B)/results/%,$(FIRMWARE_SUITES) $(FIRMWARE_MORE)) ## the firmware's tests
	@$(PYTHON) tests/summary.py $^
