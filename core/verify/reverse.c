/* PTR and back again: which of an address's names are really its own. */
#include "verify/reverse.h"

#include <stdio.h>
#include <string.h>

#include "mail/domain.h"

static bool confirm(const struct verify_resolver *resolver,
	const struct in6_addr *address, struct arena *arena, struct reverse *reverse,
	struct deadline deadline)
{
	enum dns_type type = IN6_IS_ADDR_V4MAPPED(address) ? DNS_A : DNS_AAAA;
	struct dns_answer answer;

	reverse->result = REVERSE_UNCONFIRMED;
	for (size_t i = 0; i < reverse->count; i++) {
		if (!verify_query(resolver, reverse->names[i], type, arena, &answer,
			    deadline))
			return false;
		if (answer.status == DNS_TEMPORARY) {
			reverse->result = REVERSE_TEMPORARY;
			snprintf(reverse->reason, sizeof(reverse->reason), "%s",
				answer.reason);
		}
		if (!reverse_holds(&answer, address))
			continue;
		reverse->confirmed[i] = true;
		reverse->result = REVERSE_CONFIRMED;
		reverse->name = reverse->names[i];
		return true;
	}
	return true;
}

bool reverse_check(const struct verify_resolver *resolver,
	const struct in6_addr *address, struct arena *arena, struct reverse *reverse_r,
	struct deadline deadline)
{
	struct dns_answer answer;
	char question[80];

	*reverse_r = (struct reverse){.result = REVERSE_NONE};
	dns_reverse_name(address, question);
	if (!verify_query(
		    resolver, slice_of(question), DNS_PTR, arena, &answer, deadline))
		return false;
	if (answer.status == DNS_TEMPORARY) {
		reverse_r->result = REVERSE_TEMPORARY;
		snprintf(reverse_r->reason, sizeof(reverse_r->reason), "%s",
			answer.reason);
	}
	if (answer.status != DNS_FOUND)
		return true;
	for (size_t i = 0; i < answer.count && reverse_r->count < REVERSE_NAMES_MAX;
		i++)
		if (answer.records[i].name.size)
			reverse_r->names[reverse_r->count++] = answer.records[i].name;
	if (!reverse_r->count)
		return true;
	reverse_r->name = reverse_r->names[0];
	return confirm(resolver, address, arena, reverse_r, deadline);
}

bool reverse_find_name(const struct verify_resolver *resolver,
	const struct in6_addr *address, struct arena *arena,
	struct reverse_name *name_r, struct deadline deadline)
{
	struct verify_budget budget;
	struct arena scratch = {0};
	struct reverse reverse;
	bool found;

	verify_budget_init(&budget, resolver, REVERSE_QUERIES_MAX);
	found = reverse_check(&budget.resolver, address, &scratch, &reverse, deadline);
	*name_r = (struct reverse_name){.known = found};
	if (found)
		name_r->result = reverse.result;
	/* A name of strange bytes is nothing to be shown. */
	if (found && reverse.result == REVERSE_CONFIRMED &&
		domain_is_valid(reverse.name, false))
		name_r->name = arena_copy(arena, reverse.name);
	arena_finish(&scratch);
	return found;
}

bool reverse_holds(const struct dns_answer *answer, const struct in6_addr *address)
{
	for (size_t i = 0; answer->status == DNS_FOUND && i < answer->count; i++)
		if (memcmp(&answer->records[i].address, address, sizeof(*address)) == 0)
			return true;
	return false;
}

const char *reverse_result_name(enum reverse_result result)
{
	switch (result) {
	case REVERSE_CONFIRMED:
		return "pass";
	case REVERSE_UNCONFIRMED:
		return "fail";
	case REVERSE_TEMPORARY:
		return "temperror";
	case REVERSE_NONE:
		break;
	}
	return "permerror";
}
