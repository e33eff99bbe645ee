# SPDX-License-Identifier: Apache-2.0
#
# The AXI protocol checker's own test: does it notice each rule's breach? Included by the
# Makefile, which sets B, SUITE and VERILATOR. The lockstep bench binds it (sim/iommu).

AXI_SUITES := axi-checker

$(B)/sim-axi/axi-checker: sim/axi/axi_checker.sv sim/axi/main.cpp rtl/lint.vlt
	@mkdir -p $(@D)
	MAKEFLAGS= $(VERILATOR) --cc --exe --build -j 2 -O3 --assert -Wall --x-initial unique \
	    '-GName="self-test"' --top-module axi_checker --Mdir $(B)/sim-axi/obj \
	    -CFLAGS "-O1 -std=c++20" rtl/lint.vlt sim/axi/axi_checker.sv $(CURDIR)/sim/axi/main.cpp \
	    -o $(CURDIR)/$@ > $(B)/sim-axi/build.log 2>&1 || { tail -20 $(B)/sim-axi/build.log; exit 1; }

$(B)/results/axi-checker: $(B)/sim-axi/axi-checker
	@$(SUITE) axi-checker -- $< sim/axi/axi_checker.sv
