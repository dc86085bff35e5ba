/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The demo's last screen: both runs side by side, as a table and as two charts, in at
 * most 80 columns and 42 lines.
 */
#ifndef INCIDENT_SCREEN_H
#define INCIDENT_SCREEN_H

#include "replay.h"

/* Index 0: without weir; 1: with. */
void screen_print(const struct replay_setup setups[2], const struct replay_outcome outcomes[2]);

/* "12,345"; text has room for 32 bytes.  Returns text. */
char *screen_number(char text[32], uint64_t number);

#endif
