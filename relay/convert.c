/*
 * Reads the message whole, takes our signatures off, converts it on the pool,
 * signs it again.
 */
#include "relay/convert.h"

#include "mail/header.h"
#include "mail/mime.h"
#include "run/worker.h"

struct conversion_job {
	struct slice message;
	struct buffer *out;
	bool binary;
	enum mime_verdict verdict;
	const char *reason;
};

static void convert(void *arg)
{
	struct conversion_job *job = arg;

	job->verdict = job->binary
			       ? mime_from_binary(job->message, job->out, &job->reason)
			       : mime_to_seven_bit(
					 job->message, job->out, &job->reason);
}

static bool read_whole(
	const struct body *body, struct buffer *into, struct deadline deadline)
{
	struct body_reader reader;
	struct slice part;
	bool good;

	buffer_init(into, CONVERT_BYTES_MAX);
	body_reader_open(&reader, body);
	do {
		good = body_reader_next(&reader, &part, deadline) &&
		       buffer_append(into, part);
	} while (good && part.size);
	body_reader_close(&reader);
	return good;
}

/* How many bytes of signatures stand above our Received: those are ours. Any
 * below it is somebody else's, and would break: *foreign_r. */
static size_t find_signatures(struct slice header, struct arena *arena, bool *foreign_r)
{
	struct header list;
	size_t ours = 0;
	bool above = true;

	*foreign_r = !header_scan(arena, header, 0, 0, &list);
	for (size_t i = 0; !*foreign_r && i < list.count; i++) {
		const struct header_field *field = &list.fields[i];

		if (field->known == HEADER_DKIM_SIGNATURE && above)
			ours += field->whole.size;
		else
			above = false;
		*foreign_r |= field->known == HEADER_DKIM_SIGNATURE && !above;
	}
	return ours;
}

static struct slice header_of(struct slice message, struct slice *body_r)
{
	struct header_end end = {0};

	if (!header_end_find(&end, message))
		header_end_finish(&end);
	*body_r = slice_from(message, (size_t)end.body_at);
	return slice_part(message, 0, (size_t)end.size);
}

/* Puts a fresh signature in front of what stands in PLAIN. */
static enum conversion sign_again(struct relay *relay, const struct buffer *plain,
	struct buffer *into, const char **reason_r, struct deadline deadline)
{
	struct slice body, header = header_of(buffer_contents(plain), &body);
	struct buffer fields = {0};
	enum conversion conversion = CONVERSION_DONE;

	*reason_r = "its signature could not be made anew";
	if (!relay->options.sign ||
		!relay->options.sign(
			relay->options.sign_context, header, body, &fields, deadline) ||
		buffer_size(&fields) == 0) {
		conversion = CONVERSION_REFUSED;
	} else {
		buffer_append(into, buffer_contents(&fields));
		buffer_append(into, buffer_contents(plain));
	}
	buffer_finish(&fields);
	return conversion;
}

static enum conversion convert_text(struct relay *relay, struct slice message,
	bool binary, struct buffer *into, const char **reason_r,
	struct deadline deadline)
{
	struct buffer plain = {.limit = 2 * CONVERT_BYTES_MAX};
	struct conversion_job job = {.out = &plain, .binary = binary};
	enum conversion conversion;
	struct arena arena = {0};
	struct slice body;
	bool foreign;
	size_t ours = find_signatures(header_of(message, &body), &arena, &foreign);

	arena_finish(&arena);
	job.message = slice_from(message, ours);
	*reason_r = "it bears a signature that would break";
	if (foreign)
		return CONVERSION_REFUSED;
	if (!offload(convert, &job, deadline)) {
		buffer_finish(&plain);
		return CONVERSION_FAILED;
	}
	*reason_r = job.reason;
	if (job.verdict == MIME_REFUSED) {
		conversion = CONVERSION_REFUSED;
	} else if (job.verdict == MIME_SEVEN_BIT) {
		conversion = CONVERSION_NEEDLESS;
	} else if (ours) {
		conversion = sign_again(relay, &plain, into, reason_r, deadline);
	} else if (binary && sign_again(relay, &plain, into, reason_r, deadline) ==
				     CONVERSION_DONE) {
		conversion = CONVERSION_DONE;
	} else {
		buffer_append(into, buffer_contents(&plain));
		conversion = CONVERSION_DONE;
	}
	buffer_finish(&plain);
	return conversion;
}

/* Room for SIZE bytes among those being converted. */
static bool wait_for_room(struct relay *relay, uint64_t size, struct deadline deadline)
{
	while (relay->converting && relay->converting + size > CONVERTING_MAX)
		if (!condition_wait(&relay->converted, deadline))
			return false;
	relay->converting += size;
	return true;
}

enum conversion convert_to_seven_bit(struct relay *relay, const struct message *message,
	struct buffer *into, const char **reason_r, struct deadline deadline)
{
	uint64_t size = body_size(message->body);
	enum conversion conversion = CONVERSION_FAILED;
	struct buffer whole = {0};

	*reason_r = "it is too large for that";
	if (size > CONVERT_BYTES_MAX)
		return CONVERSION_REFUSED;
	if (!wait_for_room(relay, size, deadline))
		return CONVERSION_FAILED;
	if (read_whole(message->body, &whole, deadline))
		conversion = convert_text(relay, buffer_contents(&whole),
			message->envelope.binary, into, reason_r, deadline);
	buffer_finish(&whole);
	relay->converting -= size;
	condition_broadcast(&relay->converted);
	return conversion;
}
