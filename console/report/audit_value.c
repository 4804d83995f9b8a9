/* A domain's checklist and its keys as a value. */
#include "report/audit_value.h"

static const char *const origins[] = {
	[ADDRESSES_WRITTEN] = "gate.addresses",
	[ADDRESSES_SOURCES] = "the sources",
	[ADDRESSES_MACHINE] = "this machine's own",
	[ADDRESSES_ROUTE] = "the host of a route",
};

static struct value *value_of_record(
	const struct audit_record *from, struct arena *arena)
{
	struct value *record = value_object();

	value_set_text(record, "name", from->name);
	value_set_text(record, "type", slice_of(from->type));
	value_set_text(record, "value", from->value);
	value_set_text(record, "zone", audit_zone_line(from, arena));
	return record;
}

static struct value *value_of_row(const struct audit_row *row, struct arena *arena)
{
	struct value *value = value_object();

	value_set_text(value, "check", slice_of(gate_check_name(row->check)));
	value_set_text(value, "of", row->subject);
	value_set_text(value, "state", slice_of(audit_state_name(row->fact.state)));
	value_set_text(value, "why", row->fact.words);
	if (row->record.name.size)
		value_set(value, "record", value_of_record(&row->record, arena));
	if (row->advice.size)
		value_set_text(value, "advice", row->advice);
	return value;
}

struct value *audit_value_make(const struct audit *audit, struct arena *arena)
{
	const struct gate_addresses *addresses = &audit->addresses;
	struct value *value = value_object(), *list = value_list();

	value_set_text(value, "domain", audit->domain);
	for (size_t i = 0; i < addresses->count; i++)
		value_append_text(list, slice_of(addresses->list[i].text));
	value_set(value, "addresses", list);
	value_set_text(value, "addresses_from", slice_of(origins[addresses->from]));
	value_set_truth(value, "addresses_hidden", addresses->hidden);
	value_set_number(value, "addresses_left_out", (int64_t)addresses->left_out);
	list = value_list();
	for (size_t i = 0; i < audit->count; i++)
		value_append(list, value_of_row(&audit->rows[i], arena));
	value_set(value, "checks", list);
	value_set_number(value, "missing", (int64_t)audit->missing);
	value_set_number(value, "unknown", (int64_t)audit->unknown);
	return value;
}

struct value *audit_key_value(
	const struct dkim_key *key, struct slice domain, struct arena *arena)
{
	struct value *value = value_object();
	struct buffer name = {0}, text = {0};
	struct audit_record record = {.type = "TXT"};

	dkim_key_print_name(key, domain, &name);
	dkim_key_print_record(key, &text);
	record.name = arena_copy(arena, buffer_contents(&name));
	record.value = arena_copy(arena, buffer_contents(&text));
	value_set_text(value, "selector", dkim_key_selector(key));
	value_set_text(value, "algorithm",
		slice_of(dkim_algorithm_name(dkim_key_algorithm(key))));
	value_set_number(value, "bits", dkim_key_bits(key));
	value_set(value, "record", value_of_record(&record, arena));
	buffer_finish(&name);
	buffer_finish(&text);
	return value;
}
