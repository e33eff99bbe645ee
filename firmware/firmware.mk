# SPDX-License-Identifier: Apache-2.0
#
# The firmware: library, boot guard, selftest, monitor, and their tests.
# Included by the Makefile, which sets B, CC, CLANG, CFLAGS, SANITIZE, MODEL_INCLUDE, SUITE.

FW_LIB := $(wildcard firmware/lib/*.c)
FW_HEADERS := $(wildcard firmware/*/*.h) sw-model/include/iommu_regs.h
FW_INCLUDE := -Isw-model/include -Ifirmware/lib -Ifirmware/platform -Ifirmware/apps

# --- 1. the library on the host, against the golden model, with sanitizers ----------------

FW_HOST_TESTS := $(wildcard firmware/tests/*.c)

$(B)/firmware/host/%.o: firmware/%.c $(FW_HEADERS) sw-model/include/iommu.h $(TOOLCHAIN)
	@mkdir -p $(@D)
	$(CLANG) $(CFLAGS) -O1 $(SANITIZE) $(FW_INCLUDE) -c $< -o $@
$(B)/firmware/host-tests: $(FW_LIB:firmware/%.c=$(B)/firmware/host/%.o) \
                          $(FW_HOST_TESTS:firmware/%.c=$(B)/firmware/host/%.o) \
                          $(B)/model/san/libiommu-model.a
	$(CLANG) $(SANITIZE) $^ -o $@
$(B)/results/firmware-host: $(B)/firmware/host-tests
	@$(SUITE) firmware-host -- $<

FIRMWARE_SUITES := firmware-host

.PHONY: firmware-test
firmware-test: $(FIRMWARE_SUITES:%=$(B)/results/%) ## the firmware's tests
	@$(PYTHON) tests/summary.py $^
