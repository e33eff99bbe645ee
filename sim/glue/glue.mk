# SPDX-License-Identifier: Apache-2.0
#
# What stands between queues, translation and ports, against the golden model. Included by the
# Makefile, which sets B, CFLAGS, MODEL_INCLUDE, SUITE, SEED, VERILATOR and VERILATOR_FLAGS.

GLUE_UNITS := iommu_fault_arbiter iommu_debug iommu_transition iommu_quiesce iommu_mrif iommu_ats
# mutate.py has other sources, and another place for what is built.
GLUE_FROM ?= rtl
GLUE_BUILD ?= $(B)/sim-glue
GLUE_RTL := rtl/lint.vlt $(patsubst %,rtl/%.sv,iommu_reg_pkg iommu_pkg iommu_csr_pkg iommu_queue_pkg \
    iommu_write_beats) $(GLUE_UNITS:%=$(GLUE_FROM)/%.sv)
GLUE_BENCH_RTL := rtl/iommu_queue_regs.sv rtl/iommu_record_queue.sv sim/glue/tb_glue.sv
GLUE_OBJECTS := $(patsubst sim/glue/%.c,$(GLUE_BUILD)/%.o,$(wildcard sim/glue/*.c))
GLUE_EPISODES ?= 400

# The model's own header, too: the bench looks for device contexts as messages do.
$(GLUE_BUILD)/%.o: sim/glue/%.c $(wildcard sim/glue/*.h) $(MODEL_HEADERS) $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O2 $(MODEL_INCLUDE) -Isw-model/src -Isim/glue -c $< -o $@

$(GLUE_BUILD)/glue: $(GLUE_RTL) $(GLUE_BENCH_RTL) sim/glue/main.cpp sim/glue/pins.h \
                    $(GLUE_OBJECTS) $(B)/model/opt/libiommu-model.a
	@rm -rf $@ $(GLUE_BUILD)/verilated
	$(VERILATOR) $(VERILATOR_FLAGS) --x-assign unique --x-initial unique --top-module tb_glue \
	    --Mdir $(GLUE_BUILD)/verilated -CFLAGS "-O2 -I$(CURDIR)/sim/glue" \
	    -LDFLAGS "$(GLUE_OBJECTS:%=$(CURDIR)/%) $(CURDIR)/$(B)/model/opt/libiommu-model.a" \
	    $(GLUE_RTL) $(GLUE_BENCH_RTL) sim/glue/main.cpp -o ../glue > $(GLUE_BUILD)/build.log 2>&1 || \
	    { tail -20 $(GLUE_BUILD)/build.log; exit 1; }
$(B)/results/rtl-glue: $(GLUE_BUILD)/glue
	@$(SUITE) rtl-glue -- $< $(SEED) $(GLUE_EPISODES)

GLUE_SUITES := rtl-glue

.PHONY: sim-glue lint-glue mutate-glue
sim-glue: $(GLUE_SUITES:%=$(B)/results/%) ## messages, MRIFs, debug, changes of ddtp, quiesce
	@$(PYTHON) tests/summary.py $^
lint-glue:
	$(foreach unit,$(GLUE_UNITS),$(VERILATOR) --lint-only -Wall $(GLUE_RTL) \
	    --top-module $(unit) &&) true
mutate-glue: ## break these modules on purpose, and see it found
	$(PYTHON) sim/glue/mutate.py B=$(B)
