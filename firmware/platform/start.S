/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First instructions in machine mode. a0 = hart id, a1 = device tree, a2 = what the loader
 * gives to fw_dynamic; all three go to main(). One hart, the first to come, runs C; the others
 * wait until main() releases them into the next stage.
 */
    .section .text.start, "ax"
    .globl _start
_start:
    csrw    mie, zero
    csrr    s3, minstret
    mv      s0, a0
    mv      s1, a1
    mv      s2, a2
    la      t0, trap_entry
    csrw    mtvec, t0
    la      t0, start_lottery
    li      t1, 1
    amoswap.w t1, t1, (t0)
    bnez    t1, wait_for_release

    la      t0, __bss_start
    la      t1, __bss_end
1:  bgeu    t0, t1, 2f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       1b
2:  la      sp, __stack_top
    mv      a0, s0
    mv      a1, s1
    mv      a2, s2
    mv      a3, s3
    call    main
stop:
    wfi
    j       stop

/* In .data, not .bss: it must have its value before anybody clears anything. */
wait_for_release:
    la      t0, start_release
1:  lw      t1, 0(t0)
    beqz    t1, 1b
    fence   rw, rw
    fence.i
    la      t0, start_next
    ld      a1, 8(t0)
    ld      a2, 16(t0)
    ld      t1, 0(t0)
    mv      a0, s0
    jr      t1

/* start_enter_next(hart): the same for the hart that ran main(). */
    .globl start_enter_next
start_enter_next:
    fence   rw, rw
    fence.i
    la      t0, start_release
    li      t1, 1
    amoswap.w.aqrl zero, t1, (t0)
    la      t0, start_next
    ld      a1, 8(t0)
    ld      a2, 16(t0)
    ld      t1, 0(t0)
    jr      t1

    .align  2
trap_entry:
    csrr    a0, mcause
    csrr    a1, mepc
    csrr    a2, mtval
    la      sp, __stack_top
    call    trap
    j       stop

    .section .data
    .align  3
start_lottery:
    .word   0
start_release:
    .word   0
    .globl start_next
start_next:                 /* entry, a1, a2 */
    .dword  0, 0, 0
