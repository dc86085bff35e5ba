/* SPDX-License-Identifier: BSD-2-Clause
 * weirctl check: what a policy file says, once it is compiled.
 *
 *   check_table       its limits, aligned: the numbers that a table would keep
 *   check_statements  its other statements, as they could stand in a file
 *   check_json        all of it as JSON
 *   check             the command */
#ifndef WCTL_CHECK_H
#define WCTL_CHECK_H

#include "policy/policy.h"
#include "weirctl.h"

void check_table_print(const struct wi_policy_set *set);
void check_statements_print(const struct wi_policy_set *set);
void check_json_print(const struct wi_policy_set *set);

#endif
