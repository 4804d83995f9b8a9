/* From ARC's header fields to a chain of sets (RFC 8617 sections 4, 5.2 step 1). */
#include "dkim/arc_set.h"

#include "base/failure.h"

static const char *const part_names[ARC_PARTS] = {
	[ARC_PART_RESULTS] = "ARC-Authentication-Results",
	[ARC_PART_MESSAGE] = "ARC-Message-Signature",
	[ARC_PART_SEAL] = "ARC-Seal",
};

static bool read_field(struct arena *arena, const struct header_field *field,
	enum arc_part part, struct arc_fields *set_r, unsigned *instance_r);
static bool read_results(
	struct slice value, struct slice *results_r, unsigned *instance_r);
static void place(struct arc_chain *chain, unsigned instance, enum arc_part part,
	size_t at, const struct arc_fields *read);
static bool check_complete(const struct arc_chain *chain);

bool arc_part_of(const struct header_field *field, enum arc_part *part_r)
{
	struct slice name = slice_trim(field->name);

	if (!slice_starts_nocase(name, SLICE("ARC-")))
		return false;
	for (size_t i = 0; i < ARC_PARTS; i++)
		if (slice_equal_nocase(name, slice_of(part_names[i]))) {
			*part_r = (enum arc_part)i;
			return true;
		}
	return false;
}

bool arc_chain_read(struct arena *arena, const struct header_field *fields,
	size_t count, struct arc_chain *chain_r)
{
	struct failure first = {0};
	struct arc_fields read;
	enum arc_part part;
	unsigned instance;
	size_t seen = 0;

	*chain_r = (struct arc_chain){0};
	for (size_t i = 0; i < count; i++) {
		if (!arc_part_of(&fields[i], &part))
			continue;
		if (!chain_r->any)
			chain_r->sets = arena_take_array(
				arena, ARC_SETS_MAX, sizeof *chain_r->sets);
		chain_r->any = true;
		if (seen++ == ARC_PARTS * ARC_SETS_MAX)
			return fail(
				FAILURE_DATA, "more than %d ARC sets", ARC_SETS_MAX);
		if (!read_field(arena, &fields[i], part, &read, &instance)) {
			fail_in(part_names[part]);
		} else if (chain_r->sets[instance - 1].there[part]) {
			fail(FAILURE_DATA, "%s of set %u is there twice",
				part_names[part], instance);
		} else {
			place(chain_r, instance, part, i, &read);
			continue;
		}
		if (first.kind == FAILURE_NONE)
			first = *failure_last();
	}
	if (first.kind != FAILURE_NONE)
		return fail_again(&first);
	return check_complete(chain_r);
}

static bool read_field(struct arena *arena, const struct header_field *field,
	enum arc_part part, struct arc_fields *set_r, unsigned *instance_r)
{
	struct dkim_signature *signature = part == ARC_PART_SEAL ? &set_r->seal
								 : &set_r->message;

	if (part == ARC_PART_RESULTS)
		return read_results(field->value, &set_r->results, instance_r);
	if (dkim_signature_parse(arena,
		    part == ARC_PART_SEAL ? DKIM_FIELD_ARC_SEAL
					  : DKIM_FIELD_ARC_MESSAGE,
		    field->whole, signature) != DKIM_PASS)
		return false;
	*instance_r = signature->instance;
	return true;
}

/* "i=N; authserv-id; results": the instance comes first. */
static bool read_results(
	struct slice value, struct slice *results_r, unsigned *instance_r)
{
	struct slice rest = value, tag = slice_cut(&rest, ';');
	struct slice name = slice_trim_all(slice_cut(&tag, '='));

	if (!rest.at || !slice_equal(name, SLICE("i")) || !tag.at ||
		!arc_instance_parse(slice_trim_all(tag), instance_r))
		return fail(FAILURE_DATA, "it does not begin with i= and a number "
					  "from 1 to 50");
	*results_r = slice_trim_all(rest);
	return true;
}

static void place(struct arc_chain *chain, unsigned instance, enum arc_part part,
	size_t at, const struct arc_fields *read)
{
	struct arc_fields *set = &chain->sets[instance - 1];

	set->there[part] = true;
	set->at[part] = at;
	if (part == ARC_PART_RESULTS)
		set->results = read->results;
	else if (part == ARC_PART_MESSAGE)
		set->message = read->message;
	else
		set->seal = read->seal;
	if (instance > chain->count)
		chain->count = instance;
}

static bool check_complete(const struct arc_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		for (size_t part = 0; part < ARC_PARTS; part++)
			if (!chain->sets[i].there[part])
				return fail(FAILURE_DATA, "set %zu has no %s", i + 1,
					part_names[part]);
	return true;
}
