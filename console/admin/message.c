/* `queue show`, `queue body`: one message, its entries, its octets. */
#include "base/encode.h"
#include "base/failure.h"

#include "admin/call.h"
#include "report/entry_value.h"
#include "daemon/fan.h"

#define HEADER_SHOWN_MAX (64u << 10)
#define ENTRIES_MAX	 1000
#define WINDOW_SIZE	 (2u << 20) /* encoded, within a stream's outbox */

/* The entries of a message here, and the message itself, held. */
struct finding {
	struct daemon_worker *worker;
	struct value *entries; /* NULL: not wanted */
	struct message *message;
};

static bool find_entry(void *context, const struct queue_item *item)
{
	struct finding *finding = context;
	struct buffer text = {.limit = 4096};
	struct value *entry;

	if (!finding->message)
		finding->message = message_hold(item->entry->message);
	if (!finding->entries)
		return false;
	entry = entry_value_full(item, finding->worker->world->classifier);
	if (relay_explain(finding->worker->relay, item->entry, &text))
		value_set_text(entry, "relay", slice_trim_all(buffer_contents(&text)));
	buffer_finish(&text);
	value_append(finding->entries, entry);
	return value_count(finding->entries) < ENTRIES_MAX;
}

/* The header, as far as it is shown; the body's first parts. */
static bool read_header(
	const struct message *message, struct buffer *header, struct deadline deadline)
{
	struct body_reader reader;
	struct slice part;
	size_t wanted = message->envelope.header_size;
	bool good = message->body || fail(FAILURE_DATA, "it has no body");

	if (!good)
		return false;
	wanted = wanted < HEADER_SHOWN_MAX ? wanted : HEADER_SHOWN_MAX;
	body_reader_open(&reader, message->body);
	while (good && buffer_size(header) < wanted) {
		good = body_reader_next(&reader, &part, deadline);
		if (good && part.size == 0)
			break;
		if (good)
			buffer_append(header,
				slice_part(part, 0, wanted - buffer_size(header)));
	}
	body_reader_close(&reader);
	return good;
}

static bool show_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct finding finding = {.worker = worker, .entries = value_list()};
	struct buffer header = {0};
	struct queue_selector selector;
	bool good = selector_read(request, &selector) &&
		    queue_each(
			    worker->queue, &selector, find_entry, &finding, deadline);

	*result_r = value_object();
	value_set(*result_r, "entries", finding.entries);
	if (good && finding.message && value_get_truth(request, "header")) {
		if (read_header(finding.message, &header, deadline))
			value_set_text(*result_r, "header", buffer_contents(&header));
		else
			value_set_text(*result_r, "header_trouble",
				slice_of(failure_last()->text));
		buffer_finish(&header);
	}
	message_release(&finding.message);
	return good;
}

bool admin_queue_show(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {show_here};
	struct value *results;
	bool good = true;

	if (!value_get_text(call->request, "id").size)
		return fail(FAILURE_DATA, "which message?");
	if (!fan_out(call->daemon, &call->admin->fans, &job, call->request, &results,
		    deadline))
		return false;
	for (size_t i = 0; good && i < value_count(results); i++) {
		const struct value *result = value_at(results, i);
		const struct value *entries = value_get(result, "entries");

		for (size_t j = 0; good && j < value_count(entries); j++)
			good = admin_say(
				call, value_copy(value_at(entries, j)), deadline);
		if (value_has(result, "header"))
			value_set_text(call->answer, "header",
				value_get_text(result, "header"));
		if (value_has(result, "header_trouble"))
			value_set_text(call->answer, "header_trouble",
				value_get_text(result, "header_trouble"));
	}
	value_release(&results);
	return good;
}

/*
 * The octets from OFFSET on, as many as fit a window, as base64: the client
 * asks for one window after the other, so that a large message is nowhere in
 * memory as a whole. By octets, since the parts change when it leaves memory.
 */
static bool read_window(const struct message *message, uint64_t offset,
	struct value *result, struct deadline deadline)
{
	struct body_reader reader;
	struct buffer window = {0};
	struct arena arena = {0};
	struct slice part;
	bool good, more = true;

	if (!message->body)
		return fail(FAILURE_DATA, "it has no body");
	body_reader_open(&reader, message->body);
	while ((good = body_reader_next(&reader, &part, deadline)) && part.size) {
		size_t skipped = offset < part.size ? (size_t)offset : part.size;

		offset -= skipped;
		part = slice_from(part, skipped);
		buffer_append(&window,
			slice_part(part, 0, WINDOW_SIZE - buffer_size(&window)));
		if (buffer_size(&window) == WINDOW_SIZE)
			break;
	}
	more = good && part.size;
	body_reader_close(&reader);
	if (good) {
		value_set_text(result, "bytes",
			base64_encode_in(&arena, buffer_contents(&window)));
		value_set_truth(result, "end", !more);
	}
	arena_finish(&arena);
	buffer_finish(&window);
	return good;
}

static bool window_here(struct daemon_worker *worker, const struct value *request,
	struct value **result_r, struct deadline deadline)
{
	struct finding finding = {.worker = worker};
	struct queue_selector selector;
	bool good = selector_read(request, &selector) &&
		    queue_each(
			    worker->queue, &selector, find_entry, &finding, deadline);

	*result_r = value_object();
	if (good && finding.message)
		good = read_window(finding.message,
			(uint64_t)value_get_number(request, "offset"), *result_r,
			deadline);
	message_release(&finding.message);
	return good;
}

bool admin_queue_body(struct admin_call *call, struct deadline deadline)
{
	static const struct fan_job job = {window_here};
	struct value *results;
	bool found = false;

	if (!value_get_text(call->request, "id").size)
		return fail(FAILURE_DATA, "which message?");
	if (!fan_out(call->daemon, &call->admin->fans, &job, call->request, &results,
		    deadline))
		return false;
	for (size_t i = 0; !found && i < value_count(results); i++) {
		const struct value *result = value_at(results, i);

		found = value_has(result, "bytes");
		if (!found)
			continue;
		value_set_text(call->answer, "bytes", value_get_text(result, "bytes"));
		value_set_truth(call->answer, "end", value_get_truth(result, "end"));
	}
	value_release(&results);
	return found || admin_refuse(call, ADMIN_ABSENT, NULL,
				"%.*s is not in the queue any more, or never was",
				SLICE_PRINT(slice_part(
					value_get_text(call->request, "id"), 0, 40)));
}
