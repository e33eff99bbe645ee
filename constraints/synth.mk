# SPDX-License-Identifier: Apache-2.0
#
# Synthesis for FPGAs. Included by the Makefile, which sets B and PYTHON. The three
# configurations one after the other: SYNTH_ARGUMENTS="--config small" makes one of them.

SYNTH_RTL := $(filter %.sv,$(shell cat rtl/iommu.f 2>/dev/null))
SYNTH_ARGUMENTS ?=

.PHONY: synth
synth: ## size and clock on FPGAs; writes build/bench/synth.json
	$(PYTHON) constraints/synth/synth.py $(SYNTH_RTL) --build $(B)/synth --xilinx \
	    --memories constraints/synth/memories.json --json $(B)/bench/synth.json $(SYNTH_ARGUMENTS)

.PHONY: synth-levels
synth-levels: ## levels of logic in the netlist of CONFIG that `make synth` left
	@$(PYTHON) constraints/synth/levels.py $(B)/synth/iommu-$(CONFIG)/ecp5.json

.PHONY: synth-paths
synth-paths: ## how long the paths of CONFIG take, as `make synth` has routed it with its first seed
	@$(PYTHON) constraints/synth/paths.py $(B)/synth/iommu-$(CONFIG)/timing-1.json

.PHONY: synth-parts
synth-parts: ## where the area of CONFIG goes, part by part
	@$(PYTHON) constraints/synth/parts.py --config $(CONFIG) --build $(B)/synth $(SYNTH_RTL)

# The ECP5 netlist in the place of the RTL, against the golden model: small and base. What the
# netlist is of is in force for the bench as well.
NETLIST_REQUESTS ?= 10000
NETLIST_PACKAGES := $(filter %_pkg.sv,$(SYNTH_RTL))
NETLIST_CELLS ?= /usr/share/yosys/ecp5
NETLIST_BENCH := $(patsubst sim/iommu/%.c,$(B)/cosim/%.o,$(filter-out sim/iommu/fake.c,$(wildcard \
    sim/iommu/*.c)))

# $(call netlist-bench,NAME,NUMBER)
define netlist-bench
$(B)/synth/iommu-$(1)/netlist.v: $(SYNTH_RTL) constraints/synth/synth.py
	$(PYTHON) constraints/synth/synth.py $(SYNTH_RTL) --build $(B)/synth --config $(1) --seeds
$(B)/synth/iommu-$(1)/shim.sv: $(B)/synth/iommu-$(1)/netlist.v rtl/iommu.sv constraints/synth/shim.py
	$(PYTHON) constraints/synth/shim.py rtl/iommu.sv $$< > $$@
$(B)/synth/cosim-$(1): $(B)/synth/iommu-$(1)/shim.sv constraints/synth/dp16kd.sv $(NETLIST_BENCH) \
                       sim/iommu/tb_iommu.sv sim/iommu/main.cpp $(B)/model/opt/libiommu-model.a
	$(VERILATOR) --cc --build -O3 -j 2 --x-assign unique --x-initial unique -Wno-lint -Wno-MODDUP \
	    -Wno-fatal -GConfig=$(2) --top-module tb_iommu --Mdir $$@.obj -CFLAGS -O1 \
	    -I$(NETLIST_CELLS) constraints/synth/dp16kd.sv $(NETLIST_PACKAGES) \
	    $(B)/synth/iommu-$(1)/netlist.v $$< $(NETLIST_CELLS)/cells_sim.v sim/iommu/tb_iommu.sv \
	    > $$@.log 2>&1 || { tail -20 $$@.log; exit 1; }
	g++ -O2 -std=c++17 -fno-lto -DCONFIG=$(2) -DVM_TRACE=0 -isystem $$(VERILATOR_INCLUDE) \
	    -isystem $$(VERILATOR_INCLUDE)/vltstd -Isim/iommu -isystem $$@.obj sim/iommu/main.cpp \
	    $$(VERILATOR_INCLUDE)/verilated_dpi.cpp $(NETLIST_BENCH) $$@.obj/libVtb_iommu.a \
	    $$@.obj/libverilated.a \
	    $(B)/model/opt/libiommu-model.a -pthread -o $$@
$(B)/results/netlist-$(1): $(B)/synth/cosim-$(1)
	@$(SUITE) netlist-$(1) -- $$< --seed $(SEED) --requests $(NETLIST_REQUESTS)
endef

$(eval $(call netlist-bench,small,0))
$(eval $(call netlist-bench,base,1))

.PHONY: sim-netlist
sim-netlist: $(B)/results/netlist-small $(B)/results/netlist-base ## netlists against the model
	@$(PYTHON) tests/summary.py $^
