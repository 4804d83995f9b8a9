/*
 * A report as a message (RFC 8460 5.3): a part for people, and the report.
 */
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/memory.h"

#include "policy/tlsrpt_report.h"

#define LINE_BYTES 57 /* make 76 characters of base64 */

struct slice tlsrpt_file_name(const struct tlsrpt_report *report, struct arena *arena)
{
	return arena_format(arena, "%.*s!%.*s!%lld!%lld!%.*s.json.gz",
		SLICE_PRINT(report->submitter), SLICE_PRINT(report->domain),
		(long long)(report->day_ms / 1000),
		(long long)((report->day_ms + TLSRPT_DAY_MS) / 1000 - 1),
		SLICE_PRINT(slice_part(report->id, 0, slice_index(report->id, '@'))));
}

static void append_header(const struct tlsrpt_report *report, struct slice from,
	struct slice to, int64_t now_ms, struct buffer *text)
{
	char date[CLOCK_TEXT_SIZE];

	buffer_append_format(text, "From: <%.*s>\r\nTo: <%.*s>\r\nDate: %.*s\r\n",
		SLICE_PRINT(from), SLICE_PRINT(to),
		SLICE_PRINT(clock_format_mail(now_ms, date)));
	buffer_append_format(text,
		"Subject: Report Domain: %.*s\r\n Submitter: %.*s\r\n Report-ID: "
		"<%.*s>\r\n",
		SLICE_PRINT(report->domain), SLICE_PRINT(report->submitter),
		SLICE_PRINT(report->id));
	buffer_append_format(text,
		"Message-ID: <%lld.%.*s>\r\nTLS-Report-Domain: %.*s\r\n"
		"TLS-Report-Submitter: %.*s\r\nTLS-Required: No\r\n"
		"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
		(long long)now_ms, SLICE_PRINT(report->id), SLICE_PRINT(report->domain),
		SLICE_PRINT(report->submitter));
}

static void append_words(const struct tlsrpt_report *report, struct buffer *text)
{
	char day[11];

	tlsrpt_day_print(report->day_ms, day);
	buffer_append_format(text,
		"Content-Type: text/plain; charset=us-ascii\r\n\r\n"
		"This is a report on TLS, in the form of RFC 8460.\r\n\r\n"
		"On %s (UTC) %.*s sent mail to %.*s, whose DNS asks for\r\n"
		"such reports. The attachment says in how many sessions TLS worked, "
		"and\r\nwhat went wrong in the others.\r\n",
		day, SLICE_PRINT(report->submitter), SLICE_PRINT(report->domain));
}

static void append_base64(struct slice bytes, struct buffer *text)
{
	char line[BASE64_SIZE(LINE_BYTES)];

	for (size_t at = 0; at < bytes.size; at += LINE_BYTES) {
		size_t size = base64_encode(slice_part(bytes, at, LINE_BYTES), line);

		buffer_append(text, slice_make(line, size));
		buffer_append(text, SLICE("\r\n"));
	}
}

void tlsrpt_mail(const struct tlsrpt_report *report, struct slice from, struct slice to,
	struct slice packed, int64_t now_ms, struct buffer *text)
{
	struct arena arena = {0};
	/* No line of ours begins so, and base64 has no "=_". */
	struct slice edge = arena_format(&arena, "=_tlsrpt_%lld", (long long)now_ms);

	append_header(report, from, to, now_ms, text);
	buffer_append_format(text,
		"Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n"
		"\tboundary=\"%.*s\"\r\n\r\n--%.*s\r\n",
		SLICE_PRINT(edge), SLICE_PRINT(edge));
	append_words(report, text);
	buffer_append_format(text,
		"\r\n--%.*s\r\nContent-Type: application/tlsrpt+gzip\r\n"
		"Content-Transfer-Encoding: base64\r\n"
		"Content-Disposition: attachment;\r\n\tfilename=\"%.*s\"\r\n\r\n",
		SLICE_PRINT(edge), SLICE_PRINT(tlsrpt_file_name(report, &arena)));
	append_base64(packed, text);
	buffer_append_format(text, "--%.*s--\r\n", SLICE_PRINT(edge));
	arena_finish(&arena);
}
