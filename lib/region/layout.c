/* SPDX-License-Identifier: BSD-2-Clause */
#include "region/layout.h"

#include <string.h>

static uint64_t page_up(uint64_t bytes)
{
  return (bytes + WI_PAGE_BYTES - 1) / WI_PAGE_BYTES * WI_PAGE_BYTES;
}

void wi_layout(struct wi_geometry *geometry, uint64_t keys, uint64_t groups, uint32_t stripes)
{
  geometry->keys = keys;
  geometry->names = wi_layout_names(keys);
  geometry->groups = groups;
  geometry->stripes = stripes;
  geometry->live_offset = page_up(sizeof(struct wi_header));
  geometry->stripes_offset = geometry->live_offset + page_up(sizeof(struct wi_live));
  geometry->slots_offset = geometry->stripes_offset + page_up(stripes * sizeof(struct wi_stripe));
  geometry->side_offset = geometry->slots_offset + (uint64_t)WI_SLOTS * WI_SLOT_BYTES;
  geometry->names_offset = geometry->side_offset + page_up(sizeof(struct wi_side));
  geometry->cells_offset =
      geometry->names_offset + page_up((uint64_t)geometry->names * sizeof(struct wi_name));
  geometry->file_bytes = geometry->cells_offset + page_up(groups * WI_GROUP_BYTES);
}

uint64_t wi_layout_checksum(const void *bytes, size_t length_bytes)
{
  static const uint64_t key[2] = {0x77656972, 1};
  struct wi_sip sip;

  wi_sip_begin(&sip, key);
  wi_sip_bytes(&sip, bytes, length_bytes);
  return wi_sip_end(&sip).mark;
}

uint64_t wi_layout_fingerprint(void)
{
  static const uint64_t facts[] = {
#if defined(__x86_64__)
      1,
#else
      2,
#endif
      sizeof(void *),
      sizeof(struct wi_header),
      offsetof(struct wi_header, secret),
      offsetof(struct wi_live, boot),
      sizeof(struct wi_image),
      offsetof(struct wi_image, bindings),
      offsetof(struct wi_image, formers),
      sizeof(struct wi_policy_set),
      sizeof(struct wi_limit),
      offsetof(struct wi_limit, rule),
      sizeof(struct wi_rule),
      sizeof(struct wi_stripe),
      WI_COUNTERS,
      WI_SLOTS,
      WI_SLOT_BYTES,
      WI_ID_BITS,
      WI_ID_FIRST_WORD,
      WI_LINE_CELLS,
      WI_GROUP_CELLS,
      sizeof(struct wi_side),
      offsetof(struct wi_side, shapes),
      offsetof(struct wi_side, ring),
      sizeof(struct wi_name),
      sizeof(struct wi_ring_entry),
      WI_FILTER_BITS,
      WI_SHAPES_MAX,
  };

  return wi_layout_checksum(facts, sizeof facts);
}

int wi_layout_check(const struct wi_header *header, uint64_t file_bytes,
                    struct wi_geometry *geometry, const char **what)
{
  *what = "expected a table made by weir";
  if (memcmp(header->magic, WI_MAGIC, sizeof header->magic) != 0)
    return WEIR_E_FORMAT;
  *what = "expected format 1, which this library reads";
  if (header->format != WI_FORMAT)
    return WEIR_E_VERSION;
  *what = "made for another architecture or by another build of weir; create it here";
  if (header->header_bytes != sizeof *header || header->fingerprint != wi_layout_fingerprint())
    return WEIR_E_FINGERPRINT;
  *what = "the header's checksum is wrong: its bytes have changed since the table was made";
  if (header->checksum != wi_layout_checksum(header, offsetof(struct wi_header, checksum)))
    return WEIR_E_CORRUPT;
  *what = "the header's sizes do not agree with each other";
  if (header->groups == 0 || header->groups > WI_GROUPS_MAX || header->stripes == 0 ||
      header->stripes > WI_STRIPES_MAX || (header->stripes & (header->stripes - 1)) != 0)
    return WEIR_E_CORRUPT;
  wi_layout(geometry, header->keys, header->groups, header->stripes);
  if (header->file_bytes != geometry->file_bytes || header->live_offset != geometry->live_offset ||
      header->slots_offset != geometry->slots_offset ||
      header->stripes_offset != geometry->stripes_offset || header->names != geometry->names ||
      header->side_offset != geometry->side_offset ||
      header->names_offset != geometry->names_offset ||
      header->cells_offset != geometry->cells_offset)
    return WEIR_E_CORRUPT;
  *what = "the file is not as long as its header says: truncated, or something was appended";
  if (file_bytes != geometry->file_bytes)
    return WEIR_E_CORRUPT;
  return WEIR_OK;
}
