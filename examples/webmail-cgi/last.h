/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a user's last message was like: who it said it was from, and how large it was.  A stolen
 * account changes the one and repeats the other.
 *
 * What counts is what was sent: whoever tries out signatures and sends none of them has changed
 * nothing.  One file a user, $WEIR_LAST/last.USER, a line of fixed length.  Of two messages of one
 * user at the same moment, one may be compared with the message before both.
 */
#ifndef WEBMAIL_LAST_H
#define WEBMAIL_LAST_H

#include "message.h"

struct last_changes {
  int identity;  /* 1: another signature than the last message's, or another name or address
                    for replies                                                      */
  int same_size; /* 1: subject and text have the last one's length, to the byte     */
};

/* Compare a message that was sent with the user's last one, and remember it in its place.
 * Nothing has changed where nothing is known.  user: of request.h's alphabet.  Returns 0, or -1
 * with errno, where the file can be neither read nor written. */
int last_compare(const char *folder, const char *user, const struct draft *draft,
                 const struct identity *identity, struct last_changes *changes);

#endif
