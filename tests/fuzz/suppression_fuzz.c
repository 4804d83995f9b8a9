/* Addresses and values of the suppression list: one form, or refused. */
#include "feedback/suppression_key.h"

#include <stdlib.h>

#include "base/failure.h"
#include "mail/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* What was read once is read again as the same; so it is found. */
static void check_field(const struct suppression_field *field, struct slice tenant)
{
	struct slice text = suppression_field_text(field), whose, address;
	struct suppression_field again, domain;

	HOLD(field->size <= SUPPRESSION_FIELD_MAX && field->at < field->size);
	HOLD(text_is_utf8(text));
	suppression_field_split(text, &whose, &address);
	HOLD(slice_equal_nocase(whose, tenant));
	HOLD(slice_equal(address, suppression_field_address(field)));
	HOLD(suppression_field_set(&again, tenant, address));
	HOLD(slice_equal(suppression_field_text(&again), text));
	suppression_field_domain(field, &domain);
	HOLD(domain.size <= field->size && domain.text[domain.at] == '@');
}

static void check_value(struct slice value)
{
	struct suppression_entry entry = {.since_ms = 0}, again = entry;
	char text[SUPPRESSION_VALUE_SIZE];
	struct suppression_found found;

	if (!suppression_value_parse(value, &entry))
		return;
	HOLD(suppression_value_parse(suppression_value_print(&entry, text), &again));
	HOLD(again.reason == entry.reason && again.since_ms == entry.since_ms &&
		again.until_ms == entry.until_ms);
	if (suppression_mark_read(
		    suppression_mark_of(&entry, SLICE(" @x.test")), 1, &found))
		HOLD(found.reason == entry.reason && found.domain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice address = slice_make(data, size),
		     tenant = slice_cut(&address, '\n');
	struct suppression_field field;

	check_value(tenant);
	if (suppression_field_read(&field, tenant, address))
		check_field(&field, tenant);
	else
		HOLD(failure_kind_last() == FAILURE_DATA);
	if (suppression_field_set(&field, tenant, address))
		HOLD(field.size <= SUPPRESSION_FIELD_MAX);
	return 0;
}
