/*
 * Switching stacks on aarch64 (AAPCS64): x19 to x30, d8 to d15 and FPCR.
 *
 *	void switch_stacks(void **left_r, void *enter);
 *	void switch_entry(void);     the first return address of a new stack
 */
	.text

	.globl	switch_stacks
	.hidden	switch_stacks
	.type	switch_stacks, %function
	.p2align 4
switch_stacks:
	.cfi_startproc
	hint	#34			/* bti c */
	sub	sp, sp, #176
	.cfi_adjust_cfa_offset 176
	stp	x19, x20, [sp, #0]
	.cfi_rel_offset x19, 0
	.cfi_rel_offset x20, 8
	stp	x21, x22, [sp, #16]
	.cfi_rel_offset x21, 16
	.cfi_rel_offset x22, 24
	stp	x23, x24, [sp, #32]
	.cfi_rel_offset x23, 32
	.cfi_rel_offset x24, 40
	stp	x25, x26, [sp, #48]
	.cfi_rel_offset x25, 48
	.cfi_rel_offset x26, 56
	stp	x27, x28, [sp, #64]
	.cfi_rel_offset x27, 64
	.cfi_rel_offset x28, 72
	stp	x29, x30, [sp, #80]
	.cfi_rel_offset x29, 80
	.cfi_rel_offset x30, 88
	stp	d8, d9, [sp, #96]
	stp	d10, d11, [sp, #112]
	stp	d12, d13, [sp, #128]
	stp	d14, d15, [sp, #144]
	mrs	x9, fpcr
	str	x9, [sp, #160]

	mov	x10, sp
	str	x10, [x0]
	mov	sp, x1

	ldr	x9, [sp, #160]
	msr	fpcr, x9
	ldp	d14, d15, [sp, #144]
	ldp	d12, d13, [sp, #128]
	ldp	d10, d11, [sp, #112]
	ldp	d8, d9, [sp, #96]
	ldp	x29, x30, [sp, #80]
	ldp	x27, x28, [sp, #64]
	ldp	x25, x26, [sp, #48]
	ldp	x23, x24, [sp, #32]
	ldp	x21, x22, [sp, #16]
	ldp	x19, x20, [sp, #0]
	add	sp, sp, #176
	.cfi_adjust_cfa_offset -176
	ret
	.cfi_endproc
	.size	switch_stacks, .-switch_stacks

	.globl	switch_entry
	.hidden	switch_entry
	.type	switch_entry, %function
	.p2align 4
switch_entry:
	.cfi_startproc
	.cfi_undefined x30
	mov	x0, x20
	mov	x29, #0
	mov	x30, #0
	blr	x19
	brk	#1
	.cfi_endproc
	.size	switch_entry, .-switch_entry

	.section .note.GNU-stack, "", %progbits
