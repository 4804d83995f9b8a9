/* Records to be pasted: SPF with our addresses, and lines of a zone file. */
#include "gate/audit.h"

#define STRING_MAX 255 /* of one string of a TXT record, RFC 1035 3.3 */

const char *audit_state_name(enum fact_state state)
{
	static const char *const names[] = {[FACT_UNKNOWN] = "unknown",
		[FACT_GOOD] = "good",
		[FACT_MISSING] = "missing",
		[FACT_WRONG] = "wrong"};

	return names[state];
}

/* What decides for all that is not named before it (RFC 7208 5.1, 6.1). */
static bool is_last(struct slice term)
{
	if (term.size && (term.at[0] == '+' || term.at[0] == '-' || term.at[0] == '~' ||
				 term.at[0] == '?'))
		term = slice_from(term, 1);
	return slice_equal_nocase(term, SLICE("all")) ||
	       slice_starts_nocase(term, SLICE("redirect="));
}

static void add_addresses(
	const struct gate_addresses *addresses, uint64_t missing, struct buffer *into)
{
	for (size_t i = 0; i < addresses->count; i++) {
		const struct gate_address *address = &addresses->list[i];

		if (missing >> i & 1)
			buffer_append_format(into, " %s:%s",
				IN6_IS_ADDR_V4MAPPED(&address->ip) ? "ip4" : "ip6",
				address->text);
	}
}

struct slice audit_spf(struct slice record, const struct gate_addresses *addresses,
	uint64_t missing, struct arena *arena)
{
	struct buffer text = {0};
	struct slice rest = record.size ? record : SLICE("v=spf1 ~all"), all;
	bool added = false;

	buffer_append(&text, slice_cut(&rest, ' '));
	while (rest.at) {
		struct slice term = slice_cut(&rest, ' ');

		if (!term.size)
			continue;
		if (!added && is_last(term)) {
			add_addresses(addresses, missing, &text);
			added = true;
		}
		buffer_append_byte(&text, ' ');
		buffer_append(&text, term);
	}
	if (!added)
		add_addresses(addresses, missing, &text);
	all = arena_copy(arena, buffer_contents(&text));
	buffer_finish(&text);
	return all;
}

static void add_strings(struct slice value, struct buffer *into)
{
	do {
		struct slice part = slice_part(value, 0, STRING_MAX);

		value = slice_from(value, part.size);
		buffer_append(into, SLICE(" \""));
		for (size_t i = 0; i < part.size; i++) {
			unsigned char c = (unsigned char)part.at[i];

			if (c == '"' || c == '\\')
				buffer_append_format(into, "\\%c", c);
			else if (c < ' ' || c >= 0x7f)
				buffer_append_format(into, "\\%03u", c);
			else
				buffer_append_byte(into, (char)c);
		}
		buffer_append_byte(into, '"');
	} while (value.size);
}

struct slice audit_zone_line(const struct audit_record *record, struct arena *arena)
{
	struct slice type = slice_of(record->type), line;
	struct buffer text = {0};

	buffer_append_format(
		&text, "%.*s. IN %s", SLICE_PRINT(record->name), record->type);
	if (slice_equal(type, SLICE("TXT"))) {
		add_strings(record->value, &text);
	} else {
		buffer_append_byte(&text, ' ');
		buffer_append(&text, record->value);
	}
	line = arena_copy(arena, buffer_contents(&text));
	buffer_finish(&text);
	return line;
}
