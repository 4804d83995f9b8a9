/* A fact as one line of JSON. */
#include "events/encode.h"

#include <assert.h>
#include <string.h>

#include "base/escape.h"

#define TEXT_MAX      2048 /* of one field, as it is written */
#define TAIL	      ",\"cut\":true}\n"
#define TAIL_SIZE     (sizeof(TAIL) - 1)
#define NUMBER_SIZE   24
#define HEAD_TEXT_MAX 64 /* of the id, of the time: there is room for both */

struct writer {
	char *at, *stop; /* TAIL fits behind stop */
	bool cut;
};

static inline void put(struct writer *writer, const char *bytes, size_t size)
{
	memcpy(writer->at, bytes, size);
	writer->at += size;
}

#define PUT(writer, literal) put(writer, literal, sizeof(literal) - 1)

static inline size_t room(const struct writer *writer)
{
	return (size_t)(writer->stop - writer->at);
}

static inline bool has_room(struct writer *writer, size_t size)
{
	if (room(writer) >= size)
		return true;
	writer->cut = true;
	return false;
}

/* Whether all of TEXT stands for itself in a JSON string: printable ASCII but quote
 * and backslash, looked at by eight; the last eight overlap those before. */
static bool is_plain(struct slice text)
{
	const uint64_t each = UINT64_MAX / 255, top = each << 7;
	uint64_t odd = 0;

	if (text.size < sizeof(odd))
		return false;
	for (size_t i = 0;; i += sizeof(odd)) {
		uint64_t bytes, quote, slash;

		if (i + sizeof(bytes) > text.size)
			i = text.size - sizeof(bytes);
		memcpy(&bytes, text.at + i, sizeof(bytes));
		quote = bytes ^ each * '"';
		slash = bytes ^ each * '\\';
		odd |= bytes | (bytes + each) | (bytes - each * ' ') | (quote - each) |
		       (slash - each);
		if (i + sizeof(bytes) == text.size)
			return (odd & top) == 0;
	}
}

/* Behind its key, whose quote is open; closes it. */
static void put_value(struct writer *writer, struct slice value)
{
	size_t most = room(writer) - 1;

	if (most > TEXT_MAX)
		most = TEXT_MAX;
	if (value.size <= most && is_plain(value)) {
		put(writer, value.at, value.size);
	} else {
		writer->at += escape_json(&value, writer->at, most);
		writer->cut = writer->cut || value.size > 0;
	}
	*writer->at++ = '"';
}

/* KEY: with its quotes, and what comes before and behind. */
static inline void put_text(struct writer *writer, struct slice key, struct slice value)
{
	if (!has_room(writer, key.size + 2 + ESCAPE_BYTES_MAX))
		return;
	put(writer, key.at, key.size);
	put_value(writer, value);
}

static inline void put_some(struct writer *writer, struct slice key, struct slice value)
{
	if (value.size)
		put_text(writer, key, value);
}

static void put_digits(struct writer *writer, struct slice key, uint64_t value)
{
	char digits[NUMBER_SIZE], *at = digits + NUMBER_SIZE;

	if (!has_room(writer, key.size + NUMBER_SIZE))
		return;
	for (; value; value /= 10)
		*--at = (char)('0' + value % 10);
	put(writer, key.at, key.size);
	put(writer, at, (size_t)(digits + NUMBER_SIZE - at));
}

static inline void put_number(struct writer *writer, struct slice key, uint64_t value)
{
	if (value)
		put_digits(writer, key, value);
}

static void put_raw(struct writer *writer, struct slice key, struct slice json)
{
	if (!json.size || !has_room(writer, key.size + json.size))
		return;
	put(writer, key.at, key.size);
	put(writer, json.at, json.size);
}

/* "a b" as ["a","b"]. */
static void put_words(struct writer *writer, struct slice key, struct slice words)
{
	struct slice before = SLICE("\"");

	if (!words.size || !has_room(writer, key.size + 3 * words.size + 2))
		return;
	put(writer, key.at, key.size);
	while (words.at) {
		struct slice word = slice_cut(&words, ' ');

		if (!word.size)
			continue;
		put_text(writer, before, word);
		before = SLICE(",\"");
	}
	*writer->at++ = ']';
}

static int64_t positive(int64_t value)
{
	return value > 0 ? value : 0;
}

static void put_facts(struct writer *writer, const struct events_fact *fact)
{
	put_some(writer, SLICE(",\"message\":\""), fact->message);
	put_some(writer, SLICE(",\"tenant\":\""), fact->tenant);
	put_some(writer, SLICE(",\"stream\":\""), fact->stream);
	put_some(writer, SLICE(",\"account\":\""), fact->account);
	if (fact->sender)
		put_text(writer, SLICE(",\"from\":\""), fact->from);
	put_some(writer, SLICE(",\"rcpt\":\""), fact->rcpt);
	put_number(writer, SLICE(",\"recipients\":"), fact->recipients);
	put_number(writer, SLICE(",\"size\":"), fact->size);
	put_number(writer, SLICE(",\"attempt\":"), fact->attempt);
	put_some(writer, SLICE(",\"client\":\""), fact->client);
	put_some(writer, SLICE(",\"host\":\""), fact->host);
	put_some(writer, SLICE(",\"source\":\""), fact->source);
	put_some(writer, SLICE(",\"category\":\""), fact->category);
	put_some(writer, SLICE(",\"reason\":\""), fact->reason);
	put_some(writer, SLICE(",\"reply\":\""), fact->reply);
	put_number(writer, SLICE(",\"queue_ms\":"), (uint64_t)positive(fact->queue_ms));
	put_number(writer, SLICE(",\"until_ms\":"), (uint64_t)positive(fact->until_ms));
	if (fact->late)
		put_raw(writer, SLICE(",\"late\":"), SLICE("true"));
	if (fact->uncertain)
		put_raw(writer, SLICE(",\"uncertain\":"), SLICE("true"));
	put_words(writer, SLICE(",\"tags\":["), fact->tags);
	put_raw(writer, SLICE(",\"metadata\":"), fact->metadata);
}

size_t events_encode(const struct events_fact *fact, struct slice id, struct slice at,
	char text[EVENTS_LINE_MAX])
{
	struct writer writer = {text, text + EVENTS_LINE_MAX - TAIL_SIZE, false};
	struct slice kind = slice_of(events_kind_name(fact->kind));

	assert(id.size <= HEAD_TEXT_MAX && at.size <= HEAD_TEXT_MAX);

	PUT(&writer, "{\"id\":\"");
	put(&writer, id.at, id.size);
	PUT(&writer, "\",\"event\":\"");
	put(&writer, kind.at, kind.size);
	PUT(&writer, "\",\"at\":\"");
	put(&writer, at.at, at.size);
	PUT(&writer, "\"");
	put_facts(&writer, fact);
	if (writer.cut)
		put(&writer, TAIL, TAIL_SIZE);
	else
		put(&writer, "}\n", 2);
	return (size_t)(writer.at - text);
}
