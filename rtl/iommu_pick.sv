// SPDX-License-Identifier: Apache-2.0
//
// The next of a set, in turn: the lowest member above the one that was last, or the lowest.

module iommu_pick #(
  parameter int unsigned Members = 64
) (
  input  logic [        Members-1:0] set_i,
  input  logic [$clog2(Members)-1:0] last_i,
  output logic                       any_o,
  output logic [$clog2(Members)-1:0] member_o
);

  // As many as there could be, of which those beyond Members are none.
  localparam int unsigned Places = Members <= 4 ? 4 : 2 ** $clog2(Members);
  localparam int unsigned Bits = $clog2(Places);

  // A group, and a member of it: so only one group is looked at closely.
  localparam int unsigned Group = Places >= 64 ? 8 : Places >= 16 ? 4 : 2;
  localparam int unsigned Groups = Places / Group;
  localparam int unsigned GroupBits = $clog2(Group);

  typedef logic [Groups-1:0] groups_t;
  typedef logic [Group-1:0] group_t;
  typedef logic [Bits-GroupBits-1:0] number_t;  // of a group

  function automatic number_t lowest_group(groups_t set);
    number_t found;
    found = '0;
    for (int g = int'(Groups) - 1; g >= 0; g--) if (set[g]) found = number_t'(g);
    return found;
  endfunction

  function automatic logic [GroupBits-1:0] lowest(group_t set);
    logic [GroupBits-1:0] found;
    found = '0;
    for (int i = int'(Group) - 1; i >= 0; i--) if (set[i]) found = GroupBits'(i);
    return found;
  endfunction

  logic [Groups-1:0][Group-1:0] sets;
  groups_t some, above;  // groups with members; those above the one of the last
  group_t rest;  // members of that group above the last
  number_t last_group, group;

  logic [Bits-1:0] last, member;

  assign sets       = Places'(set_i);
  assign last       = Bits'(last_i);
  assign last_group = last[Bits-1:GroupBits];
  assign member_o   = $bits(member_o)'(member);

  always_comb begin
    for (int unsigned g = 0; g < Groups; g++) some[g] = sets[g] != '0;
    above  = some & (~groups_t'(1) << last_group);
    rest   = sets[last_group] & (~group_t'(1) << last[GroupBits-1:0]);
    group  = above != '0 ? lowest_group(above) : lowest_group(some);
    any_o  = some != '0;
    member = rest != '0 ? {last_group, lowest(rest)} : {group, lowest(sets[group])};
  end

endmodule
