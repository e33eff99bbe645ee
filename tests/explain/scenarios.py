# SPDX-License-Identifier: Apache-2.0
"""All scenarios."""

from scenarios_faults import (
    off, ddt_access, ddt_not_valid, dc_misconfigured, dc_reserved, wrong_pointers,
    type_disallowed, page_faults, ats, lost_pointers, dtf, wide_addresses,
)
from scenarios_rules import (
    ats_denials, ats_completions, wide_ids, sv32_mistakes, controls, implicit_rights,
    guest_processes, lost_directory, replays, no_modes, big_endian_controls,
)
from scenarios_views import queues, queue_refused, replay, directory, base_directory, registers_only
from scenarios_walks import (
    good_sv39, nested, msi, processes, t2gpa, ad_updates, ad_updates_nested, big_endian, sv32,
    base_format, pass_through,
)

SCENARIOS = [
    good_sv39, nested, msi, off, ddt_access, ddt_not_valid, dc_misconfigured, dc_reserved,
    wrong_pointers, type_disallowed, processes, page_faults, wide_addresses, ats, t2gpa,
    ad_updates, ad_updates_nested, lost_pointers, big_endian, sv32, dtf, base_format,
    pass_through, ats_denials, ats_completions, wide_ids, sv32_mistakes, controls,
    implicit_rights, guest_processes, lost_directory, replays, no_modes, big_endian_controls,
    queues, queue_refused,
    replay, directory, base_directory, registers_only,
]
