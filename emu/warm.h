/* denizen --warm: translates ELF files ahead of time, into the store. */
#ifndef EMU_WARM_H
#define EMU_WARM_H

struct options;

/* Translates the files, and those in the directories, that options->arguments names. Returns the
 * exit status. */
int warm_command(const struct options *options);

#endif
