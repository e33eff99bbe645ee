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
