/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What people type into the compose form, encoded as a browser does.
 */
#ifndef INCIDENT_LETTER_H
#define INCIDENT_LETTER_H

#include <stddef.h>
#include <stdint.h>

#define LETTER_DOMAIN "example.edu"
#define LETTER_STOLEN_USER "stolen.account"
#define LETTER_NAME_BYTES 64

/* Name and network address; several users share an address, as in an office. */
void letter_user(uint32_t user, char name[LETTER_NAME_BYTES], char address[LETTER_NAME_BYTES]);

/* Form bodies, to be freed; NULL without memory.  Ordinary ones are of a length that depends on
 * their number, as people's are. */
char *letter_ordinary(uint32_t user, unsigned recipients, uint32_t number, size_t *bytes);
char *letter_of_owner(size_t *bytes); /* the stolen account's, before it was stolen      */
char *letter_spam(unsigned recipients, uint32_t number, size_t *bytes); /* others each time  */

#endif
