/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A mail as the MTA takes it: the client's side of an SMTP dialogue, written down
 * (batch SMTP, RFC 2442), around a message of RFC 5322.
 */
#ifndef WEBMAIL_MESSAGE_H
#define WEBMAIL_MESSAGE_H

#include "form.h"
#include "recipients.h"

/* sender: an address.  Returns the text, to be freed, or NULL without memory. */
char *message_write(const char *sender, const struct form *form,
                    const struct recipients *recipients, size_t *bytes);

#endif
