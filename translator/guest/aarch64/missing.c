/* Encodings of extensions that are not implemented and are no neighbours of instructions that are:
 * as illegal as unallocated ones, but a report can name what the program lacks. */
#include "translator/guest/aarch64/decode.h"

MISSING("...0010. ........................", "sve")
MISSING("1..0000. ........................", "sme")
MISSING("11111000 001 ..... 1..100 ..... .....", "ls64")
MISSING("00011001 ..1 ..... .0..00 ..... .....", "lse128")
MISSING("11010101 00000 011 0001 0000 00. .....", "wfxt")
MISSING("11010101 00100 011 0011 000. 011 .....", "tme")
