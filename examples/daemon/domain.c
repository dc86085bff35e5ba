/* SPDX-License-Identifier: BSD-2-Clause */
#include "domain.h"

#include <string.h>

const char *domain_of(char *address, size_t address_bytes, size_t *domain_bytes)
{
  char *at = address_bytes == 0 ? NULL : memrchr(address, '@', address_bytes);
  *domain_bytes = 0;
  if (at == NULL)
    return "";
  *domain_bytes = (size_t)(address + address_bytes - (at + 1));
  for (char *c = at + 1; c < address + address_bytes; c++)
    if (*c >= 'A' && *c <= 'Z')
      *c = (char)(*c - 'A' + 'a');
  return at + 1;
}
