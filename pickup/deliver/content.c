/* Messages read and written for delivery; see content.h. */
#include "deliver/content.h"

#include "base/buffer.h"
#include "base/failure.h"
#include "queue/body.h"
#include "verify/authres.h"

#define DELIVERED_TO_MAX 20 /* then somebody sends it round */

static bool read_block(const struct message *message, struct buffer *text,
	struct header_end *end, struct deadline deadline)
{
	struct body_reader reader;
	struct slice part;
	bool good;

	body_reader_open(&reader, message->body);
	do {
		good = body_reader_next(&reader, &part, deadline);
		if (good && part.size) {
			buffer_append(text, part);
			(void)header_end_find(end, part);
		}
	} while (good && part.size && !end->found &&
		 buffer_size(text) < CONTENT_HEADER_MAX);
	body_reader_close(&reader);
	if (good && part.size == 0 && !end->found)
		header_end_finish(end);
	return good;
}

/* Who logged in may write what he likes there; what came to port 25 has only what
 * was put in front of it there. */
static struct slice find_authentication(
	const struct content *content, struct slice hostname, struct arena *arena)
{
	const struct header_field *field = NULL;

	if (content->message->envelope.account.size)
		return SLICE_EMPTY;
	while ((field = header_find_text(
			&content->header, SLICE("Authentication-Results"), field)))
		if (authres_is_ours(field, hostname))
			return header_unfold(arena, field->value);
	return SLICE_EMPTY;
}

bool content_read(const struct message *message, struct slice hostname,
	struct arena *arena, struct content *content_r, struct deadline deadline)
{
	struct header_end end = {0};
	struct buffer text = {0};
	struct slice block;
	bool good = read_block(message, &text, &end, deadline);

	*content_r = (struct content){.message = message};
	if (good && end.found && end.size <= CONTENT_HEADER_MAX) {
		block = arena_copy(
			arena, slice_part(buffer_contents(&text), 0, (size_t)end.size));
		(void)header_scan(arena, block, 0, 0, &content_r->header);
		content_r->rest_at = end.size;
		content_r->headless = end.body_at == 0 && buffer_size(&text);
		content_r->authentication = find_authentication(
			content_r, hostname, arena);
	}
	buffer_finish(&text);
	return good;
}

static bool write_fields(const struct content *content, const struct content_sink *sink,
	struct deadline deadline)
{
	const struct header *header = &content->header;
	bool good = true;

	for (size_t i = 0; i < header->count && good; i++)
		good = header->fields[i].known == HEADER_RETURN_PATH ||
		       sink->write(sink->context, header->fields[i].whole, deadline);
	return good;
}

bool content_write(const struct content *content, struct slice front,
	const struct content_sink *sink, struct deadline deadline)
{
	uint64_t skip = content->rest_at;
	struct body_reader reader;
	struct slice part;
	bool good = sink->write(sink->context, front, deadline) &&
		    write_fields(content, sink, deadline);

	if (good && content->headless)
		good = sink->write(sink->context, SLICE("\r\n"), deadline);
	body_reader_open(&reader, content->message->body);
	while (good && (good = body_reader_next(&reader, &part, deadline)) &&
		part.size) {
		size_t known = skip < part.size ? (size_t)skip : part.size;

		skip -= known;
		part = slice_from(part, known);
		good = !part.size || sink->write(sink->context, part, deadline);
	}
	body_reader_close(&reader);
	return good;
}

struct slice content_loop(const struct content *content, struct slice recipient,
	uint64_t hops, struct arena *arena)
{
	const struct header *header = &content->header;
	size_t passed = header_hops(header);

	if (passed > hops)
		return arena_format(arena, "%zu servers passed it on: a loop", passed);
	if (header_was_delivered_to(header, recipient))
		return arena_format(arena, "it was delivered to %.*s before: a loop",
			SLICE_PRINT(recipient));
	if (header->counts[HEADER_DELIVERED_TO] > DELIVERED_TO_MAX)
		return arena_format(arena, "it was forwarded %u times: a loop",
			header->counts[HEADER_DELIVERED_TO]);
	return SLICE_EMPTY;
}
