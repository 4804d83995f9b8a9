/* Writes what searches found, and what has vanished; see write.h. */
#include "imap/write.h"

#include <inttypes.h>

#include "imap/search_keys.h"

void imap_write_numbers(struct buffer *out, const char *name, const uint32_t *numbers,
	size_t count, uint64_t modseq)
{
	buffer_append_format(out, "* %s", name);
	for (size_t i = 0; i < count; i++) {
		buffer_append_byte(out, ' ');
		buffer_append_number(out, numbers[i]);
	}
	if (modseq && count)
		buffer_append_format(out, " (MODSEQ %" PRIu64 ")", modseq);
	buffer_append(out, SLICE("\r\n"));
}

static void write_ranges(struct buffer *out, const struct imap_found *found)
{
	struct uid_set set = {.at = found->ranges, .count = found->range_count};

	uid_set_write(&set, out);
}

void imap_write_esearch(struct buffer *out, const struct imap_found *found)
{
	buffer_append(out, SLICE("* ESEARCH (TAG \""));
	buffer_append(out, found->tag);
	buffer_append(out, found->uid ? SLICE("\") UID") : SLICE("\")"));
	if ((found->returns & IMAP_RETURN_MIN) && found->min)
		buffer_append_format(out, " MIN %" PRIu32, found->min);
	if ((found->returns & IMAP_RETURN_MAX) && found->max)
		buffer_append_format(out, " MAX %" PRIu32, found->max);
	if (found->returns & IMAP_RETURN_COUNT)
		buffer_append_format(out, " COUNT %" PRIu64, found->count);
	if ((found->returns & IMAP_RETURN_ALL) && found->range_count) {
		buffer_append(out, SLICE(" ALL "));
		write_ranges(out, found);
	}
	if (found->returns & IMAP_RETURN_PARTIAL) {
		buffer_append_format(out, " PARTIAL (%" PRId64 ":%" PRId64 " ",
			found->partial_first, found->partial_last);
		if (found->range_count)
			write_ranges(out, found);
		else
			buffer_append(out, SLICE("NIL"));
		buffer_append_byte(out, ')');
	}
	if (found->modseq && found->count)
		buffer_append_format(out, " MODSEQ %" PRIu64, found->modseq);
	buffer_append(out, SLICE("\r\n"));
}

void imap_write_vanished(struct buffer *out, const struct uid_set *uids, bool earlier)
{
	if (!uids->count)
		return;
	buffer_append(
		out, earlier ? SLICE("* VANISHED (EARLIER) ") : SLICE("* VANISHED "));
	uid_set_write(uids, out);
	buffer_append(out, SLICE("\r\n"));
}
