/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the administrator has set, and what the web server says of a request.
 */
#ifndef WEBMAIL_ENVIRONMENT_H
#define WEBMAIL_ENVIRONMENT_H

/* The variable's value; "" where it is not set. */
const char *environment(const char *name);

int environment_is(const char *name, const char *value);

/* What stands behind the @ of users without a domain, and what this program calls itself. */
const char *environment_domain(void);

#endif
