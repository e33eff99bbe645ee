# SPDX-License-Identifier: Apache-2.0
#
# Proofs. Included by the Makefile, which sets B and SUITE.

PROVE_RTL := $(patsubst %,rtl/%.sv,iommu_reg_pkg iommu_pkg iommu_csr_pkg iommu_axi_pkg iommu_queue_pkg \
    iommu_port_pkg iommu_fault_arbiter iommu_write_beats iommu_record_queue iommu_memory iommu_table \
    iommu_ram iommu_write_data)

$(B)/results/prove: tests/formal/prove.py $(wildcard tests/formal/*.sv) $(PROVE_RTL)
	@$(SUITE) prove -- $(PYTHON) tests/formal/prove.py --build $(B)/prove

PROVE_SUITES := prove

.PHONY: prove
prove: $(B)/results/prove ## prove queues, memory port, write gate, and that each request is answered once
	@cat $(B)/results/prove.log
