/*
 * Bodies of requests: read whole, within what one may have and what all may have
 * together; or skipped.
 */
#include "http/answer.h"
#include "http/dialogue.h"

#include <stdatomic.h>

#include "http/gzip.h"

#define PIECE_BYTES 65536
#define SKIPPED_MAX 65536 /* of a body nobody wants, for the connection's sake */
#define LINGER_MAX  (16u << 20)
#define LINGER_MS   3000

static _Atomic uint64_t all_held;

uint64_t http_bodies_held(void)
{
	return atomic_load(&all_held);
}

static bool refuse(struct http_dialogue *dialogue, unsigned status, const char *code,
	const char *detail)
{
	http_problem(&dialogue->exchange, status, code, "%s", detail);
	return false;
}

static bool say_too_big(struct http_dialogue *dialogue)
{
	http_problem(&dialogue->exchange, 413, "too_large",
		"The body may have %llu bytes, once decompressed",
		(unsigned long long)dialogue->body_most);
	return false;
}

/* One run of it, undone. */
static bool keep(void *context, struct slice run)
{
	struct http_dialogue *dialogue = context;
	uint64_t held;

	if (buffer_size(&dialogue->body) + run.size > dialogue->body_most)
		return say_too_big(dialogue);
	held = atomic_fetch_add(&all_held, run.size) + run.size;
	dialogue->held += run.size;
	if (held > dialogue->limits->body_memory) {
		http_add_field(&dialogue->exchange, "Retry-After", SLICE("1"));
		return refuse(dialogue, 503, "busy",
			"Too much is being sent here now, try again soon");
	}
	return buffer_append(&dialogue->body, run);
}

struct unpacking {
	struct http_dialogue *dialogue;
	struct gzip_reader *reader;
	enum gzip_state state;
};

static bool unpack(void *context, struct slice run)
{
	struct unpacking *unpacking = context;

	unpacking->state = gzip_reader_feed(
		unpacking->reader, run, keep, unpacking->dialogue);
	return unpacking->state == GZIP_MORE || unpacking->state == GZIP_DONE;
}

static bool skip(void *context, struct slice run)
{
	return true;
}

/* Reads on to the body's end, each run to TAKE. False: not to its end. */
static enum http_body_state read_on(struct http_dialogue *dialogue,
	bool (*take)(void *context, struct slice run), void *context, uint64_t most)
{
	struct stream *stream = dialogue->exchange.stream;
	enum http_body_state state = HTTP_BODY_MORE;
	struct slice bytes;
	size_t used;

	while (state == HTTP_BODY_MORE && dialogue->came <= most) {
		struct deadline deadline = deadline_earlier(dialogue->until,
			deadline_after_ms(dialogue->limits->body_timeout_ms));

		if (!stream_wait(stream, deadline) ||
			!stream_read(stream, PIECE_BYTES, &bytes, deadline)) {
			dialogue->body_lost = true;
			return HTTP_BODY_MORE;
		}
		state = http_parse_body(dialogue->parse, bytes, &used, take, context);
		dialogue->came += used;
		stream_unread(stream, bytes.size - used);
	}
	dialogue->body_lost = state == HTTP_BODY_REFUSED || state == HTTP_BODY_BROKEN;
	return state;
}

/* Its client waits with it until it hears this, unless it does not. */
static void say_continue(struct http_dialogue *dialogue)
{
	if (dialogue->framing.expects && !dialogue->continued &&
		!stream_has_input(dialogue->exchange.stream))
		http_answer_continue(dialogue->exchange.stream);
	dialogue->continued = true;
}

static bool judge(struct http_dialogue *dialogue, enum http_body_state state,
	const struct unpacking *unpacking)
{
	if (dialogue->exchange.answer.status)
		return false;
	if (state == HTTP_BODY_BROKEN)
		return refuse(dialogue, 400, "malformed",
			"The body's chunks cannot be understood");
	if (unpacking->state == GZIP_BROKEN ||
		(state == HTTP_BODY_DONE && unpacking->state == GZIP_MORE))
		return refuse(dialogue, 400, "malformed", "The body is not gzip");
	if (state == HTTP_BODY_DONE)
		return true;
	if (stream_is_whole(dialogue->exchange.stream))
		refuse(dialogue, 408, "timeout", "The body took too long");
	return false;
}

bool http_read_body(struct http_dialogue *dialogue)
{
	struct slice coding = http_field(
		&dialogue->exchange.request, "Content-Encoding");
	bool packed = slice_equal_nocase(coding, SLICE("gzip"));
	struct unpacking unpacking = {
		.dialogue = dialogue, .state = packed ? GZIP_MORE : GZIP_DONE};
	enum http_body_state state;

	if (!packed && !dialogue->framing.chunked &&
		dialogue->framing.length > dialogue->body_most)
		return say_too_big(dialogue);
	say_continue(dialogue);
	if (packed)
		unpacking.reader = gzip_reader_create();
	state = read_on(dialogue, packed ? unpack : keep,
		packed ? (void *)&unpacking : dialogue, UINT64_MAX);
	gzip_reader_destroy(&unpacking.reader);
	dialogue->body_read = state == HTTP_BODY_DONE;
	if (!judge(dialogue, state, &unpacking))
		return false;
	dialogue->exchange.request.body = buffer_contents(&dialogue->body);
	return true;
}

void http_skip_body(struct http_dialogue *dialogue)
{
	const struct http_framing *framing = &dialogue->framing;
	bool waits = framing->expects && !dialogue->continued;

	if (!framing->has_body || dialogue->body_read || dialogue->ended)
		return;
	/* A client that was not told to go on may send it or not. */
	if (waits || dialogue->body_lost || framing->length > SKIPPED_MAX)
		dialogue->ended = true;
	else
		dialogue->ended = read_on(dialogue, skip, NULL, SKIPPED_MAX) !=
				  HTTP_BODY_DONE;
	dialogue->lingers = dialogue->ended;
}

void http_forget_body(struct http_dialogue *dialogue)
{
	atomic_fetch_sub(&all_held, dialogue->held);
	dialogue->held = dialogue->came = 0;
	buffer_finish(&dialogue->body);
	dialogue->body_read = dialogue->body_lost = dialogue->continued = false;
}

void http_linger(struct http_dialogue *dialogue)
{
	struct stream *stream = dialogue->exchange.stream;
	struct deadline deadline = deadline_earlier(
		dialogue->end, deadline_after_ms(LINGER_MS));
	struct slice bytes;
	size_t thrown = 0;

	if (!stream_flush(stream, deadline))
		return;
	while (thrown < LINGER_MAX && stream_wait(stream, deadline) &&
		stream_read(stream, PIECE_BYTES, &bytes, deadline))
		thrown += bytes.size;
}
