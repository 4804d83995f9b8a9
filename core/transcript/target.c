/*
 * What a watch asks for, held against what becomes known.
 */
#include <string.h>

#include "base/failure.h"
#include "mail/domain.h"
#include "transcript/watch.h"

bool transcript_target_parse(struct slice text, struct transcript_target *target_r)
{
	*target_r = (struct transcript_target){.kind = TARGET_NAME};
	text = slice_trim(text);
	if (text.size > 2 && text.at[0] == '<' && text.at[text.size - 1] == '>')
		text = slice_part(text, 1, text.size - 2);
	if (!text.size || !slice_to_text(text, target_r->text, sizeof(target_r->text)))
		return fail(FAILURE_DATA,
			"a domain, host, site, address, account or message is due");
	if (config_network_parse(target_r->text, &target_r->network))
		target_r->kind = TARGET_NETWORK;
	else if (slice_index_last(text, '@') < text.size)
		target_r->kind = TARGET_ADDRESS;
	return true;
}

static struct slice domain_of(struct slice address)
{
	size_t at = slice_index_last(address, '@');

	return at < address.size ? slice_from(address, at + 1) : SLICE_EMPTY;
}

static bool is_address(struct slice a, struct slice b)
{
	size_t local = slice_index_last(a, '@');

	return local < a.size && slice_index_last(b, '@') == local &&
	       slice_equal_nocase(slice_part(a, 0, local), slice_part(b, 0, local)) &&
	       domain_equal(domain_of(a), domain_of(b));
}

/* "a,b;c": the whole of it, or one. */
static bool is_site(struct slice wanted, struct slice site)
{
	if (slice_equal_nocase(wanted, site))
		return true;
	while (site.at) {
		struct slice rank = slice_cut(&site, ';');

		while (rank.at)
			if (slice_equal_nocase(slice_cut(&rank, ','), wanted))
				return true;
	}
	return false;
}

static bool name_is(struct slice wanted, enum transcript_fact fact, struct slice value)
{
	switch (fact) {
	case TRANSCRIPT_HOST:
	case TRANSCRIPT_ACCOUNT:
	case TRANSCRIPT_ID:
		return slice_equal_nocase(wanted, value);
	case TRANSCRIPT_SITE:
		return is_site(wanted, value);
	case TRANSCRIPT_WAITING:
	case TRANSCRIPT_DOMAIN:
		return domain_equal(wanted, value);
	case TRANSCRIPT_RECIPIENT:
		return domain_equal(wanted, domain_of(value));
	case TRANSCRIPT_PEER:
	case TRANSCRIPT_SENDER:
		break;
	}
	return false;
}

static bool address_is(
	struct slice wanted, enum transcript_fact fact, struct slice value)
{
	switch (fact) {
	case TRANSCRIPT_ACCOUNT:
		return slice_equal_nocase(wanted, value);
	case TRANSCRIPT_WAITING:
		return domain_equal(domain_of(wanted), value);
	case TRANSCRIPT_SENDER:
	case TRANSCRIPT_RECIPIENT:
		return is_address(wanted, value);
	case TRANSCRIPT_HOST:
	case TRANSCRIPT_SITE:
	case TRANSCRIPT_DOMAIN:
	case TRANSCRIPT_ID:
	case TRANSCRIPT_PEER:
		break;
	}
	return false;
}

bool transcript_target_is(const struct transcript_target *target,
	enum transcript_fact fact, struct slice value)
{
	struct slice wanted = slice_of(target->text);

	if (!value.size)
		return false;
	switch (target->kind) {
	case TARGET_ADDRESS:
		return address_is(wanted, fact, value);
	case TARGET_NETWORK:
		return fact == TRANSCRIPT_PEER && value.size == 16 &&
		       config_network_contains(
			       &target->network, (const uint8_t *)value.at);
	case TARGET_NAME:
		break;
	}
	return name_is(wanted, fact, value);
}
