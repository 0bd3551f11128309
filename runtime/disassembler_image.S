/* The disassembler program as the Makefile built it; empty where capstone was not to be had. On pages
 * of its own, which stay on disk until it is wanted. */
    .section .disassembler, "a", %progbits
    .globl disassembler_image, disassembler_image_end
    .hidden disassembler_image, disassembler_image_end
    .balign 4096
disassembler_image:
    .incbin DISASSEMBLER
disassembler_image_end:
    .balign 4096

    .section .note.GNU-stack, "", %progbits
