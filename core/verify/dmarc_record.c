/* DMARC policy records (RFC 7489 section 6.3). */
#include "verify/dmarc.h"

#include "base/failure.h"

struct draft {
	struct dmarc_record record;
	bool policy, subdomain_given, subdomain;
};

static bool read_version(struct slice tag);
static void read_tag(struct draft *draft, struct slice tag);
static bool read_policy(struct slice value, enum dmarc_policy *policy_r);
static bool has_address(struct slice list);

/* Tags that are not understood are passed over, as 6.3 has it; where p= cannot
 * be used, a wish for reports counts as p=none (6.6.3 step 6). */
bool dmarc_record_parse(
	struct arena *arena, struct slice text, struct dmarc_record *record_r)
{
	struct draft draft = {.record = {.percent = 100, .interval_s = 86400}};
	struct slice rest = text;

	if (text.size > DMARC_RECORD_MAX)
		return fail(FAILURE_DATA, "the record is too long");
	if (!read_version(slice_cut(&rest, ';')))
		return fail(FAILURE_DATA, "it does not begin with v=DMARC1");
	rest = arena_copy(arena, rest);
	while (rest.at)
		read_tag(&draft, slice_cut(&rest, ';'));
	if (!draft.policy || (draft.subdomain_given && !draft.subdomain)) {
		if (!has_address(draft.record.reports))
			return fail(FAILURE_DATA, "it has no p= that is none, "
						  "quarantine or reject");
		draft.record.policy = draft.record.subdomain_policy = DMARC_POLICY_NONE;
		draft.record.policy_missing = true;
	} else if (!draft.subdomain) {
		draft.record.subdomain_policy = draft.record.policy;
	}
	*record_r = draft.record;
	return true;
}

static bool read_version(struct slice tag)
{
	struct slice value = tag, name = slice_trim_all(slice_cut(&value, '='));

	return slice_equal(name, SLICE("v")) &&
	       slice_equal(slice_trim_all(value), SLICE("DMARC1"));
}

static void read_number(struct slice value, uint64_t most, uint64_t *number)
{
	uint64_t read;

	if (slice_to_u64(value, &read) && read <= most)
		*number = read;
}

static void read_tag(struct draft *draft, struct slice tag)
{
	struct dmarc_record *record = &draft->record;
	struct slice value = tag, name = slice_trim_all(slice_cut(&value, '='));
	uint64_t percent = record->percent;

	value = slice_trim_all(value);
	if (slice_equal_nocase(name, SLICE("p"))) {
		draft->policy = read_policy(value, &record->policy);
	} else if (slice_equal_nocase(name, SLICE("sp"))) {
		draft->subdomain_given = true;
		draft->subdomain = read_policy(value, &record->subdomain_policy);
	} else if (slice_equal_nocase(name, SLICE("adkim"))) {
		record->dkim_strict = slice_equal_nocase(value, SLICE("s"));
	} else if (slice_equal_nocase(name, SLICE("aspf"))) {
		record->spf_strict = slice_equal_nocase(value, SLICE("s"));
	} else if (slice_equal_nocase(name, SLICE("pct"))) {
		read_number(value, 100, &percent);
		record->percent = (unsigned)percent;
	} else if (slice_equal_nocase(name, SLICE("ri"))) {
		read_number(value, UINT32_MAX, &record->interval_s);
	} else if (slice_equal_nocase(name, SLICE("rua"))) {
		record->reports = value;
	} else if (slice_equal_nocase(name, SLICE("ruf"))) {
		record->failures = value;
	}
}

static bool read_policy(struct slice value, enum dmarc_policy *policy_r)
{
	for (int i = DMARC_POLICY_NONE; i <= DMARC_POLICY_REJECT; i++)
		if (slice_equal_nocase(
			    value, slice_of(dmarc_policy_name((enum dmarc_policy)i)))) {
			*policy_r = (enum dmarc_policy)i;
			return true;
		}
	return false;
}

/* Something like a URI. */
static bool has_address(struct slice list)
{
	while (list.at) {
		struct slice one = slice_trim_all(slice_cut(&list, ','));
		size_t colon = slice_index(one, ':');

		if (colon > 0 && colon + 1 < one.size)
			return true;
	}
	return false;
}
