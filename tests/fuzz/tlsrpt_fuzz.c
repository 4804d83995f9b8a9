/* TLSRPT records, the addresses in them, and counts as they stand in Redis. */
#include "policy/tlsrpt_report.h"

#include <stdlib.h>

#include "base/failure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

/* What could end a line of a dialogue, or begin another address. */
static void check_address(struct slice address)
{
	for (size_t i = 0; i < address.size; i++)
		HOLD(address.at[i] > ' ' && address.at[i] <= '~' &&
			address.at[i] != '<' && address.at[i] != '>' &&
			address.at[i] != ',');
	HOLD(slice_index(address, '@') == slice_index_last(address, '@'));
	HOLD(slice_index(address, '@') < address.size);
}

static void check_record(struct slice text, struct arena *arena)
{
	struct slice uris[TLSRPT_URIS_MAX], address;
	size_t count = 0;

	if (!tlsrpt_record_parse(text, arena, uris, &count))
		return;
	HOLD(tlsrpt_record_is_ours(text));
	HOLD(count > 0 && count <= TLSRPT_URIS_MAX);
	for (size_t i = 0; i < count; i++) {
		HOLD(uris[i].size <= TLSRPT_URI_MAX);
		if (tlsrpt_mailbox_parse(uris[i], arena, &address))
			check_address(address);
	}
}

static void check_row(struct slice text)
{
	struct tlsrpt_report report = {.organization = text, .row_count = 1};
	struct tlsrpt_policy policy = {.text = text};
	struct tlsrpt_row row, again;
	struct buffer field = {0}, json = {0};

	if (tlsrpt_row_parse(text, &row)) {
		tlsrpt_row_print(&row, &field);
		HOLD(tlsrpt_row_parse(buffer_contents(&field), &again));
		HOLD(again.type == row.type && again.result == row.result);
		report.rows = &row;
		report.policies = &policy;
		report.policy_count = 1;
		policy.type = row.type;
		policy.domain = row.policy_domain;
		HOLD(tlsrpt_report_json(&report, &json));
	}
	buffer_finish(&field);
	buffer_finish(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make(data, size);
	struct arena arena = {0};
	int64_t day_ms;

	check_record(text, &arena);
	check_row(text);
	if (tlsrpt_day_parse(text, &day_ms))
		HOLD(day_ms % TLSRPT_DAY_MS == 0);
	arena_finish(&arena);
	return 0;
}
