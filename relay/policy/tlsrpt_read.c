/*
 * A day's counts back from Redis: the report of a domain, the domains of a day.
 */
#include <stdio.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/failure.h"
#include "base/memory.h"

#include "policy/tlsrpt_core.h"

#define SCAN_STEP SLICE("500")

static void take_policy(
	struct tlsrpt_report *report, struct slice rest, struct slice text)
{
	struct tlsrpt_policy *policy = &report->policies[report->policy_count];
	struct slice type = slice_cut(&rest, '\t');

	if (!tlsrpt_policy_type_parse(type, &policy->type))
		return;
	policy->domain = rest;
	policy->text = text;
	report->policy_count++;
}

static void take_field(
	struct tlsrpt_report *report, struct slice field, struct slice value)
{
	struct tlsrpt_row *row = &report->rows[report->row_count];

	if (slice_starts(field, SLICE("policy\t"))) {
		take_policy(report, slice_from(field, 7), value);
	} else if (tlsrpt_row_parse(field, row) && slice_to_u64(value, &row->count)) {
		report->row_count++;
	}
}

static void describe(
	struct tlsrpt *tlsrpt, struct arena *arena, struct tlsrpt_report *report)
{
	const struct config *config = tlsrpt->options.config;
	const struct config_tlsrpt *own = &config->relay.tlsrpt;
	const char *from = own->from ? own->from : config->hostname;
	struct slice address = slice_of(from);
	char day[11];

	report->organization = arena_copy(arena,
		slice_of(own->organization ? own->organization : config->hostname));
	report->contact = arena_copy(
		arena, slice_of(own->contact ? own->contact : from));
	report->submitter = arena_copy(
		arena, slice_index(address, '@') < address.size
			       ? slice_from(address, slice_index_last(address, '@') + 1)
			       : address);
	tlsrpt_day_print(report->day_ms, day);
	/* The same for every attempt, so that a second copy is known as one. */
	report->id = arena_format(arena, "%.4s%.2s%.2s%08x@%.*s", day, day + 5, day + 8,
		crc32c(crc32c(0, report->domain), report->submitter),
		SLICE_PRINT(report->submitter));
}

bool tlsrpt_read(struct tlsrpt *tlsrpt, int64_t day_ms, struct slice domain,
	struct arena *arena, struct tlsrpt_report *report_r, struct deadline deadline)
{
	struct slice argv[] = {
		SLICE("HGETALL"), tlsrpt_key_domain(day_ms, domain, arena)};
	struct tlsrpt_report report = {.day_ms = day_ms};
	struct redis_reply *reply;
	size_t count;

	if (!tlsrpt->options.redis)
		return fail(FAILURE_STORE, "there is no Redis");
	if (!tlsrpt_call(tlsrpt, ARRAY_COUNT(argv), argv, &reply, deadline))
		return false;
	count = redis_reply_count(reply) / 2;
	report.domain = arena_copy(arena, domain);
	report.rows = arena_take_array(arena, count, sizeof(*report.rows));
	report.policies = arena_take_array(arena, count, sizeof(*report.policies));
	for (size_t i = 0; i < count; i++)
		take_field(&report,
			arena_copy(
				arena, redis_reply_text(redis_reply_at(reply, 2 * i))),
			arena_copy(arena,
				redis_reply_text(redis_reply_at(reply, 2 * i + 1))));
	redis_reply_free(&reply);
	describe(tlsrpt, arena, &report);
	*report_r = report;
	return true;
}

/* One step of a scan; names that come twice are not told apart. */
static bool scan(struct tlsrpt *tlsrpt, struct slice key, struct slice *cursor,
	struct arena *arena, struct slice *list, size_t most, size_t *count,
	struct deadline deadline)
{
	struct slice argv[] = {SLICE("SSCAN"), key, *cursor, SLICE("COUNT"), SCAN_STEP};
	const struct redis_reply *names;
	struct redis_reply *reply;

	if (!tlsrpt_call(tlsrpt, ARRAY_COUNT(argv), argv, &reply, deadline))
		return false;
	names = redis_reply_at(reply, 1);
	for (size_t i = 0; i < redis_reply_count(names) && *count < most; i++)
		list[(*count)++] = arena_copy(
			arena, redis_reply_text(redis_reply_at(names, i)));
	*cursor = arena_copy(arena, redis_reply_text(redis_reply_at(reply, 0)));
	redis_reply_free(&reply);
	return true;
}

bool tlsrpt_members(struct tlsrpt *tlsrpt, struct slice key, size_t most,
	struct arena *arena, struct slice **domains_r, size_t *count_r,
	struct deadline deadline)
{
	struct slice cursor = SLICE("0");
	size_t count = 0;

	if (!tlsrpt->options.redis)
		return fail(FAILURE_STORE, "there is no Redis");
	*domains_r = arena_take_array(arena, most, sizeof(**domains_r));
	do
		if (!scan(tlsrpt, key, &cursor, arena, *domains_r, most, &count,
			    deadline))
			return false;
	while (!slice_equal(cursor, SLICE("0")) && cursor.size && count < most);
	*count_r = count;
	return true;
}

bool tlsrpt_domains(struct tlsrpt *tlsrpt, int64_t day_ms, size_t most,
	struct arena *arena, struct slice **domains_r, size_t *count_r,
	struct deadline deadline)
{
	return tlsrpt_members(tlsrpt, tlsrpt_key_day(day_ms, arena), most, arena,
		domains_r, count_r, deadline);
}
