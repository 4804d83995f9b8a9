/* Names and values of entries. */
#include "feedback/suppression_key.h"

#include <stdio.h>
#include <string.h>

#include "base/failure.h"

#define HOUR_MS	    3600000
#define SINCE_BITS  24
#define SINCE_MASK  ((1u << SINCE_BITS) - 1)
#define REASON_MASK 0x7fu
#define SECOND_LAST UINT32_MAX

static const char *const names[SUPPRESSION_REASONS] = {
	"hard-bounce", "soft-bounce", "complaint", "unsubscribe", "manual", "imported"};

const char *suppression_reason_name(enum suppression_reason reason)
{
	return names[reason];
}

bool suppression_reason_parse(struct slice name, enum suppression_reason *reason_r)
{
	for (unsigned i = 0; i < SUPPRESSION_REASONS; i++)
		if (slice_equal(name, slice_of(names[i]))) {
			*reason_r = (enum suppression_reason)i;
			return true;
		}
	return false;
}

struct slice suppression_whose(
	struct slice tenant, struct slice stream, char text[SUPPRESSION_WHOSE_MAX])
{
	tenant = slice_part(tenant, 0, TENANT_SIZE_MAX);
	stream = slice_part(stream, 0, STREAM_SIZE_MAX);
	if (tenant.size)
		memcpy(text, tenant.at, tenant.size);
	text[tenant.size] = '/';
	if (stream.size)
		memcpy(text + tenant.size + 1, stream.at, stream.size);
	return slice_make(text, tenant.size + 1 + stream.size);
}

/* ---- Fields ---- */

static void add(struct suppression_field *field, struct slice text)
{
	char *to = field->text + field->size;

	for (size_t i = 0; i < text.size; i++)
		to[i] = ascii_lower(text.at[i]);
	field->size += text.size;
}

static bool is_ascii(struct slice text)
{
	char all = 0;

	for (size_t i = 0; i < text.size; i++)
		all |= text.at[i];
	return (all & 0x80) == 0;
}

bool suppression_field_set(
	struct suppression_field *field, struct slice tenant, struct slice address)
{
	size_t at = slice_index_last(address, '@');
	struct slice domain = slice_from(address, at + 1);
	char ascii[DOMAIN_MAX + 1];

	if (tenant.size > SUPPRESSION_WHOSE_MAX || at > ADDRESS_LOCAL_MAX ||
		domain.size == 0 || domain.size > DOMAIN_MAX)
		return false;
	if (!is_ascii(domain) && !domain_to_ascii(domain, ascii, &domain))
		return false;
	field->size = 0;
	add(field, tenant);
	field->tenant_size = field->size;
	field->text[field->size++] = ' ';
	add(field, slice_part(address, 0, at));
	field->at = field->size;
	field->text[field->size++] = '@';
	add(field, domain);
	return true;
}

static bool is_word(struct slice word, size_t most)
{
	for (size_t i = 0; i < word.size; i++)
		if (!ascii_is_alnum(word.at[i]) && !memchr("-_.", word.at[i], 3))
			return false;
	return word.size <= most;
}

/* A tenant, or a stream of one. */
static bool is_whose(struct slice text)
{
	struct slice tenant = slice_cut(&text, '/');

	return is_word(tenant, TENANT_SIZE_MAX) &&
	       (!text.at || (text.size && is_word(text, STREAM_SIZE_MAX)));
}

bool suppression_field_read(
	struct suppression_field *field, struct slice tenant, struct slice address)
{
	char text[ADDRESS_MAX + 1];
	struct address parsed;
	enum address_fault fault;

