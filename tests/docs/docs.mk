# SPDX-License-Identifier: Apache-2.0
#
# The pages about the RTL against the RTL.

DOCS_SUITES := rtl-docs

$(B)/results/rtl-docs: docs/integration.md docs/theory-of-operation.md $(wildcard docs/modules/*.md) \
                       $(wildcard rtl/*.sv) rtl/iommu.f tests/docs/check_rtl_docs.py
	@$(SUITE) rtl-docs -- $(PYTHON) tests/docs/check_rtl_docs.py --build $(B)/rtl-docs
