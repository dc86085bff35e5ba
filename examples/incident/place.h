/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where the demo keeps its files: one folder under $TMPDIR, and the table on a tmpfs
 * where there is one, as the manual advises.  Both are removed at the end of the
 * program, however it ends, SIGKILL apart.
 */
#ifndef INCIDENT_PLACE_H
#define INCIDENT_PLACE_H

#define PLACE_BYTES 512

struct place {
  char spool[PLACE_BYTES]; /* what the CGI hands to the mail server              */
  char log[PLACE_BYTES];   /* what the CGI says on standard error                */
  char table[PLACE_BYTES];
  char last[PLACE_BYTES]; /* folder: what each user's last message was like       */
};

/* Make the folders.  Returns the place, or NULL after a message.  Once a program. */
const struct place *place_make(void);

/* Remove the files, so that the next run finds none; the folders stay. */
void place_empty(void);

#endif
