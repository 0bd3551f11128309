/* The least that a static C program does: its start-up time and memory are the emulator's. */
#include <stdio.h>

int main(void) {
    puts("hello");
    return 0;
}
