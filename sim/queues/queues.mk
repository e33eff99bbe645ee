# SPDX-License-Identifier: Apache-2.0
#
# The queues and the memory's arbiter against the golden model. Included by the Makefile, which
# sets B, CFLAGS, MODEL_INCLUDE, SUITE, SEED, VERILATOR and VERILATOR_FLAGS.

QUEUES_UNITS := iommu_write_beats iommu_memory iommu_record_queue iommu_cq_decode iommu_cq_fetch \
    iommu_itags iommu_cq
# mutate.py has other sources, and another place for what is built.
QUEUES_FROM ?= rtl
QUEUES_BUILD ?= $(B)/sim-queues
QUEUES_RTL := rtl/lint.vlt $(patsubst %,rtl/%.sv,iommu_reg_pkg iommu_pkg iommu_csr_pkg iommu_axi_pkg \
    iommu_queue_pkg iommu_ram) $(patsubst %,$(QUEUES_FROM)/%.sv,$(QUEUES_UNITS))
QUEUES_BENCH_RTL := rtl/iommu_queue_regs.sv sim/queues/tb_queues.sv
QUEUES_BENCH_OBJECTS := $(patsubst sim/queues/%.c,$(QUEUES_BUILD)/%.o,$(wildcard sim/queues/*.c))
QUEUES_EPISODES ?= 200

# The model's own header, too: the bench hands it records, and looks at its invalidations.
$(QUEUES_BUILD)/%.o: sim/queues/%.c $(wildcard sim/queues/*.h) $(MODEL_HEADERS) $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O2 $(MODEL_INCLUDE) -Isw-model/src -Isim/queues -c $< -o $@

# $(call queues-bench,NAME,NUMBER): in one configuration. Without LTO, which would not let the
# linker put the bench's function in the place of the model's.
define queues-bench
$(QUEUES_BUILD)/queues-$(1): $(QUEUES_RTL) $(QUEUES_BENCH_RTL) sim/queues/main.cpp \
                             sim/queues/pins.h $(QUEUES_BENCH_OBJECTS) \
                             $(B)/model/opt/libiommu-model.a
	@rm -rf $$@ $(QUEUES_BUILD)/$(1)
	$(VERILATOR) $(VERILATOR_FLAGS) --x-assign unique --x-initial unique -GConfig=$(2) \
	    --top-module tb_queues --Mdir $(QUEUES_BUILD)/$(1) \
	    -CFLAGS "-O2 -DCONFIG=$(2) -I$(CURDIR)/sim/queues" \
	    -LDFLAGS "-fno-lto -Wl,--wrap=cache_invalidate $(QUEUES_BENCH_OBJECTS:%=$(CURDIR)/%) \
	    $(CURDIR)/$(B)/model/opt/libiommu-model.a" $(QUEUES_RTL) $(QUEUES_BENCH_RTL) \
	    sim/queues/main.cpp -o ../queues-$(1) > $(QUEUES_BUILD)/$(1).log 2>&1 || \
	    { tail -20 $(QUEUES_BUILD)/$(1).log; exit 1; }
$(B)/results/rtl-queues-$(1): $(QUEUES_BUILD)/queues-$(1)
	@$(SUITE) rtl-queues-$(1) -- $$< $(SEED) $(QUEUES_EPISODES)
endef

$(eval $(call queues-bench,small,0))
$(eval $(call queues-bench,base,1))
$(eval $(call queues-bench,full,2))

QUEUES_SUITES := rtl-queues-small rtl-queues-base rtl-queues-full

.PHONY: sim-queues lint-queues
sim-queues: $(QUEUES_SUITES:%=$(B)/results/%) ## the queues of the RTL against the model
	@$(PYTHON) tests/summary.py $^
lint-queues:
	$(foreach unit,$(QUEUES_UNITS),$(VERILATOR) --lint-only -Wall $(QUEUES_RTL) \
	    --top-module $(unit) &&) true

.PHONY: mutate-queues
mutate-queues: ## break the queues on purpose, and see it found
	$(PYTHON) sim/queues/mutate.py
