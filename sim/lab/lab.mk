# SPDX-License-Identifier: Apache-2.0
#
# The lab: Linux in QEMU whose PCI devices are served by a process of ours, behind the IOMMU.
# Included by the Makefile, which sets B, CC, CLANG, CFLAGS, SANITIZE, MODEL_INCLUDE, SUITE,
# PYTHON and SEED. See docs/lab.md.

LAB := $(B)/lab
LAB_HEADERS := $(wildcard sim/lab/*.h)
LAB_SUITES := lab-protocol

$(LAB)/san/%.o: %.c $(LAB_HEADERS) $(wildcard tests/lab/*.h) $(MODEL_HEADERS) $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CLANG) $(CFLAGS) -O1 $(SANITIZE) $(MODEL_INCLUDE) -Isim/lab -c $< -o $@

$(LAB)/test-vfu: $(patsubst %,$(LAB)/san/%.o,sim/lab/vfu sim/lab/socket sim/lab/memory \
                 tests/lab/client tests/lab/test_vfu)
	$(CLANG) $(SANITIZE) $^ -o $@
$(B)/results/lab-protocol: $(LAB)/test-vfu
	@$(SUITE) lab-protocol -- $< $(SEED)
