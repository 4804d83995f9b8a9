/* Reports of many mail systems (tests/fuzz/corpus/report): what is read out of
 * each, line by line, and that nothing breaks where they are cut. */
#include "mail/report_read.h"

#include "base/buffer.h"
#include "check.h"
#include "report_samples.h"

static struct slice read_sample(const char *name, struct arena *arena)
{
	static char bytes[65536];
	char path[600];
	FILE *file;
	size_t size;

	snprintf(path, sizeof(path), "%s/%s", REPORT_SAMPLES, name);
	file = fopen(path, "rb");
	if (!CHECK(file != NULL))
		return SLICE_EMPTY;
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	return arena_copy(arena, slice_make(bytes, size));
}

static void print_recipients(const struct report *report, struct buffer *into)
{
	for (size_t i = 0; i < report->recipient_count; i++) {
		const struct report_recipient *r = &report->recipients[i];

		buffer_append_format(into, "%s <%.*s>", dsn_action_word(r->action),
			SLICE_PRINT(r->address));
		if (r->original.size && !slice_equal(r->original, r->address))
			buffer_append_format(
				into, " was <%.*s>", SLICE_PRINT(r->original));
		buffer_append_format(into, " %.*s %d %.*s", SLICE_PRINT(r->status),
			r->code, SLICE_PRINT(r->diagnostic));
		if (r->host.size)
			buffer_append_format(into, " @%.*s", SLICE_PRINT(r->host));
		buffer_append_byte(into, '\n');
	}
}

static void print(const struct report *report, struct buffer *into)
{
	const struct report_complaint *complaint = &report->complaint;

	buffer_append_format(
		into, "%s %s", report_kind_name(report->kind), report->style);
	if (report->kind == REPORT_COMPLAINT)
		buffer_append_format(into, " %.*s x%d from %.*s",
			SLICE_PRINT(complaint->type), (int)complaint->incidents,
			SLICE_PRINT(complaint->mail_from));
	if (report->envelope_id.size)
		buffer_append_format(
			into, " envid %.*s", SLICE_PRINT(report->envelope_id));
	buffer_append_byte(into, '\n');
	print_recipients(report, into);
	if (report->original.message_id.size)
		buffer_append_format(into, "of %.*s path <%.*s>",
			SLICE_PRINT(report->original.message_id),
			SLICE_PRINT(report->original.return_path));
	if (report->original.feedback_id.size)
		buffer_append_format(
			into, " id %.*s", SLICE_PRINT(report->original.feedback_id));
	if (report->original.message_id.size)
		buffer_append_byte(into, '\n');
}

CASE("each sample says what it says")
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct arena arena = {0};
		struct buffer text = {0};
		struct report report;

		report_read(&arena, read_sample(samples[i].file, &arena), &report);
		print(&report, &text);
		if (getenv("REPORT_SHOW"))
			printf("=== %s\n%.*s", samples[i].file,
				SLICE_PRINT(buffer_contents(&text)));
		else if (!CHECK_SLICE(buffer_contents(&text), samples[i].says))
			fprintf(stderr, "… in %s\n", samples[i].file);
		buffer_finish(&text);
		arena_finish(&arena);
	}
}

CHECK_MAIN()
