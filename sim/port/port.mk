# SPDX-License-Identifier: Apache-2.0
#
# A device port between random neighbours. Included by the Makefile, which sets B, CFLAGS,
# SUITE, SEED, VERILATOR and VERILATOR_FLAGS.

PORT_UNITS := iommu_table iommu_pick iommu_utlb iommu_outstanding iommu_pending iommu_write_data \
    iommu_refusal iommu_responder iommu_port
# mutate.py has other sources, and another place for what is built.
PORT_FROM ?= rtl
PORT_PACKAGES ?= rtl
PORT_TOP ?= sim/port/tb_port.sv
PORT_BUILD ?= $(B)/sim-port
PORT_RTL := rtl/lint.vlt $(patsubst %,$(PORT_PACKAGES)/%.sv,iommu_reg_pkg iommu_pkg iommu_csr_pkg \
    iommu_axi_pkg iommu_port_pkg iommu_ram) $(patsubst %,$(PORT_FROM)/%.sv,$(PORT_UNITS))
PORT_BENCH_OBJECTS := $(patsubst sim/port/%.c,$(PORT_BUILD)/%.o,$(wildcard sim/port/*.c))
PORT_EPISODES ?= 300

$(PORT_BUILD)/%.o: sim/port/%.c $(wildcard sim/port/*.h) $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O2 -Isim/port -c $< -o $@

# $(call port-bench,NAME,NUMBER,WIDTH,BEATS): in one configuration, with this data width and write
# buffer
define port-bench
$(PORT_BUILD)/port-$(1): $(PORT_RTL) $(PORT_TOP) sim/port/main.cpp sim/port/pins.h \
                         $(PORT_BENCH_OBJECTS)
	@rm -rf $$@ $(PORT_BUILD)/$(1)
	$(VERILATOR) $(VERILATOR_FLAGS) --x-assign unique --x-initial unique -GConfig=$(2) \
	    -GWidth=$(3) -GBeats=$(4) --top-module tb_port --Mdir $(PORT_BUILD)/$(1) \
	    -CFLAGS "-O2 -DWIDTH=$(3) -I$(CURDIR)/sim/port" \
	    -LDFLAGS "$(PORT_BENCH_OBJECTS:%=$(CURDIR)/%)" $(PORT_RTL) $(PORT_TOP) \
	    sim/port/main.cpp -o ../port-$(1) > $(PORT_BUILD)/$(1).log 2>&1 || \
	    { tail -20 $(PORT_BUILD)/$(1).log; exit 1; }
$(B)/results/rtl-port-$(1): $(PORT_BUILD)/port-$(1)
	@$(SUITE) rtl-port-$(1) -- $$< $(SEED) $(PORT_EPISODES)
endef

$(eval $(call port-bench,small,0,64,-1))
$(eval $(call port-bench,base,1,64,-1))
$(eval $(call port-bench,full,2,64,32))
$(eval $(call port-bench,wide,2,512,0))

PORT_SUITES := rtl-port-small rtl-port-base rtl-port-full rtl-port-wide

.PHONY: sim-port lint-port mutate-port
sim-port: $(PORT_SUITES:%=$(B)/results/%) ## a device port of the RTL between random neighbours
	@$(PYTHON) tests/summary.py $^
lint-port:
	$(VERILATOR) --lint-only -Wall $(PORT_RTL) --top-module iommu_port
mutate-port: ## break the device port on purpose, and see it found
	$(PYTHON) sim/port/mutate.py
