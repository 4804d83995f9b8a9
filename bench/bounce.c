/* What a notification says, by its lines. */
#include "bench/bounce.h"

#include "bench/ledger_entry.h"

/* One group of per-recipient fields, RFC 3464 2.3. */
struct group {
	struct slice original, final, action;
};

static bool take_field(struct slice line, const char *name, struct slice *value_r);
static struct slice address_of(struct slice value);
static void end_group(struct bounce *bounce, struct group *group);

/*
 * The parts are not taken apart: the names of these fields stand nowhere else
 * at the begin of a line of a notification, but in the returned header, where
 * only the id is looked for.
 */
bool bounce_read(struct slice message, struct bounce *bounce_r)
{
	struct slice rest = message, value;
	struct group group = {0};
	bool in_body = false;

	*bounce_r = (struct bounce){0};
	while (rest.at) {
		struct slice line = slice_trim_all(slice_cut(&rest, '\n'));

		in_body |= line.size == 0;
		if (!in_body)
			continue;
		if (line.size == 0) {
			end_group(bounce_r, &group);
		} else if (take_field(line, "Final-Recipient", &value)) {
			group.final = address_of(value);
		} else if (take_field(line, "Original-Recipient", &value)) {
			group.original = address_of(value);
		} else if (take_field(line, "Action", &value)) {
			group.action = value;
		} else if (take_field(line, "X-Ledger-Id", &value) &&
			   !bounce_r->id.size) {
			bounce_r->id = value;
		}
	}
	end_group(bounce_r, &group);
	return bounce_r->failed || bounce_r->delayed;
}

void bounce_finish(struct bounce *bounce)
{
	buffer_finish(&bounce->recipients);
}

static bool take_field(struct slice line, const char *name, struct slice *value_r)
{
	struct slice value = line;

	if (!slice_equal_nocase(slice_cut(&value, ':'), slice_of(name)) || !value.at)
		return false;
	*value_r = slice_trim(value);
	return true;
}

/* "rfc822; user@d.test" without its type. */
static struct slice address_of(struct slice value)
{
	size_t semicolon = slice_index(value, ';');

	return semicolon == value.size ? value
				       : slice_trim(slice_from(value, semicolon + 1));
}

/* What was asked for is what the source knows; a relay may have changed it. */
static void end_group(struct bounce *bounce, struct group *group)
{
	struct slice address = group->original.size ? group->original : group->final;

	if (slice_equal_nocase(group->action, SLICE("failed")) && address.size) {
		bounce->failed++;
		ledger_recipient_add(&bounce->recipients, address);
	} else if (slice_equal_nocase(group->action, SLICE("delayed"))) {
		bounce->delayed++;
	}
	*group = (struct group){0};
}