	if (!is_whose(tenant))
		return fail(FAILURE_DATA,
			"a tenant's name has at most %d letters, digits, dots, "
			"hyphens, underscores; behind it may stand a slash and the "
			"name of a stream",
			TENANT_SIZE_MAX);
	if (slice_starts(address, SLICE("@"))) {
		if (domain_is_valid(slice_from(address, 1), true) &&
			suppression_field_set(field, tenant, address))
			return true;
		return fail(FAILURE_DATA, "\"%.*s\" is no domain behind \"@\"",
			SLICE_PRINT(address));
	}
	fault = address_parse(address, ADDRESS_UTF8, &parsed);
	if (fault != ADDRESS_OK)
		return fail(FAILURE_DATA, "\"%.*s\" is no address: %s",
			SLICE_PRINT(address), address_fault_text(fault));
	return suppression_field_set(field, tenant, address_print(&parsed, text)) ||
	       fail(FAILURE_DATA, "\"%.*s\" has a domain that cannot exist",
		       SLICE_PRINT(address));
}

struct slice suppression_field_text(const struct suppression_field *field)
{
	return slice_make(field->text, field->size);
}

struct slice suppression_field_of_all(const struct suppression_field *field)
{
	return slice_from(suppression_field_text(field), field->tenant_size);
}

struct slice suppression_field_address(const struct suppression_field *field)
{
	return slice_from(suppression_field_text(field), field->tenant_size + 1);
}

void suppression_field_domain(
	const struct suppression_field *field, struct suppression_field *domain)
{
	size_t head = field->tenant_size + 1;

	memcpy(domain->text, field->text, head);
	memcpy(domain->text + head, field->text + field->at, field->size - field->at);
	domain->tenant_size = field->tenant_size;
	domain->at = head;
	domain->size = head + field->size - field->at;
}

void suppression_field_split(
	struct slice text, struct slice *tenant_r, struct slice *address_r)
{
	*tenant_r = slice_cut(&text, ' ');
	*address_r = text;
}

/* ---- Values ---- */

struct slice suppression_value_print(
	const struct suppression_entry *entry, char text[SUPPRESSION_VALUE_SIZE])
{
	/* Not over before its time. */
	snprintf(text, SUPPRESSION_VALUE_SIZE, "%s %lld %lld", names[entry->reason],
		(long long)(entry->since_ms / 1000),
		(long long)((entry->until_ms + 999) / 1000));
	return slice_of(text);
}

bool suppression_value_parse(struct slice value, struct suppression_entry *entry_r)
{
	struct slice reason = slice_cut(&value, ' '), since = slice_cut(&value, ' ');
	enum suppression_reason found;
	uint64_t since_s, until_s;

	if (!suppression_reason_parse(reason, &found) ||
		!slice_to_u64(since, &since_s) || !slice_to_u64(value, &until_s) ||
		since_s > SECOND_LAST || until_s > SECOND_LAST)
		return false;
	entry_r->reason = found;
	entry_r->since_ms = (int64_t)since_s * 1000;
	entry_r->until_ms = (int64_t)until_s * 1000;
	return true;
}

struct suppression_mark suppression_mark_of(
	const struct suppression_entry *entry, struct slice field)
{
	struct slice tenant, address;
	struct suppression_mark mark = {
		.until_s = (uint32_t)((entry->until_ms + 999) / 1000),
		.facts = (uint32_t)(entry->since_ms / HOUR_MS) & SINCE_MASK,
	};

	suppression_field_split(field, &tenant, &address);
	mark.facts |= (uint32_t)entry->reason << SINCE_BITS;
	if (slice_starts(address, SLICE("@")))
		mark.facts |= SUPPRESSION_MARK_DOMAIN;
	return mark;
}

bool suppression_mark_read(
	struct suppression_mark mark, int64_t now_ms, struct suppression_found *found_r)
{
	int64_t until_ms = (int64_t)mark.until_s * 1000;

	if (until_ms && until_ms <= now_ms)
		return false;
	*found_r = (struct suppression_found){
		.reason = (enum suppression_reason)(
			(mark.facts >> SINCE_BITS) & REASON_MASK),
		.domain = (mark.facts & SUPPRESSION_MARK_DOMAIN) != 0,
		.since_ms = (int64_t)(mark.facts & SINCE_MASK) * HOUR_MS,
		.until_ms = until_ms,
	};
	return true;
}
