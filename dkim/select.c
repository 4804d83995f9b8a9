/* Which header fields are signed: a table, and their instances from the bottom. */
#include "dkim/select.h"

#include "base/failure.h"
#include "base/memory.h"
#include "dkim/sign.h"

#define NAME(text)                     \
	{                              \
		text, sizeof(text) - 1 \
	}

/* What a reader sees or a program acts on. ONCE_MORE: signed once more than
 * present, because another one in front would change what is shown. */
static const struct {
	struct slice name;
	bool once_more;
} table[] = {
	{NAME("From"), true}, {NAME("To"), true}, {NAME("Cc"), true},
	{NAME("Subject"), true}, {NAME("Date"), true}, {NAME("Message-ID"), true},
	{NAME("Reply-To"), true}, {NAME("MIME-Version"), true},
	{NAME("Content-Type"), true}, {NAME("Content-Transfer-Encoding"), true},
	{NAME("List-Unsubscribe"), true}, {NAME("List-Unsubscribe-Post"), true},
	{NAME("Sender"), false}, {NAME("In-Reply-To"), false},
	{NAME("References"), false}, {NAME("Resent-Date"), false},
	{NAME("Resent-From"), false}, {NAME("Resent-Sender"), false},
	{NAME("Resent-To"), false}, {NAME("Resent-Cc"), false},
	{NAME("Resent-Message-ID"), false}, {NAME("List-Id"), false},
	{NAME("List-Help"), false}, {NAME("List-Subscribe"), false},
	{NAME("List-Post"), false}, {NAME("List-Owner"), false},
	{NAME("List-Archive"), false},
	{NAME("Feedback-ID"), false},	   /* or Gmail's feedback loop ignores it */
	{NAME("CFBL-Address"), false},	   /* RFC 9477 3.1.2 */
	{NAME("CFBL-Feedback-ID"), false}, /* the same */
};

#define NAMES ARRAY_COUNT(table)

static size_t find_name(struct slice name)
{
	for (size_t i = 0; i < NAMES; i++)
		if (slice_equal_nocase(table[i].name, name))
			return i;
	return NAMES;
}

bool dkim_select(struct arena *arena, const struct header_field *fields, size_t count,
	struct dkim_selection *selection_r)
{
	size_t *names = arena_take_array(arena, count + 1, sizeof *names);
	size_t starts[NAMES + 1] = {0}, total = 0;
	struct dkim_selected *selected;

	for (size_t i = 0; i < count; i++) {
		names[i] = find_name(slice_trim(fields[i].name));
		if (names[i] < NAMES)
			starts[names[i]]++;
	}
	if (starts[0] == 0)
		return fail(FAILURE_DATA, "no From field to sign");
	for (size_t i = 0; i < NAMES; i++) {
		size_t present = starts[i];

		starts[i] = total;
		total += present + table[i].once_more;
	}
	if (total > DKIM_SIGNED_FIELDS_MAX)
		return fail(FAILURE_LIMIT, "more than %d header fields to sign",
			DKIM_SIGNED_FIELDS_MAX);
	starts[NAMES] = total;
	selected = arena_take_array(arena, total, sizeof *selected);
	for (size_t i = 0; i < NAMES; i++)
		for (size_t at = starts[i]; at < starts[i + 1]; at++)
			selected[at].name = table[i].name;
	for (size_t i = count; i-- > 0;)
		if (names[i] < NAMES)
			selected[starts[names[i]]++].raw = fields[i].whole;
	selection_r->at = selected;
	selection_r->count = total;
	return true;
}
