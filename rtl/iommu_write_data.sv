// SPDX-License-Identifier: Apache-2.0
//
// Write data of a device port. Beats come in the order of the device's AWs and go on in the
// order in which these left; none goes on before its AW has been granted a translation. What is
// refused, or goes to an MRIF, is absorbed.
//
// With a write buffer the data of a burst that waits can be put aside, if there is room for all
// of it: a list of beats in one memory. The burst may leave while its data is still coming, which
// goes on as it comes. Data that is not put aside passes in the same cycle.

module iommu_write_data
  import iommu_pkg::*;
  import iommu_port_pkg::*;
#(
  parameter  config_t     Cfg = ConfigBase,
  localparam int unsigned DW  = Cfg.DataWidth,
  localparam int unsigned SW  = Cfg.DataWidth / 8
) (
  input  logic            clk_i,
  input  logic            rst_ni,
  // from the device
  input  logic            w_valid_i,
  output logic            w_ready_o,
  input  logic   [DW-1:0] w_data_i,
  input  logic   [SW-1:0] w_strb_i,
  input  logic            w_last_i,
  // requests that left
  input  logic            order_valid_i,
  output logic            order_ready_o,
  input  order_t          order_i,
  // a request that waits, whose data is the next to come unless requests that left have to
  // get theirs first
  input  logic            collect_valid_i,
  output logic            collect_take_o,
  input  logic   [   7:0] collect_len_i,
  output logic   [  15:0] collect_first_o,
  // to memory
  output logic            w_valid_o,
  input  logic            w_ready_i,
  output logic   [DW-1:0] w_data_o,
  output logic   [SW-1:0] w_strb_o,
  output logic            w_last_o,
  // data that is absorbed: pulses with the first beat, and with the last
  output logic            absorb_first_o,
  output logic            absorb_last_o,
  output logic   [DW-1:0] absorb_data_o,
  output logic   [SW-1:0] absorb_strb_o,
  output logic            idle_o
);

  localparam int unsigned Depth = 16;
  localparam int unsigned PointerBits = $clog2(Depth) + 1;
  localparam logic Buffered = Cfg.WriteBuffer != 0;

  typedef logic [PointerBits-1:0] pointer_t;
  typedef struct packed {
    logic          last;
    logic [SW-1:0] strb;
    logic [DW-1:0] data;
  } beat_t;

  // --- the order ----------------------------------------------------------------------------

  pointer_t head_d, head_q, next_head, end_d, end_q, streams_d, streams_q;
  order_t now, following;
  logic now_valid, has_following, push, pop, stream, stream_take, stream_end;
  logic first_d, first_q;  // the next beat that streams is its burst's first
  logic collecting;

  iommu_table #(
    .Depth(Depth),
    .Width($bits(order_t)),
    .Reads(2)
  ) u_order (
    .clk_i,
    .we_i   (push),
    .waddr_i(end_q[PointerBits-2:0]),
    .wdata_i(order_i),
    .raddr_i({next_head[PointerBits-2:0], head_q[PointerBits-2:0]}),
    .rdata_o({following, now})
  );

  assign next_head     = head_q + pointer_t'(1);

  assign order_ready_o = (end_q - head_q) != pointer_t'(Depth);
  assign push          = order_valid_i && order_ready_o;
  assign now_valid     = head_q != end_q;
  assign has_following = now_valid && next_head != end_q;

  beat_t buffer_beat;
  logic buffer_valid, buffer_take, buffer_absorb, buffer_first, buffer_pop;

  assign stream      = now_valid && !now.buffered && !collecting && !buffer_valid;
  assign stream_take = stream && w_valid_i && (now.absorb || w_ready_i);
  assign stream_end  = stream_take && w_last_i;
  assign pop         = stream_end || buffer_pop;
  assign w_ready_o   = collecting || (stream && (now.absorb || w_ready_i));
  assign buffer_take = buffer_valid && (buffer_absorb || w_ready_i);

  always_comb begin
    w_valid_o = (stream && w_valid_i && !now.absorb) || (buffer_valid && !buffer_absorb);
    {w_last_o, w_strb_o, w_data_o} = buffer_valid ? buffer_beat : {w_last_i, w_strb_i, w_data_i};

    absorb_first_o = (stream_take && now.absorb && first_q) ||
                     (buffer_valid && buffer_absorb && buffer_first);
    absorb_last_o  = (stream_end && now.absorb) ||
                     (buffer_valid && buffer_absorb && buffer_beat.last);
    absorb_data_o = w_data_o;
    absorb_strb_o = w_strb_o;

    first_d = stream_take ? w_last_i : first_q;
    head_d = pop ? next_head : head_q;
    end_d = end_q + pointer_t'(push);
    streams_d = streams_q + pointer_t'(push && !order_i.buffered) - pointer_t'(stream_end);
  end

  assign idle_o = !now_valid && !collecting && !buffer_valid;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      head_q    <= '0;
      end_q     <= '0;
      streams_q <= '0;
      first_q   <= 1'b1;
    end else begin
      head_q    <= head_d;
      end_q     <= end_d;
      streams_q <= streams_d;
      first_q   <= first_d;
    end
  end

  // --- the buffer ---------------------------------------------------------------------------

  if (Buffered) begin : g_buffer
    localparam int unsigned Beats = Cfg.WriteBuffer;
    localparam int unsigned BeatBits = $clog2(Beats);

    typedef logic [BeatBits-1:0] index_t;
    typedef logic [BeatBits:0] count_t;
    typedef struct packed {
      logic   last;
      index_t next;
    } link_t;

    if (2 ** BeatBits != Beats || Beats < 4 || Beats > 65536) begin : g_beats
      $error("iommu_write_data: Cfg.WriteBuffer must be a power of two from 4 to 65536");
    end

    // Free beats: those that were never used, and a list of those that were. One is always
    // taken out: the next beat's, so that a beat can be linked to it.
    count_t unused_d, unused_q, free_count_d, free_count_q;
    index_t free_head_d, free_head_q, free_end_d, free_end_q;
    index_t place_d, place_q, next_place, next_place_listed, listed, returned, returned_q;
    logic passes_d, passes_q;
    logic take_beat, collecting_d, collecting_q, fetch, fetch_last;

    // --- putting aside ---

    // The head of the list is read ahead, or, when it comes as the list is empty, passed on.
    iommu_ram #(
      .OldWord(1'b0),
      .Block  (1'b1),
      .Depth  (Beats),
      .Width  (BeatBits)
    ) u_free (
      .clk_i,
      .we_i   (fetch),
      .waddr_i(free_end_q),
      .wdata_i(returned),
      .re_i   (1'b1),
      .raddr_i(free_head_d),
      .rdata_o(listed)
    );

    // The list never has all beats, since one is taken out.
    assign passes_d = fetch && free_head_d == free_end_q;
    assign next_place_listed = passes_q ? returned_q : listed;
    assign next_place = unused_q[BeatBits] ? next_place_listed : unused_q[BeatBits-1:0];
    assign collecting = collecting_q || collect_take_o;
    assign take_beat = collecting && w_valid_i;

    assign collect_take_o  = collect_valid_i && w_valid_i && !collecting_q && streams_q == '0 &&
                             32'(collect_len_i) < 32'(free_count_q);
    assign collect_first_o = 16'(place_q);

    always_comb begin
      collecting_d = collecting && !(take_beat && w_last_i);
      unused_d     = unused_q;
      free_head_d  = free_head_q;
      free_end_d   = free_end_q + index_t'(fetch);
      free_count_d = free_count_q;
      if (fetch && !take_beat) free_count_d = free_count_q + count_t'(1);
      if (take_beat && !fetch) free_count_d = free_count_q - count_t'(1);
      place_d = place_q;
      if (take_beat) begin
        place_d = next_place;
        if (unused_q[BeatBits]) free_head_d = free_head_q + index_t'(1);
        else unused_d = unused_q + count_t'(1);
      end
    end

    // --- sending on ---

    // Where the next beat of `now` is or will be, and the link from there, read ahead, or passed
    // on: the beat that came in the last cycle is linked to the one that comes next.
    index_t at_d, at_q;
    link_t link, link_read;
    logic link_passes_d, link_passes_q, last_q;
    logic begun_d, begun_q;  // the first beat of `now` has been read

    logic valid_d, valid_q, absorb_d, absorb_q, is_first_d, is_first_q;

    iommu_ram #(
      .OldWord(1'b0),
      .Block  (1'b1),
      .Depth  (Beats),
      .Width  ($bits(link_t))
    ) u_links (
      .clk_i,
      .we_i   (take_beat),
      .waddr_i(place_q),
      .wdata_i({w_last_i, next_place}),
      .re_i   (1'b1),
      .raddr_i(at_d),
      .rdata_o(link_read)
    );

    assign link_passes_d = take_beat && place_q == at_d;
    assign link          = link_passes_q ? {last_q, place_q} : link_read;

    iommu_ram #(
      .Depth  (Beats),
      .Width  ($bits(beat_t)),
      .OldWord(1'b0)
    ) u_beats (
      .clk_i,
      .we_i   (take_beat),
      .waddr_i(place_q),
      .wdata_i({w_last_i, w_strb_i, w_data_i}),
      .re_i   (fetch),
      .raddr_i(at_q),
      .rdata_o(buffer_beat)
    );

    assign returned = at_q;
    // The next beat to come goes to place_q: until then it is not there.
    assign fetch = now_valid && now.buffered && (!valid_q || buffer_take) && at_q != place_q;
    assign fetch_last = fetch && link.last;
    assign buffer_pop = fetch_last;
    assign buffer_valid = valid_q;
    assign buffer_absorb = absorb_q;
    assign buffer_first = is_first_q;

    always_comb begin
      begun_d    = begun_q;
      valid_d    = valid_q && !buffer_take;
      absorb_d   = absorb_q;
      is_first_d = is_first_q;
      at_d       = at_q;
      if (!now_valid || pop) begin
        at_d = has_following ? following.first[BeatBits-1:0] : order_i.first[BeatBits-1:0];
      end else if (fetch) at_d = link.next;
      if (fetch) begin
        begun_d    = !link.last;
        valid_d    = 1'b1;
        absorb_d   = now.absorb;
        is_first_d = !begun_q;
      end
    end

    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        unused_q      <= count_t'(1);
        free_count_q  <= count_t'(Beats - 1);
        passes_q      <= 1'b0;
        free_head_q   <= '0;
        free_end_q    <= '0;
        place_q       <= '0;
        collecting_q  <= 1'b0;
        begun_q       <= 1'b0;
        at_q          <= '0;
        link_passes_q <= 1'b0;
        valid_q       <= 1'b0;
        absorb_q      <= 1'b0;
        is_first_q    <= 1'b0;
      end else begin
        unused_q      <= unused_d;
        free_count_q  <= free_count_d;
        passes_q      <= passes_d;
        free_head_q   <= free_head_d;
        free_end_q    <= free_end_d;
        place_q       <= place_d;
        collecting_q  <= collecting_d;
        begun_q       <= begun_d;
        at_q          <= at_d;
        link_passes_q <= link_passes_d;
        valid_q       <= valid_d;
        absorb_q      <= absorb_d;
        is_first_q    <= is_first_d;
      end
    end

    always_ff @(posedge clk_i) if (fetch) returned_q <= returned;
    always_ff @(posedge clk_i) last_q <= w_last_i;

`ifndef SYNTHESIS
    assert property (@(posedge clk_i) disable iff (!rst_ni) take_beat |-> free_count_q != '0);
    assert property (@(posedge clk_i) disable iff (!rst_ni)
      !(collect_take_o && push && !order_i.buffered));
`endif
  end else begin : g_no_buffer
    logic unused;
    assign collecting = 1'b0;
    assign collect_take_o = 1'b0;
    assign collect_first_o = '0;
    assign buffer_beat = '0;
    assign buffer_valid = 1'b0;
    assign buffer_absorb = 1'b0;
    assign buffer_first = 1'b0;
    assign buffer_pop = 1'b0;
    assign unused          = &{collect_valid_i, collect_len_i, buffer_take, streams_q,
                         following, has_following};
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    w_valid_o && !w_ready_i |=> w_valid_o && $stable(
      {w_data_o, w_strb_o, w_last_o}
  ));
  assert property (@(posedge clk_i) disable iff (!rst_ni) order_valid_i |-> order_ready_o);
  // A beat goes on only for a request that left to memory.
  assert property (@(posedge clk_i) disable iff (!rst_ni)
    w_valid_o |-> buffer_valid || (now_valid && !now.absorb));
  assert property (@(posedge clk_i) disable iff (!rst_ni) !(stream_end && buffer_pop));
`endif

endmodule
