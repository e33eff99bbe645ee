# SPDX-License-Identifier: GPL-2.0-only
#
# The Linux driver: the kernel it is tested on, the modules, and its tests. The kernel is
# built once (about 5 CPU-minutes), and stays under build/driver/linux.

DRIVER := $(B)/driver
DRIVER_SOURCES := $(wildcard driver/*.[ch]) driver/Kbuild driver/build.sh sw-model/include/iommu_regs.h
DRIVER_KERNEL := $(DRIVER)/linux/stamp
DRIVER_TEST := $(wildcard driver/test/* driver/test/cases/*)
RISCV_CC := riscv64-linux-gnu-gcc
DRIVER_PROGRAMS := $(addprefix $(DRIVER)/programs/,edu perf-count vfio-edu)

$(DRIVER_KERNEL): driver/kernel/build.sh driver/kernel/config-6.12 $(wildcard driver/kernel/*.patch)
	driver/kernel/build.sh $(DRIVER)/linux
	@touch $@
$(DRIVER)/module/riscv-iommu.ko: $(DRIVER_SOURCES) $(DRIVER_KERNEL)
	driver/build.sh $(DRIVER)/linux/obj $(DRIVER)/module
	@touch $@
$(DRIVER)/debian/usr/bin/busybox: driver/test/packages.sh
	driver/test/packages.sh $(DRIVER)/debian busybox-static
	@touch $@
$(DRIVER)/programs/%: driver/test/%.c
	@mkdir -p $(@D)
	$(RISCV_CC) -std=c11 -D_GNU_SOURCE -O2 $(WARNINGS) -static $< -o $@

$(DRIVER)/programs/%: driver/example/%.c
	@mkdir -p $(@D)
	$(RISCV_CC) -std=c11 -D_GNU_SOURCE -O2 $(WARNINGS) -static $< -o $@

DRIVER_NEEDS := $(DRIVER)/module/riscv-iommu.ko $(DRIVER)/debian/usr/bin/busybox \
    $(DRIVER_PROGRAMS) $(DRIVER_TEST) $(B)/iommu-explain
DRIVER_RUN := $(PYTHON) driver/test/run.py --kernel $(DRIVER)/linux/obj --module $(DRIVER)/module \
    --debian $(DRIVER)/debian --programs $(DRIVER)/programs --logs $(DRIVER)/logs \
    --explain $(B)/iommu-explain --seed $(SEED)

# $(call driver-suite,NAME,MACHINES)
define driver-suite
$(B)/results/driver-$(1): $(DRIVER_NEEDS)
	@$(SUITE) driver-$(1) -- $(DRIVER_RUN) --machines $(2)
endef

# `quick` is in `make test`: build, boot, checked data, a blocked access, KUnit.
DRIVER_MACHINES := lazy strict passthrough pci vfio reload sv39 sv57
$(eval $(call driver-suite,quick,quick))
$(foreach machine,$(DRIVER_MACHINES),$(eval $(call driver-suite,$(machine),$(machine))))
DRIVER_SUITES := driver-quick

.PHONY: driver driver-test
driver: $(DRIVER)/module/riscv-iommu.ko ## the Linux driver, for the test kernel
driver-test: $(B)/results/driver-quick $(DRIVER_MACHINES:%=$(B)/results/driver-%) ## all tests of the Linux driver
	@$(PYTHON) tests/summary.py $^
