# SPDX-License-Identifier: GPL-2.0-only
#
# The Linux driver: the kernel it is tested on, the modules, and its tests. The kernel is
# built once (some minutes), and stays under build/driver/linux. KERNEL=newest takes
# the newest kernel of the backports instead (fetched), under build/driver-newest.

KERNEL ?= 6.12
ifeq ($(KERNEL),6.12)
DRIVER_NAME := driver
else ifeq ($(KERNEL),newest)
DRIVER_NAME := driver-newest
else
$(error KERNEL is 6.12 or newest)
endif
DRIVER := $(B)/$(DRIVER_NAME)
DRIVER_DEBIAN := $(B)/driver/debian
DRIVER_SOURCES := $(wildcard driver/*.[ch]) driver/Kbuild driver/build.sh sw-model/include/iommu_regs.h
DRIVER_KERNEL := $(DRIVER)/linux/stamp
DRIVER_TEST := $(wildcard driver/test/* driver/test/cases/*)
RISCV_CC := riscv64-linux-gnu-gcc
DRIVER_PROGRAMS := $(addprefix $(DRIVER)/programs/,admin dirty edu fail-nth kexec nested perf-count poke pri uevents vectors vfio-edu vfio-rtc dma_map_benchmark)

KERNEL_FILES := $(wildcard driver/kernel/*.patch) driver/kernel/config-6.12 driver/kernel/build.sh \
    $(if $(filter newest,$(KERNEL)),driver/kernel/config-7 driver/kernel/fetch.sh)

$(DRIVER_KERNEL): $(KERNEL_FILES)
	driver/kernel/build.sh $(DRIVER)/linux $(KERNEL)
	@touch $@
$(DRIVER)/module/riscv-iommu.ko: $(DRIVER_SOURCES) $(DRIVER_KERNEL)
	driver/build.sh $(DRIVER)/linux/obj $(DRIVER)/module
	@touch $@
$(DRIVER_DEBIAN)/usr/bin/busybox: driver/test/packages.sh
	driver/test/packages.sh $(DRIVER_DEBIAN) busybox-static
	@touch $@
$(DRIVER)/programs/%: driver/test/%.c driver/test/cdev.h driver/test/edu.h driver/riscv-iommu-engine.h
	@mkdir -p $(@D)
	$(RISCV_CC) -std=c11 -D_GNU_SOURCE -O2 $(WARNINGS) -static $< -o $@

$(DRIVER)/programs/%: driver/example/%.c
	@mkdir -p $(@D)
	$(RISCV_CC) -std=c11 -D_GNU_SOURCE -O2 $(WARNINGS) -static $< -o $@

# The kernel's own test of the DMA API; newer kernels have it elsewhere.
$(DRIVER)/programs/dma_map_benchmark: $(DRIVER_KERNEL)
	@mkdir -p $(@D)
	$(RISCV_CC) -O2 -static -D_GNU_SOURCE -idirafter $(DRIVER)/linux/src/include \
	    -idirafter $(DRIVER)/linux/src/include/uapi \
	    $$(find $(DRIVER)/linux/src/tools -name dma_map_benchmark.c) -o $@

DRIVER_NEEDS := $(DRIVER)/module/riscv-iommu.ko $(DRIVER_DEBIAN)/usr/bin/busybox \
    $(DRIVER_PROGRAMS) $(DRIVER_TEST) $(B)/iommu-explain
DRIVER_RUN := $(PYTHON) driver/test/run.py --kernel $(DRIVER)/linux/obj --module $(DRIVER)/module \
    --debian $(DRIVER_DEBIAN) --programs $(DRIVER)/programs --logs $(DRIVER)/logs \
    --explain $(B)/iommu-explain --seed $(SEED)

# $(call driver-suite,NAME,MACHINES)
define driver-suite
$(B)/results/$(DRIVER_NAME)-$(1): $(DRIVER_NEEDS)
	@$(SUITE) $(DRIVER_NAME)-$(1) -- $(DRIVER_RUN) --machines $(2)
endef

# `quick` is in `make test`: build, boot, checked data, a blocked access, KUnit.
DRIVER_MACHINES := ats lazy strict passthrough pci vfio vfio-shared vfio-pci vfio-platform recovery reload hotplug hotplug-lazy selftest kexec crash sv39 sv57
$(eval $(call driver-suite,quick,quick))
# Not a test of the driver: see driver/test/cases/split-ring.
$(eval $(call driver-suite,split-ring,split-ring))
$(foreach machine,$(DRIVER_MACHINES),$(eval $(call driver-suite,$(machine),$(machine))))
$(B)/results/$(DRIVER_NAME)-lint: $(DRIVER_SOURCES) $(DRIVER_KERNEL) driver/test/lint.sh driver/test/sparse.sh
	@$(SUITE) $(DRIVER_NAME)-lint -- driver/test/lint.sh $(DRIVER)/linux $(CURDIR)/$(DRIVER)/lint
# Commands and page requests, as pure functions on the host, against the golden model.
DRIVER_HOST := driver/commands.c driver/prg.c
$(DRIVER)/test-model: driver/test/host/model.c $(DRIVER_HOST) $(wildcard driver/test/host/linux/*.h) $(DRIVER_SOURCES) \
    $(MODEL_HEADERS) $(B)/model/san/libiommu-model.a
	@mkdir -p $(@D)
	for file in $(DRIVER_HOST); do \
	    $(CLANG) -std=gnu11 -g -Wall -Wextra -Werror $(SANITIZE) -Idriver/test/host $(MODEL_INCLUDE) \
	        -c $$file -o $(@D)/host-$$(basename $$file .c).o || exit 1; done
	$(CLANG) -std=gnu11 -g $(WARNINGS) $(SANITIZE) -Idriver/test/host -Idriver $(MODEL_INCLUDE) $< \
	    $(DRIVER_HOST:driver/%.c=$(@D)/host-%.o) $(B)/model/san/libiommu-model.a -o $@
$(B)/results/$(DRIVER_NAME)-model: $(DRIVER)/test-model
	@$(SUITE) $(DRIVER_NAME)-model -- $< $(SEED)
# What QEMU's IOMMU does not do, behind the golden model in the lab (docs/lab.md).
$(B)/results/$(DRIVER_NAME)-lab: $(DRIVER_NEEDS) $(B)/lab/lab $(B)/lab/driver-cases/lib sim/lab/lab.py
	@$(SUITE) $(DRIVER_NAME)-lab -- $(PYTHON) sim/lab/lab.py --server $(B)/lab/lab --kernel $(DRIVER)/linux/obj \
	    --module $(DRIVER)/module --debian $(DRIVER_DEBIAN) --programs $(DRIVER)/programs \
	    --guest-cases $(B)/lab/driver-cases --hostile --append rcupdate.rcu_cpu_stall_timeout=150 --cases dirty,ats,pri --seed $(SEED) --log $(DRIVER)/logs/lab.log
# The package for DKMS, with Debian's dkms (fetched).
$(B)/results/$(DRIVER_NAME)-dkms: $(DRIVER_SOURCES) $(DRIVER_KERNEL) driver/dkms.sh driver/dkms.conf driver/test/dkms.sh driver/test/packages.sh
	@$(SUITE) $(DRIVER_NAME)-dkms -- driver/test/dkms.sh $(DRIVER)/linux/obj $(DRIVER)/dkms
# The README's recipe for a kernel, up to its configuration.
$(B)/results/$(DRIVER_NAME)-recipe: $(DRIVER_KERNEL) driver/README.md driver/test/recipe.sh driver/test/packages.sh
	@$(SUITE) $(DRIVER_NAME)-recipe -- driver/test/recipe.sh $(DRIVER)/linux $(CURDIR)/$(DRIVER)/recipe
# And its end, the packages, with the test kernel's configuration (minutes; in driver-soak).
$(B)/results/$(DRIVER_NAME)-deb: $(DRIVER_KERNEL) driver/test/deb.sh driver/test/packages.sh
	@$(SUITE) $(DRIVER_NAME)-deb -- driver/test/deb.sh $(DRIVER)/linux $(DRIVER)/deb
DRIVER_RECIPE := $(if $(filter 6.12,$(KERNEL)),$(B)/results/$(DRIVER_NAME)-recipe)
# The binding of the device tree, which 6.12 does not have.
$(B)/results/$(DRIVER_NAME)-binding: $(DRIVER_KERNEL) driver/test/binding.sh
	@$(SUITE) $(DRIVER_NAME)-binding -- driver/test/binding.sh $(DRIVER)/linux $(DRIVER)/binding
DRIVER_BINDING := $(if $(filter newest,$(KERNEL)),$(B)/results/$(DRIVER_NAME)-binding)
DRIVER_SUITES := $(DRIVER_NAME)-quick $(DRIVER_NAME)-model $(DRIVER_NAME)-lint

# Instructions per map and unmap; fails above the bounds.
.PHONY: bench-driver
bench-driver: $(DRIVER_NEEDS) ## cost of the Linux driver's maps; writes build/bench/driver.json
	$(PYTHON) driver/test/bench.py $(filter-out driver/test/run.py $(PYTHON),$(DRIVER_RUN)) \
	    --bounds driver/test/bounds.json --out $(B)/bench/driver.json

# Hours: the suite on a kernel that looks for errors, with more steps and more reloads. Each
# machine has a result of its own, so one that was interrupted goes on where it was; a log grows
# as the machine runs.
SOAK := $(DRIVER)/linux-debug
SOAK_RUN := $(subst $(DRIVER)/linux/obj,$(SOAK)/obj,$(subst $(DRIVER)/module,$(DRIVER)/module-debug,$(DRIVER_RUN:$(DRIVER)/logs=$(DRIVER)/logs-soak)))
$(SOAK)/stamp: $(KERNEL_FILES) driver/kernel/config-debug
	driver/kernel/build.sh $(SOAK) $(KERNEL) driver/kernel/config-debug
	@touch $@
$(DRIVER)/module-debug/riscv-iommu.ko: $(DRIVER_SOURCES) $(SOAK)/stamp
	driver/build.sh $(SOAK)/obj $(DRIVER)/module-debug
	@touch $@
# $(call soak-suite,MACHINE)
define soak-suite
$(B)/results/$(DRIVER_NAME)-soak-$(1): $(DRIVER_NEEDS) $(DRIVER)/module-debug/riscv-iommu.ko
	@$(SUITE) $(DRIVER_NAME)-soak-$(1) -- $(SOAK_RUN) --machines $(1) --timeout 7200 \
	    --append "pt_steps=200000 reloads=100"
endef
# On such a kernel only: allocations that fail when they are told to.
SOAK_MACHINES := $(DRIVER_MACHINES) quick fail-nth
$(foreach machine,$(SOAK_MACHINES),$(eval $(call soak-suite,$(machine))))
.PHONY: driver-soak
driver-soak: $(SOAK_MACHINES:%=$(B)/results/$(DRIVER_NAME)-soak-%) $(B)/results/$(DRIVER_NAME)-deb ## the driver's tests under KASAN, lockdep and kmemleak
	@$(PYTHON) tests/summary.py $^

.PHONY: driver driver-test
driver: $(DRIVER)/module/riscv-iommu.ko ## the Linux driver, for the test kernel
driver-test: $(DRIVER_SUITES:%=$(B)/results/%) $(DRIVER_MACHINES:%=$(B)/results/$(DRIVER_NAME)-%) $(B)/results/$(DRIVER_NAME)-dkms $(B)/results/$(DRIVER_NAME)-lab $(DRIVER_BINDING) $(DRIVER_RECIPE) ## all tests of the Linux driver
	@$(PYTHON) tests/summary.py $^
