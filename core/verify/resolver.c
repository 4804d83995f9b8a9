/* DNS for this layer: the worker's own resolver, and one that counts. */
#include "verify/resolver.h"

#include "io/dns_parse.h"

static bool query_dns(void *context, struct slice name, enum dns_type type,
	struct arena *arena, struct dns_answer *answer_r, struct deadline deadline)
{
	return dns_query(context, type, name, arena, answer_r, deadline);
}

struct verify_resolver verify_resolver_of(struct dns *dns)
{
	return (struct verify_resolver){.query = query_dns, .context = dns};
}

bool verify_query(const struct verify_resolver *resolver, struct slice name,
	enum dns_type type, struct arena *arena, struct dns_answer *answer_r,
	struct deadline deadline)
{
	return resolver->query(
		resolver->context, name, type, arena, answer_r, deadline);
}

static void charge(struct verify_budget *budget, unsigned queries)
{
	budget->used += queries;
	budget->left -= queries < budget->left ? queries : budget->left;
}

static bool query_counted(void *context, struct slice name, enum dns_type type,
	struct arena *arena, struct dns_answer *answer_r, struct deadline deadline)
{
	struct verify_budget *budget = context;

	if (!budget->left) {
		*answer_r = (struct dns_answer){.canonical = arena_copy(arena, name)};
		dns_answer_set_temporary(answer_r, "too many DNS queries");
		return true;
	}
	if (!verify_query(budget->below, name, type, arena, answer_r, deadline))
		return false;
	charge(budget, answer_r->queries > 1 ? answer_r->queries : 1);
	return true;
}

void verify_budget_init(struct verify_budget *budget,
	const struct verify_resolver *below, unsigned queries_max)
{
	*budget = (struct verify_budget){.below = below, .left = queries_max};
	budget->resolver = (struct verify_resolver){
		.query = query_counted, .context = budget};
}
