# SPDX-License-Identifier: Apache-2.0
#
# The register side: lint, simulation against the golden model, synthesis.
# Included by the Makefile, which sets B, CFLAGS, MODEL_INCLUDE, SUITE, SEED and `results`.

# In levels: each file needs only those before it.
REGS_RTL := rtl/iommu_reg_pkg.sv rtl/iommu_pkg.sv rtl/iommu_csr_pkg.sv rtl/iommu_ram.sv rtl/iommu_table.sv \
            rtl/iommu_queue_regs.sv rtl/iommu_debug_regs.sv rtl/iommu_hpm.sv \
            rtl/iommu_messages.sv rtl/iommu_interrupts.sv rtl/iommu_regs.sv rtl/iommu_axi_lite.sv
REGS_LINT := $(REGS_RTL) rtl/lint.vlt

REGS_SIM_C := $(wildcard sim/regs/*.c)
REGS_SIM_H := $(wildcard sim/regs/*.h)
REGS_SIM_FLAGS := $(MODEL_INCLUDE) -Isw-model/src -Isim/regs

$(B)/sim-regs/%.o: sim/regs/%.c $(REGS_SIM_H) $(MODEL_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O2 $(REGS_SIM_FLAGS) -c $< -o $@

# $(call regs-sim,CONFIG,NUMBER,WIDTH): build/sim-regs-CONFIG
define regs-sim
$(B)/sim-regs-$(1): sim/regs/tb_regs.sv sim/regs/dut.cpp $(REGS_SIM_H) $(REGS_LINT) \
                    $(REGS_SIM_C:sim/regs/%.c=$(B)/sim-regs/%.o) $(B)/model/opt/libiommu-model.a
	@rm -rf $$@ $(B)/sim-regs/$(1) && mkdir -p $(B)/sim-regs/$(1)
	MAKEFLAGS= verilator --cc --exe --build -j 2 --assert -Wall -O3 \
	    --x-initial unique --x-assign unique --top-module tb_regs -GConfig=$(2) \
	    -GDataWidth=$(3) --Mdir $(B)/sim-regs/$(1) \
	    -CFLAGS '-O2 -I$(CURDIR)/sim/regs -DCONFIG_NAME=\"$(1)\" -DDATA_WIDTH=$(3)' \
	    -o $$(abspath $$@) rtl/lint.vlt $(REGS_RTL) sim/regs/tb_regs.sv $(CURDIR)/sim/regs/dut.cpp \
	    $$(addprefix $(CURDIR)/,$$(filter %.o %.a,$$^)) > $(B)/sim-regs/$(1).log || \
	    { cat $(B)/sim-regs/$(1).log; exit 1; }
$(B)/results/sim-regs-$(1): $(B)/sim-regs-$(1)
	@$(SUITE) sim-regs-$(1) -- $$< --seed $(SEED)
endef
$(eval $(call regs-sim,small,0,32))
$(eval $(call regs-sim,base,1,64))
$(eval $(call regs-sim,full,2,64))
REGS_SUITES := sim-regs-small sim-regs-base sim-regs-full

.PHONY: mutate-regs
mutate-regs: $(REGS_SUITES:%=$(B)/%)
	$(PYTHON) sim/regs/mutate.py

.PHONY: lint-regs
lint-regs:
	verilator --lint-only -Wall --assert --top-module iommu_regs rtl/lint.vlt $(REGS_RTL)
	verilator --lint-only -Wall --assert --top-module iommu_axi_lite rtl/lint.vlt $(REGS_RTL)
