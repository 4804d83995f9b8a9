/*
 * TLSRPT as text (RFC 8460 3, 4.4, 5): the record that asks for reports, counts
 * as fields of Redis, the report as JSON, gzip and mail. Pure.
 */
#ifndef RINGPOST_POLICY_TLSRPT_REPORT_H
#define RINGPOST_POLICY_TLSRPT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/slice.h"
#include "policy/tlsrpt_result.h"

#define TLSRPT_URIS_MAX	  5 /* of a record; more are not used */
#define TLSRPT_URI_MAX	  1000
#define TLSRPT_REASON_MAX 200
#define TLSRPT_POLICY_MAX 4096 /* bytes of a policy's text */
#define TLSRPT_DAY_MS	  (24 * 3600 * INT64_C(1000))

/* "v=TLSRPTv1; rua=mailto:…,https://…": the URIs in ARENA. False with
 * FAILURE_DATA. _is_ours: it means to be one. */
bool tlsrpt_record_is_ours(struct slice record);
bool tlsrpt_record_parse(struct slice record, struct arena *arena, struct slice *uris_r,
	size_t *count_r);
/* The address of a "mailto:" URI, in ARENA. */
bool tlsrpt_mailbox_parse(
	struct slice uri, struct arena *arena, struct slice *address_r);

/* Sessions of one kind. */
struct tlsrpt_row {
	enum tlsrpt_policy_type type;
	struct slice policy_domain; /* of DANE the host's TLSA base domain */
	enum tlsrpt_result result;
	/* Of a failure; each may be empty: the MX and its address, our address,
	 * what happened in words. */
	struct slice host, address, local, reason;
	uint64_t count;
};

/* A row without its count as a field's name: printable ASCII and tabs, whatever
 * was in it. _parse: slices of FIELD. */
void tlsrpt_row_print(const struct tlsrpt_row *row, struct buffer *field);
bool tlsrpt_row_parse(struct slice field, struct tlsrpt_row *row_r);

struct tlsrpt_policy {
	enum tlsrpt_policy_type type;
	struct slice domain;
	struct slice text; /* its lines */
};

struct tlsrpt_report {
	struct slice domain; /* whose sessions, and who gets it */
	struct slice organization, contact, submitter, id;
	int64_t day_ms; /* its first */
	struct tlsrpt_row *rows;
	size_t row_count;
	struct tlsrpt_policy *policies; /* of those whose text is known */
	size_t policy_count;
};

/* False with FAILURE_LIMIT. */
bool tlsrpt_report_json(const struct tlsrpt_report *report, struct buffer *json);
bool tlsrpt_gzip(struct slice bytes, struct buffer *packed);
/* "mail.example.com!example.org!1470013207!1470186007!ID.json.gz", 5.1. */
struct slice tlsrpt_file_name(const struct tlsrpt_report *report, struct arena *arena);
/* A whole message, CRLF, without signature: 5.3. */
void tlsrpt_mail(const struct tlsrpt_report *report, struct slice from, struct slice to,
	struct slice packed, int64_t now_ms, struct buffer *text);

/* "2026-11-21", its first millisecond. */
bool tlsrpt_day_parse(struct slice text, int64_t *day_ms_r);
struct slice tlsrpt_day_print(int64_t day_ms, char text[11]);

#endif
