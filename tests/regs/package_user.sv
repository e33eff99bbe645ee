// SPDX-License-Identifier: Apache-2.0
//
// Uses a struct, a struct of structs, an enumeration and a constant of the package, in the way that
// a module for synthesis does. It is only read, by Verilator and by yosys.

module package_user (
  input  logic                      [255:0] record_i,
  input  logic                      [511:0] context_i,
  input  logic                      [ 11:0] address_i,
  output iommu_reg_pkg::cmd_iodir_t         command_o,
  output iommu_reg_pkg::ddtp_mode_e         mode_o,
  output logic                              ddt_fault_o,
  output logic                              misconfigured_o,
  output logic                              is_fqcsr_o
);

  iommu_reg_pkg::fq_record_t record;
  iommu_reg_pkg::dc_ext_t    dc;

  assign record = record_i;
  assign dc     = context_i;

  always_comb begin
    command_o        = '0;
    command_o.opcode = iommu_reg_pkg::OPCODE_IODIR;
    command_o.did    = record.did;
    command_o.dv     = 1'b1;
  end

  assign mode_o          = iommu_reg_pkg::DDTP_MODE_3LVL;
  assign ddt_fault_o     = record.cause == iommu_reg_pkg::CAUSE_DDT_NOT_VALID;
  assign misconfigured_o = dc.tc.v & (|(dc.tc & iommu_reg_pkg::DC_TC_RESERVED_MASK));
  assign is_fqcsr_o      = address_i == iommu_reg_pkg::REG_FQCSR;

  logic unused;
  assign unused = ^{record, dc};

endmodule
