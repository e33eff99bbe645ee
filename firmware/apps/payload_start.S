/* SPDX-License-Identifier: Apache-2.0 */
/* First instructions of the payload, in supervisor mode: a0 = hart, a1 = device tree. */
    .section .text.start, "ax"
    .globl _start
_start:
    csrw    sie, zero
    la      t0, payload_trap
    csrw    stvec, t0
    la      t0, __bss_start
    la      t1, __bss_end
1:  bgeu    t0, t1, 2f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       1b
2:  la      sp, __stack_top
    mv      a0, a1
    call    payload
payload_trap:
    csrr    a0, scause
    csrr    a1, sepc
    csrr    a2, stval
    la      sp, __stack_top
    call    payload_trapped
3:  wfi
    j       3b
