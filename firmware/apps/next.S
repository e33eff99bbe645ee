/* SPDX-License-Identifier: Apache-2.0 */
/* The next stage, as the build names it. */
    .section .next, "a"
    .incbin NEXT_STAGE
