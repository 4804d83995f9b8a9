/*
 * The texts of TLSRPT that are read: the record in DNS (RFC 8460 3), counts as
 * they stand in Redis, days.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/failure.h"
#include "base/memory.h"
#include "mail/domain.h"

#include "policy/tlsrpt_report.h"

#define ROW_PARTS 7

bool tlsrpt_record_is_ours(struct slice record)
{
	struct slice version = slice_trim(slice_cut(&record, ';'));

	return record.at && slice_equal(version, SLICE("v=TLSRPTv1"));
}

static bool is_uri(struct slice uri)
{
	if (uri.size == 0 || uri.size > TLSRPT_URI_MAX)
		return false;
	for (size_t i = 0; i < uri.size; i++)
		if (uri.at[i] <= ' ' || uri.at[i] > '~')
			return false;
	return slice_starts_nocase(uri, SLICE("mailto:")) ||
	       slice_starts_nocase(uri, SLICE("https://"));
}

/* Commas separate them: one inside is written as %2C. Those of other schemes
 * are for others. */
static void take_uris(
	struct slice list, struct arena *arena, struct slice *uris, size_t *count)
{
	while (list.at) {
		struct slice uri = slice_trim(slice_cut(&list, ','));

		if (is_uri(uri) && *count < TLSRPT_URIS_MAX)
			uris[(*count)++] = arena_copy(arena, uri);
	}
}

bool tlsrpt_record_parse(
	struct slice record, struct arena *arena, struct slice *uris_r, size_t *count_r)
{
	size_t count = 0;

	if (!tlsrpt_record_is_ours(record))
		return fail(FAILURE_DATA, "the record does not begin with v=TLSRPTv1;");
	slice_cut(&record, ';');
	while (record.at) {
		struct slice field = slice_trim(slice_cut(&record, ';')), name;

		name = slice_trim(slice_cut(&field, '='));
		if (field.at && slice_equal(name, SLICE("rua")))
			take_uris(field, arena, uris_r, &count);
	}
	if (count == 0)
		return fail(FAILURE_DATA, "the record has no rua that can be used");
	*count_r = count;
	return true;
}

static bool decode(struct slice text, char *into, size_t *size_r)
{
	size_t used = 0;

	for (size_t i = 0; i < text.size; i++) {
		if (text.at[i] != '%') {
			into[used++] = text.at[i];
			continue;
		}
		if (i + 2 >= text.size ||
			!hex_decode(slice_part(text, i + 1, 2), into + used))
			return false;
		used++;
		i += 2;
	}
	*size_r = used;
	return true;
}

/* A dot-string: nobody has reports sent to a quoted local part. */
static bool is_local_part(struct slice local)
{
	for (size_t i = 0; i < local.size; i++)
		if (!ascii_is_alnum(local.at[i]) &&
			(!local.at[i] || !strchr("!#$%&'*+-/=?^_`{|}~.", local.at[i])))
			return false;
	return local.size > 0 && local.size <= 64 && local.at[0] != '.' &&
	       local.at[local.size - 1] != '.' &&
	       slice_find(local, SLICE("..")) == local.size;
}

bool tlsrpt_mailbox_parse(
	struct slice uri, struct arena *arena, struct slice *address_r)
{
	char *text = arena_take(arena, uri.size + 1), domain[DOMAIN_MAX + 1];
	struct slice address, ascii;
	size_t size, at;

	if (!slice_starts_nocase(uri, SLICE("mailto:")))
		return fail(FAILURE_DATA, "it is no mailto:");
	uri = slice_from(uri, sizeof("mailto:") - 1);
	uri = slice_part(uri, 0, slice_index(uri, '?'));
	if (!decode(uri, text, &size))
		return fail(FAILURE_DATA, "it is malformed");
	address = slice_make(text, size);
	at = slice_index_last(address, '@');
	if (at == address.size || !is_local_part(slice_part(address, 0, at)) ||
		!domain_to_ascii(slice_from(address, at + 1), domain, &ascii))
		return fail(FAILURE_DATA, "it holds no address");
	*address_r = arena_format(arena, "%.*s@%.*s",
		SLICE_PRINT(slice_part(address, 0, at)), SLICE_PRINT(ascii));
	return true;
}

/* --- Rows --- */

static void print_part(struct slice part, size_t most, struct buffer *field)
{
	buffer_append_byte(field, '\t');
	part = slice_part(part, 0, most);
	for (size_t i = 0; i < part.size; i++)
		buffer_append_byte(
			field, part.at[i] < ' ' || part.at[i] > '~' ? '?' : part.at[i]);
}

void tlsrpt_row_print(const struct tlsrpt_row *row, struct buffer *field)
{
	buffer_append_format(field, "%s", tlsrpt_policy_type_name(row->type));
	print_part(row->policy_domain, DOMAIN_MAX, field);
	print_part(slice_of(tlsrpt_result_name(row->result)), DOMAIN_MAX, field);
	print_part(row->host, DOMAIN_MAX, field);
	print_part(row->address, DOMAIN_MAX, field);
	print_part(row->local, DOMAIN_MAX, field);
	print_part(row->reason, TLSRPT_REASON_MAX, field);
}

bool tlsrpt_row_parse(struct slice field, struct tlsrpt_row *row_r)
{
	struct slice parts[ROW_PARTS];
	struct tlsrpt_row row = {.count = 0};
	size_t count = 0;

	while (field.at && count < ROW_PARTS)
		parts[count++] = slice_cut(&field, '\t');
	if (count != ROW_PARTS || field.at ||
		!tlsrpt_policy_type_parse(parts[0], &row.type) ||
		!tlsrpt_result_parse(parts[2], &row.result))
		return false;
	row.policy_domain = parts[1];
	row.host = parts[3];
	row.address = parts[4];
	row.local = parts[5];
	row.reason = parts[6];
	*row_r = row;
	return true;
}

/* --- Days --- */

bool tlsrpt_day_parse(struct slice text, int64_t *day_ms_r)
{
	struct slice year = slice_cut(&text, '-'), month = slice_cut(&text, '-');
	uint64_t y, m, d;
	struct tm tm = {.tm_sec = 0};
	char again[11];
	int64_t day_ms;

	if (!slice_to_u64(year, &y) || !slice_to_u64(month, &m) ||
		!slice_to_u64(text, &d) || y < 1970 || y > 9999 || m < 1 || m > 12 ||
		d < 1 || d > 31)
		return fail(FAILURE_DATA, "a day is written as 2026-11-21");
	tm.tm_year = (int)y - 1900;
	tm.tm_mon = (int)m - 1;
	tm.tm_mday = (int)d;
	day_ms = (int64_t)timegm(&tm) * 1000;
	slice_to_u64(slice_from(tlsrpt_day_print(day_ms, again), 8), &y);
	if (y != d)
		return fail(FAILURE_DATA, "there is no such day");
	*day_ms_r = day_ms;
	return true;
}

struct slice tlsrpt_day_print(int64_t day_ms, char text[11])
{
	char iso[CLOCK_TEXT_SIZE];

	snprintf(text, 11, "%.10s", clock_format_iso(day_ms, iso).at);
	return slice_make(text, 10);
}
