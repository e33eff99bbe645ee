// SPDX-License-Identifier: Apache-2.0
//
// What a command is, and whether it is legal: reserved encodings and bits, what is not built,
// and what the registers forbid at present. Combinational.

module iommu_cq_decode
  import iommu_reg_pkg::*;
  import iommu_pkg::*;
  import iommu_queue_pkg::*;
#(
  parameter config_t Cfg = ConfigBase
) (
  input  cmd_t       cmd_i,
  input  logic       fault_i,   // the command could not be read
  input  ddtp_mode_e mode_i,
  input  logic       wsi_i,     // fctl.WSI
  output command_t   command_o
);

  localparam capabilities_t Capabilities = capabilities_of(Cfg);

  // Device IDs: DDI[0] is narrower when device contexts are 64 bytes.
  localparam int unsigned LeafBits = Cfg.MsiFlat ? 6 : 7;
  localparam logic [23:0] WideMasks[3] = '{
      24'hffffff << LeafBits,
      24'hffffff << (LeafBits + 9),
      24'h0
  };

  localparam int unsigned ProcessBits =
      Capabilities.pd20 ? 20 : Capabilities.pd17 ? 17 : Capabilities.pd8 ? 8 : 0;

  // --- reserved bits of each group ----------------------------------------------------------

  localparam logic [127:0] IotinvalReserved = CMD_IOTINVAL_RESERVED_MASK
      | (Capabilities.nl ? 128'h0 : 128'h1 << 34) | (Capabilities.s ? 128'h0 : 128'h1 << 73);
  // PAYLOAD goes into the message as it is.
  localparam logic [127:0] AtsReserved = CMD_ATS_RESERVED_MASK;

  cmd_iotinval_t iotinval;
  cmd_iofence_t  iofence;
  cmd_iodir_t    iodir;

  assign iotinval = cmd_i;
  assign iofence  = cmd_i;
  assign iodir    = cmd_i;

  // --- ADDR and S ---------------------------------------------------------------------------

  logic [51:0] ones;  // the ones at the low end of ADDR, and the zero above them
  logic        below;  // all bits below are ones

  always_comb begin
    below = iotinval.s;
    for (int i = 0; i < 52; i++) begin
      ones[i] = below;
      below &= iotinval.addr[i];
    end
  end

  // --- DID ----------------------------------------------------------------------------------

  logic [23:0] wide;
  logic        did_too_wide;

  always_comb begin
    unique case (mode_i)
      DDTP_MODE_1LVL: wide = WideMasks[0];
      DDTP_MODE_2LVL: wide = WideMasks[1];
      DDTP_MODE_3LVL: wide = WideMasks[2];
      default:        wide = WideMasks[Cfg.DdtLevels-1];  // no mode yet: the widest there is
    endcase
    did_too_wide = iodir.dv && (iodir.did & wide) != '0;
  end

  // --- kind ---------------------------------------------------------------------------------

  function automatic command_e iotinval_kind(cmd_iotinval_t cmd);
    logic gvma = cmd.func3 == FUNC3_IOTINVAL_GVMA;
    if ((cmd & IotinvalReserved) != '0) return COMMAND_ILLEGAL;
    if (cmd.func3 != FUNC3_IOTINVAL_VMA && !gvma) return COMMAND_ILLEGAL;
    return gvma && cmd.pscv ? COMMAND_ILLEGAL : COMMAND_INVAL;
  endfunction

  function automatic command_e iofence_kind(cmd_iofence_t cmd, logic wsi);
    if (cmd.func3 != FUNC3_IOFENCE_C || (cmd & CMD_IOFENCE_RESERVED_MASK) != '0)
      return COMMAND_ILLEGAL;
    return cmd.wsi && !wsi ? COMMAND_ILLEGAL : COMMAND_FENCE;
  endfunction

  function automatic command_e iodir_kind(cmd_iodir_t cmd, logic too_wide);
    if ((cmd & CMD_IODIR_RESERVED_MASK) != '0 || too_wide) return COMMAND_ILLEGAL;
    unique case (cmd.func3)
      FUNC3_IODIR_INVAL_DDT: return cmd.pid != '0 ? COMMAND_ILLEGAL : COMMAND_INVAL;
      FUNC3_IODIR_INVAL_PDT:
      return !cmd.dv || 21'(cmd.pid) >> ProcessBits != '0 ? COMMAND_ILLEGAL : COMMAND_INVAL;
      default: return COMMAND_ILLEGAL;
    endcase
  endfunction

  function automatic command_e ats_kind(cmd_t cmd);
    if (!Cfg.Ats || (cmd & AtsReserved) != '0) return COMMAND_ILLEGAL;
    unique case (cmd.func3)
      FUNC3_ATS_INVAL: return COMMAND_ATS_INVAL;
      FUNC3_ATS_PRGR:  return COMMAND_ATS_PRGR;
      default:         return COMMAND_ILLEGAL;
    endcase
  endfunction

  always_comb begin
    command_o = '{kind: COMMAND_ILLEGAL, inval: INVAL_VMA, av: 1'b0, span: ones, raw: cmd_i};
    unique case (cmd_i.opcode)
      OPCODE_IOTINVAL: begin
        command_o.kind  = iotinval_kind(iotinval);
        command_o.inval = iotinval.func3 == FUNC3_IOTINVAL_GVMA ? INVAL_GVMA : INVAL_VMA;
        // GVMA without GV is for all address spaces, and ignores AV.
        command_o.av    = iotinval.av && (iotinval.gv || iotinval.func3 == FUNC3_IOTINVAL_VMA);
      end
      OPCODE_IOFENCE: command_o.kind = iofence_kind(iofence, wsi_i);
      OPCODE_IODIR: begin
        command_o.kind  = iodir_kind(iodir, did_too_wide);
        command_o.inval = iodir.func3 == FUNC3_IODIR_INVAL_PDT ? INVAL_PDT : INVAL_DDT;
      end
      OPCODE_ATS:     command_o.kind = ats_kind(cmd_i);
      default:        ;
    endcase
    if (fault_i) command_o.kind = COMMAND_FAULT;
  end

`ifndef SYNTHESIS
  always_comb begin
    if (command_o.kind == COMMAND_INVAL && command_o.av)
      assert (((command_o.span + 52'd1) & command_o.span) == '0);
  end
`endif

endmodule
