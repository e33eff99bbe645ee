// SPDX-License-Identifier: Apache-2.0
//
// A device port with plain pins. Data is 64 bits here: on a wider bus each lane has a pattern
// of its own made of them, which is checked on the way out.

module tb_port
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_csr_pkg::*;
  import iommu_axi_pkg::*;
#(
  parameter int Config = 0,
  parameter int Width  = 64,
  parameter int Beats  = -1   // of the write buffer; -1: as the configuration has it
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        hold_i,
  input  logic        inval_i,
  input  logic        drain_valid_i,
  input  logic        drain_reads_i,
  input  logic        drain_writes_i,
  output logic        drain_done_o,
  input  logic        stop_i,
  output logic        idle_o,
  // what is built
  output logic [ 7:0] config_pending_o,
  output logic [15:0] config_write_buffer_o,
  output logic        config_qos_o,
  output logic        config_mrif_o,
  output logic        config_pbmt_o,
  // {untranslated, translated, ats}
  output logic [ 2:0] hpm_read_o,
  output logic [ 2:0] hpm_write_o,
  output logic [63:0] hpm_read_identity_o,
  output logic [63:0] hpm_write_identity_o,
  // the device; flags: lock, cache, prot, qos, burst
  input  logic        dev_ar_valid_i,
  output logic        dev_ar_ready_o,
  input  logic [ 7:0] dev_ar_id_i,
  input  logic [63:0] dev_ar_addr_i,
  input  logic [ 7:0] dev_ar_len_i,
  input  logic [ 2:0] dev_ar_size_i,
  input  logic [13:0] dev_ar_flags_i,
  input  logic [ 5:0] dev_ar_atop_i,
  input  logic [23:0] dev_ar_device_i,
  input  logic [19:0] dev_ar_process_i,
  input  logic        dev_ar_process_valid_i,
  input  logic        dev_ar_translated_i,
  input  logic        dev_aw_valid_i,
  output logic        dev_aw_ready_o,
  input  logic [ 7:0] dev_aw_id_i,
  input  logic [63:0] dev_aw_addr_i,
  input  logic [ 7:0] dev_aw_len_i,
  input  logic [ 2:0] dev_aw_size_i,
  input  logic [13:0] dev_aw_flags_i,
  input  logic [ 5:0] dev_aw_atop_i,
  input  logic [23:0] dev_aw_device_i,
  input  logic [19:0] dev_aw_process_i,
  input  logic        dev_aw_process_valid_i,
  input  logic        dev_aw_translated_i,
  input  logic        dev_w_valid_i,
  output logic        dev_w_ready_o,
  input  logic [63:0] dev_w_data_i,
  input  logic [63:0] dev_w_strb_i,
  input  logic        dev_w_last_i,
  output logic        dev_r_valid_o,
  input  logic        dev_r_ready_i,
  output logic [ 7:0] dev_r_id_o,
  output logic [63:0] dev_r_data_o,
  output logic        dev_r_spread_o,          // the other lanes have their pattern
  output logic        dev_r_zero_o,
  output logic [ 1:0] dev_r_resp_o,
  output logic        dev_r_last_o,
  output logic        dev_b_valid_o,
  input  logic        dev_b_ready_i,
  output logic [ 7:0] dev_b_id_o,
  output logic [ 1:0] dev_b_resp_o,
  // memory; user: pbmt, rcid, mcid
  output logic        out_ar_valid_o,
  input  logic        out_ar_ready_i,
  output logic [ 7:0] out_ar_id_o,
  output logic [63:0] out_ar_addr_o,
  output logic [ 7:0] out_ar_len_o,
  output logic [ 2:0] out_ar_size_o,
  output logic [13:0] out_ar_flags_o,
  output logic [ 5:0] out_ar_atop_o,
  output logic [25:0] out_ar_user_o,
  output logic        out_aw_valid_o,
  input  logic        out_aw_ready_i,
  output logic [ 7:0] out_aw_id_o,
  output logic [63:0] out_aw_addr_o,
  output logic [ 7:0] out_aw_len_o,
  output logic [ 2:0] out_aw_size_o,
  output logic [13:0] out_aw_flags_o,
  output logic [ 5:0] out_aw_atop_o,
  output logic [25:0] out_aw_user_o,
  output logic        out_w_valid_o,
  input  logic        out_w_ready_i,
  output logic [63:0] out_w_data_o,
  output logic        out_w_spread_o,
  output logic [63:0] out_w_strb_o,
  output logic        out_w_last_o,
  input  logic        out_r_valid_i,
  output logic        out_r_ready_o,
  input  logic [ 7:0] out_r_id_i,
  input  logic [63:0] out_r_data_i,
  input  logic [ 1:0] out_r_resp_i,
  input  logic        out_r_last_i,
  input  logic        out_b_valid_i,
  output logic        out_b_ready_o,
  input  logic [ 7:0] out_b_id_i,
  input  logic [ 1:0] out_b_resp_i,
  // translation; flags: unit, port, write, kind, access, execute
  output logic        read_xlate_valid_o,
  input  logic        read_xlate_ready_i,
  output logic [10:0] read_xlate_flags_o,
  output logic [ 5:0] read_xlate_slot_o,
  output logic [63:0] read_xlate_identity_o,
  output logic [63:0] read_xlate_iova_o,
  output logic        write_xlate_valid_o,
  input  logic        write_xlate_ready_i,
  output logic [10:0] write_xlate_flags_o,
  output logic [ 5:0] write_xlate_slot_o,
  output logic [63:0] write_xlate_identity_o,
  output logic [63:0] write_xlate_iova_o,
  input  logic        rsp_valid_i,
  input  logic        rsp_write_i,
  input  logic [ 5:0] rsp_slot_i,
  input  logic        rsp_fault_i,
  input  logic [ 1:0] rsp_target_i,
  input  logic [63:0] rsp_ppn_i,
  input  logic [ 2:0] rsp_perms_i,
  input  logic [ 1:0] rsp_pbmt_i,
  input  logic [ 5:0] rsp_log2_i,
  input  logic [23:0] rsp_qos_i,
  input  logic        rsp_dtf_i,
  input  logic [63:0] rsp_mrif_i,              // a number that the MRIF's fields are made of
  // MRIFs; flags: write, word, translated, access, dtf
  output logic        mrif_valid_o,
  input  logic        mrif_ready_i,
  output logic [63:0] mrif_mrif_o,
  output logic [ 5:0] mrif_flags_o,
  output logic [63:0] mrif_identity_o,
  output logic [63:0] mrif_iova_o,
  output logic [31:0] mrif_data_o,
  output logic [23:0] mrif_qos_o,
  input  logic        mrif_rsp_valid_i,
  input  logic        mrif_ok_i
);

  localparam config_t Chosen = Config == 0 ? ConfigSmall : Config == 1 ? ConfigBase : ConfigFull;

  function automatic config_t changed(config_t cfg);
    config_t result = cfg;
    result.DataWidth = Width;
    if (Beats >= 0) result.WriteBuffer = Beats;
    return result;
  endfunction

  localparam config_t Cfg = changed(Chosen);
  localparam int unsigned Lanes = Cfg.DataWidth / 64;
  localparam int unsigned SW = Cfg.DataWidth / 8;

  typedef logic [Lanes-1:0][63:0] data_t;

  function automatic data_t spread(logic [63:0] word);
    data_t data;
    for (int unsigned i = 0; i < Lanes; i++) data[i] = word ^ (64'h0101_0307_0f1f_3f7f * 64'(i));
    return data;
  endfunction

  function automatic mrif_t mrif_of(logic [46:0] number);
    return '{address: number, nppn: PpnBits'(~number), nid: 11'(number >> 8)};
  endfunction

  axi_ax_t dev_ar, dev_aw;
  mmu_t dev_ar_mmu, dev_aw_mmu;
  axi_r_t dev_r, out_r;
  axi_b_t dev_b, out_b;
  out_ax_t out_ar, out_aw;
  data_t dev_r_data, out_w_data;
  logic         [SW-1:0] out_w_strb;
  hpm_request_t [   1:0] hpm;
  xlate_req_t   [   1:0] xlate;
  xlate_rsp_t            rsp;
  mrif_req_t             mrif;

  always_comb begin
    dev_ar                                               = '0;
    dev_ar.id                                            = axi_id_t'(dev_ar_id_i);
    dev_ar.addr                                          = dev_ar_addr_i;
    dev_ar.len                                           = dev_ar_len_i;
    dev_ar.size                                          = dev_ar_size_i;
    {dev_ar.lock, dev_ar.cache, dev_ar.prot, dev_ar.qos} = dev_ar_flags_i[13:2];
    dev_ar.burst                                         = burst_e'(dev_ar_flags_i[1:0]);
    dev_ar.atop                                          = dev_ar_atop_i;
    dev_aw                                               = '0;
    dev_aw.id                                            = axi_id_t'(dev_aw_id_i);
    dev_aw.addr                                          = dev_aw_addr_i;
    dev_aw.len                                           = dev_aw_len_i;
    dev_aw.size                                          = dev_aw_size_i;
    {dev_aw.lock, dev_aw.cache, dev_aw.prot, dev_aw.qos} = dev_aw_flags_i[13:2];
    dev_aw.burst                                         = burst_e'(dev_aw_flags_i[1:0]);
    dev_aw.atop                                          = dev_aw_atop_i;
  end

  assign config_pending_o = 8'(Cfg.Pending);
  assign config_write_buffer_o = 16'(Cfg.WriteBuffer);
  assign config_qos_o = Cfg.Qos;
  assign config_mrif_o = Cfg.MsiMrif;
  assign config_pbmt_o = Cfg.Svpbmt;

  assign dev_ar_mmu = '{
          device_id: dev_ar_device_i,
          process_id_valid: dev_ar_process_valid_i,
          process_id: dev_ar_process_i,
          translated: dev_ar_translated_i
      };
  assign dev_aw_mmu = '{
          device_id: dev_aw_device_i,
          process_id_valid: dev_aw_process_valid_i,
          process_id: dev_aw_process_i,
          translated: dev_aw_translated_i
      };

  assign dev_r_id_o = 8'(dev_r.id);
  assign dev_r_data_o = dev_r_data[0];
  assign dev_r_spread_o = dev_r_data == spread(dev_r_data[0]);
  assign dev_r_zero_o = dev_r_data == '0;
  assign dev_r_resp_o = dev_r.resp;
  assign dev_r_last_o = dev_r.last;
  assign dev_b_id_o = 8'(dev_b.id);
  assign dev_b_resp_o = dev_b.resp;

  assign {out_ar_id_o, out_ar_addr_o, out_ar_len_o} = {8'(out_ar.id), 64'(out_ar.addr), out_ar.len};
  assign {out_aw_id_o, out_aw_addr_o, out_aw_len_o} = {8'(out_aw.id), 64'(out_aw.addr), out_aw.len};
  assign out_ar_size_o = out_ar.size;
  assign out_aw_size_o = out_aw.size;
  assign out_ar_flags_o = {out_ar.lock, out_ar.cache, out_ar.prot, out_ar.qos, out_ar.burst};
  assign out_aw_flags_o = {out_aw.lock, out_aw.cache, out_aw.prot, out_aw.qos, out_aw.burst};
  assign out_ar_atop_o = out_ar.atop;
  assign out_aw_atop_o = out_aw.atop;
  assign out_ar_user_o = out_ar.user;
  assign out_aw_user_o = out_aw.user;
  assign out_w_data_o = out_w_data[0];
  assign out_w_spread_o = out_w_data == spread(out_w_data[0]);
  assign out_w_strb_o = 64'(out_w_strb);

  assign out_r = '{id: axi_id_t'(out_r_id_i), resp: resp_e'(out_r_resp_i), last: out_r_last_i};
  assign out_b = '{id: axi_id_t'(out_b_id_i), resp: resp_e'(out_b_resp_i)};

  assign hpm_read_o = {hpm[0].untranslated, hpm[0].translated, hpm[0].ats};
  assign hpm_write_o = {hpm[1].untranslated, hpm[1].translated, hpm[1].ats};
  assign hpm_read_identity_o = 64'(hpm[0].identity);
  assign hpm_write_identity_o = 64'(hpm[1].identity);

  assign read_xlate_flags_o = {
    xlate[0].requester.unit,
    xlate[0].requester.port,
    xlate[0].requester.write,
    xlate[0].kind,
    xlate[0].access,
    xlate[0].execute
  };
  assign read_xlate_slot_o = xlate[0].requester.slot;
  assign read_xlate_identity_o = 64'(xlate[0].identity);
  assign read_xlate_iova_o = xlate[0].iova;
  assign write_xlate_flags_o = {
    xlate[1].requester.unit,
    xlate[1].requester.port,
    xlate[1].requester.write,
    xlate[1].kind,
    xlate[1].access,
    xlate[1].execute
  };
  assign write_xlate_slot_o = xlate[1].requester.slot;
  assign write_xlate_identity_o = 64'(xlate[1].identity);
  assign write_xlate_iova_o = xlate[1].iova;

  always_comb begin
    rsp                  = '0;
    rsp.requester        = '{unit: UNIT_PORT, port: 2'd1, write: rsp_write_i, slot: rsp_slot_i};
    rsp.fault            = rsp_fault_i;
    rsp.target           = target_e'(rsp_target_i);
    rsp.ppn              = rsp_ppn_i[PpnBits-1:0];
    rsp.perms            = rsp_perms_i;
    rsp.pbmt             = pbmt_e'(rsp_pbmt_i);
    rsp.log2             = rsp_log2_i;
    {rsp.rcid, rsp.mcid} = rsp_qos_i;
    rsp.flags.dtf        = rsp_dtf_i;
    rsp.mrif             = mrif_of(47'(rsp_mrif_i));
  end

  assign mrif_mrif_o     = mrif.mrif == mrif_of(mrif.mrif.address) ? 64'(mrif.mrif.address) : '1;
  assign mrif_flags_o    = {mrif.write, mrif.word, mrif.translated, mrif.access, mrif.dtf};
  assign mrif_identity_o = 64'(mrif.identity);
  assign mrif_iova_o     = mrif.iova;
  assign mrif_data_o     = mrif.data;
  assign mrif_qos_o      = {mrif.rcid, mrif.mcid};

  iommu_port #(
    .Cfg (Cfg),
    .Port(2'd1)
  ) u_port (
    .clk_i,
    .rst_ni,
    .hold_i,
    .inval_i,
    .drain_valid_i,
    .drain_reads_i,
    .drain_writes_i,
    .drain_done_o,
    .stop_i,
    .idle_o,
    .hpm_o        (hpm),
    .dev_aw_valid_i,
    .dev_aw_ready_o,
    .dev_aw_i     (dev_aw),
    .dev_aw_mmu_i (dev_aw_mmu),
    .dev_w_valid_i,
    .dev_w_ready_o,
    .dev_w_data_i (spread(dev_w_data_i)),
    .dev_w_strb_i (dev_w_strb_i[SW-1:0]),
    .dev_w_last_i,
    .dev_b_valid_o,
    .dev_b_ready_i,
    .dev_b_o      (dev_b),
    .dev_ar_valid_i,
    .dev_ar_ready_o,
    .dev_ar_i     (dev_ar),
    .dev_ar_mmu_i (dev_ar_mmu),
    .dev_r_valid_o,
    .dev_r_ready_i,
    .dev_r_o      (dev_r),
    .dev_r_data_o (dev_r_data),
    .out_aw_valid_o,
    .out_aw_ready_i,
    .out_aw_o     (out_aw),
    .out_w_valid_o,
    .out_w_ready_i,
    .out_w_data_o (out_w_data),
    .out_w_strb_o (out_w_strb),
    .out_w_last_o,
    .out_b_valid_i,
    .out_b_ready_o,
    .out_b_i      (out_b),
    .out_ar_valid_o,
    .out_ar_ready_i,
    .out_ar_o     (out_ar),
    .out_r_valid_i,
    .out_r_ready_o,
    .out_r_i      (out_r),
    .out_r_data_i (spread(out_r_data_i)),
    .xlate_valid_o({write_xlate_valid_o, read_xlate_valid_o}),
    .xlate_ready_i({write_xlate_ready_i, read_xlate_ready_i}),
    .xlate_o      (xlate),
    .rsp_valid_i,
    .rsp_i        (rsp),
    .mrif_valid_o,
    .mrif_ready_i,
    .mrif_o       (mrif),
    .mrif_rsp_valid_i,
    .mrif_ok_i
  );

endmodule
