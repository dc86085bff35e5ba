/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAEMON_DOMAIN_H
#define DAEMON_DOMAIN_H

#include <stddef.h>

/* The domain of a mail address, put into lower case where it lies: domains are compared without
 * case (RFC 5321, 2.4), local parts are not.  Empty where there is none.  Sets its length. */
const char *domain_of(char *address, size_t address_bytes, size_t *domain_bytes);

#endif
