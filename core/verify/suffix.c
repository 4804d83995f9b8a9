/* The public suffix list, through libpsl. */
#include "verify/suffix.h"

#include <stdatomic.h>
#include <string.h>

#include <libpsl.h>

/* Set once, never freed: everyone reads it. */
static _Atomic(const psl_ctx_t *) list;

void suffix_prepare(void)
{
	const psl_ctx_t *none = NULL, *latest;

	if (atomic_load(&list))
		return;
	latest = psl_latest(NULL);
	if (!latest)
		return;
	if (!atomic_compare_exchange_strong(&list, &none, latest))
		psl_free((psl_ctx_t *)(uintptr_t)latest);
}

/* The one that is part of the library needs no file. */
static const psl_ctx_t *current(void)
{
	const psl_ctx_t *found = atomic_load(&list);

	return found ? found : psl_builtin();
}

struct slice suffix_organization(struct slice domain, char text[DOMAIN_MAX + 1])
{
	struct slice lower;
	const char *found;

	if (!domain_is_valid(domain, false)) {
		text[0] = '\0';
		return domain.size <= DOMAIN_MAX ? domain_lower(domain, text)
						 : SLICE_EMPTY;
	}
	lower = domain_lower(domain, text);
	text[lower.size] = '\0';
	/* points into the text it was given */
	found = psl_registrable_domain(current(), text);
	return found ? slice_of(found) : lower;
}

bool suffix_same_organization(struct slice a, struct slice b)
{
	char one[DOMAIN_MAX + 1], two[DOMAIN_MAX + 1];

	return slice_equal(suffix_organization(a, one), suffix_organization(b, two));
}

bool suffix_is_public(struct slice domain)
{
	char text[DOMAIN_MAX + 1];

	if (!domain_is_valid(domain, false))
		return false;
	text[domain_lower(domain, text).size] = '\0';
	return psl_is_public_suffix(current(), text) == 1;
}
