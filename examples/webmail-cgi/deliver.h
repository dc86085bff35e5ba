/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Handing a mail to the mail server: by SMTP to $WEIR_SMTP, or appended to the file $WEIR_SPOOL.
 */
#ifndef WEBMAIL_DELIVER_H
#define WEBMAIL_DELIVER_H

#include "ask.h"
#include "smtp.h"

/* asker: told to the mail server where WEIR_SMTP_XCLIENT=1.  Then smtp_free(). */
enum smtp_outcome deliver(const struct mail *mail, const struct asker *asker,
                          struct smtp_delivery *delivery);

#endif
