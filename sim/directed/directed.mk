# SPDX-License-Identifier: Apache-2.0
#
# Directed tests of the RTL, on the lockstep bench. Included by the Makefile behind sim/iommu/iommu.mk,
# which has the rules for the Verilated RTL.

DIRECTED_BUILD := $(B)/directed
DIRECTED_SOURCES := $(wildcard sim/directed/*.c) $(patsubst %,sim/iommu/%.c,kit image \
    memport flight check trace parity device downstream csr cover features features_rest \
    feature_rules crosses)
DIRECTED_OBJECTS := $(patsubst sim/%.c,$(DIRECTED_BUILD)/obj/%.o,$(DIRECTED_SOURCES))

$(DIRECTED_BUILD)/obj/%.o: sim/%.c $(wildcard sim/directed/*.h sim/iommu/*.h) $(MODEL_HEADERS) $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -O2 $(MODEL_INCLUDE) -Isw-model/src -c $< -o $@

# $(call directed,NAME,NUMBER)
define directed
$(DIRECTED_BUILD)/directed-$(1): $(COSIM_BUILD)/$(1)/libVtb_iommu.a sim/iommu/main.cpp $(DIRECTED_OBJECTS) \
                                 $(B)/model/opt/libiommu-model.a
	g++ -O2 -std=c++17 -fno-lto -DCONFIG=$(2) -DVM_TRACE=0 -DDESIGN_TRACES -isystem $$(VERILATOR_INCLUDE) \
	    -isystem $$(VERILATOR_INCLUDE)/vltstd -Isim/iommu -isystem $$(dir $$<) sim/iommu/main.cpp \
	    $(DIRECTED_OBJECTS) $$< $$(dir $$<)libverilated.a $(B)/model/opt/libiommu-model.a -pthread -o $$@
$(B)/results/directed-$(1): $(DIRECTED_BUILD)/directed-$(1)
	@$(SUITE) directed-$(1) -- $$<
endef

$(eval $(call directed,small,0))
$(eval $(call directed,base,1))
$(eval $(call directed,full,2))

DIRECTED_SUITES := directed-small directed-base directed-full

.PHONY: directed bench-lockstep
bench-lockstep: $(DIRECTED_BUILD)/directed-$(CONFIG) ## how fast RTL and model simulate in lockstep: CONFIG=..
	$< --speed
directed: $(DIRECTED_SUITES:%=$(B)/results/%) ## directed tests of the whole RTL
	@$(PYTHON) tests/summary.py $^
