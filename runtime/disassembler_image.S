/* The disassembler program as the Makefile built it; empty where capstone was not to be had. On pages
 * of its own, which stay on disk until it is wanted. */
    .section .disassembler, "a", %progbits
    .globl disassembler_image, disassembler_image_size
    .hidden disassembler_image, disassembler_image_size
    .balign 4096
disassembler_image:
    .incbin DISASSEMBLER
.Lend:
    .balign 4096

    .section .rodata
    .balign 8
disassembler_image_size:
    .quad .Lend - disassembler_image

    .section .note.GNU-stack, "", %progbits
