// SPDX-License-Identifier: Apache-2.0
//
// The next of a set, in turn: the lowest member above the one that was last, or the lowest.

module iommu_pick #(
  parameter int unsigned Members = 64
) (
  input  logic [Members-1:0]         set_i,
  input  logic [$clog2(Members)-1:0] last_i,
  output logic                       any_o,
  output logic [$clog2(Members)-1:0] member_o
);

  localparam int unsigned Bits = $clog2(Members);

  logic [Members-1:0] later;

  // In two steps, a group and a member of it: short chains.
  localparam int unsigned Group = Members >= 64 ? 8 : Members >= 16 ? 4 : 2;
  localparam int unsigned Groups = Members / Group;
  localparam int unsigned GroupBits = $clog2(Group);

  function automatic logic [Bits-1:0] lowest(logic [Members-1:0] set);
    logic [Groups-1:0] some;
    logic [Bits-1:0]   member;
    logic              found, here;
    for (int unsigned g = 0; g < Groups; g++) some[g] = set[g*Group +: Group] != '0;
    member = '0;
    found  = 1'b0;
    for (int unsigned g = 0; g < Groups; g++) begin
      logic [Bits-1:0] inner;
      inner = '0;
      here  = 1'b0;
      for (int unsigned i = 0; i < Group; i++) begin
        if (!here && set[g*Group + i]) inner = Bits'(g * Group + i);
        here = here || set[g*Group + i];
      end
      if (!found && some[g]) member = inner;
      found = found || some[g];
    end
    return member;
  endfunction

  // Members above the last one, by comparisons for equality only: no carry chains.
  logic [Groups-1:0] in_group, group_above;
  logic [Group-1:0]  at, above;

  always_comb begin
    for (int unsigned g = 0; g < Groups; g++) begin
      in_group[g]    = last_i[Bits-1:GroupBits] == (Bits - GroupBits)'(g);
      group_above[g] = 1'b0;
      for (int unsigned k = 0; k < g; k++) group_above[g] |= in_group[k];
    end
    for (int unsigned i = 0; i < Group; i++) begin
      at[i]    = last_i[GroupBits-1:0] == GroupBits'(i);
      above[i] = 1'b0;
      for (int unsigned k = 0; k < i; k++) above[i] |= at[k];
    end
    for (int unsigned i = 0; i < Members; i++)
      later[i] = set_i[i] && (group_above[i / Group] || (in_group[i / Group] && above[i % Group]));
    any_o    = set_i != '0;
    member_o = later != '0 ? lowest(later) : lowest(set_i);
  end

endmodule
