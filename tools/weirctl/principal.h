/* SPDX-License-Identifier: BSD-2-Clause
 * Whom block, unblock and why are about, who does it, and how that is told. */
#ifndef WCTL_PRINCIPAL_H
#define WCTL_PRINCIPAL_H

#include "request.h"
#include "weirctl.h"

/* Words ATTRIBUTE=VALUE, one to four.  Returns WCTL_DONE, or the exit status to end with: what
 * is wrong was told.  Free with wctl_request_free(), always. */
int wctl_principal_read(int count, char *const *words, struct wctl_request *request);

/* given, else who is behind sudo, else the login name of the user id. */
const char *wctl_operator(const char *given);

/* What is known of the request's principal.  Returns as above. */
int wctl_principal_why(struct weir_table *table, const struct wctl_request *request,
                       struct weir_why *why);

/* Tell an error of weir_block() and its kin. */
int wctl_block_error(int error);

/* The block in force or the last one, as weir_blocks() would have it. */
struct weir_block_info wctl_block_of(const struct weir_why *why);

/* "user=alice until 2026-…: stolen": what a line says of a block.  Room for WCTL_BLOCK_BYTES. */
#define WCTL_BLOCK_BYTES 1024
const char *wctl_block_line(char *text, const struct weir_block_info *block);

/* The fields of a block in a JSON object, without braces. */
void wctl_block_json(const struct weir_block_info *block);

#endif
