/* A fact as a line: its fields, what is left out, what is cut. */
#include "check.h"

#include "events/encode.h"
#include "events/kind.h"

static char text[EVENTS_LINE_MAX + 1];

static const char *encode(const struct events_fact *fact)
{
	size_t size = events_encode(
		fact, SLICE("1-a"), SLICE("2026-11-21T00:00:00.000Z"), text);

	CHECK(size <= EVENTS_LINE_MAX);
	text[size] = 0;
	return text;
}

#define HEAD(kind) \
	"{\"id\":\"1-a\",\"event\":\"" kind "\",\"at\":\"2026-11-21T00:00:00.000Z\""

CASE("what there is, in one order; what there is not is left out")
{
	struct events_fact all = {.kind = EVENTS_BOUNCED,
		.message = SLICE("m1"),
		.tenant = SLICE("shop"),
		.stream = SLICE("bulk"),
		.account = SLICE("app"),
		.sender = true,
		.from = SLICE("a@b.test"),
		.rcpt = SLICE("c@d.test"),
		.recipients = 2,
		.size = 1234567890123,
		.attempt = 3,
		.client = SLICE("192.0.2.1"),
		.host = SLICE("mx[192.0.2.2]:25"),
		.source = SLICE("s1"),
		.category = SLICE("bad-mailbox"),
		.reason = SLICE("why"),
		.reply = SLICE("550 no \"such\" user\r\n"),
		.queue_ms = 17,
		.until_ms = 18,
		.late = true,
		.uncertain = true,
		.tags = SLICE("one two"),
		.metadata = SLICE("{\"order\":7}")};
	struct events_fact none = {.kind = EVENTS_TEST};

	CHECK_SLICE(slice_of(encode(&all)),
		HEAD("bounced") ",\"message\":\"m1\",\"tenant\":\"shop\",\"stream\":"
				"\"bulk\","
				"\"account\":\"app\",\"from\":\"a@b.test\",\"rcpt\":"
				"\"c@d.test\","
				"\"recipients\":2,\"size\":1234567890123,\"attempt\":3,"
				"\"client\":\"192.0.2.1\",\"host\":\"mx[192.0.2.2]:"
				"25\",\"source\":\"s1\","
				"\"category\":\"bad-mailbox\",\"reason\":\"why\","
				"\"reply\":\"550 no \\\"such\\\" "
				"user\\r\\n\",\"queue_ms\":17,"
				"\"until_ms\":18,\"late\":true,\"uncertain\":true,"
				"\"tags\":[\"one\",\"two\"],\"metadata\":{\"order\":7}}"
				"\n");
	CHECK_SLICE(slice_of(encode(&none)), HEAD("test") "}\n");
}

CASE("a null sender is said, spaces between tags make none")
{
	struct events_fact fact = {
		.kind = EVENTS_ACCEPTED, .sender = true, .tags = SLICE(" a  b ")};

	CHECK_SLICE(slice_of(encode(&fact)),
		HEAD("accepted") ",\"from\":\"\",\"tags\":[\"a\",\"b\"]}\n");
}

CASE("what is too long is cut, and the line says so")
{
	static char long_text[20000];
	struct events_fact fact = {.kind = EVENTS_DELAYED};
	const char *line;

	memset(long_text, 1, sizeof(long_text));
	fact.rcpt = fact.reply = fact.host = fact.reason = fact.category = slice_make(
		long_text, sizeof(long_text));
	fact.from = fact.rcpt;
	fact.sender = true;
	fact.metadata = fact.rcpt;
	fact.tags = fact.rcpt;
	line = encode(&fact);
	CHECK(slice_ends(slice_of(line), SLICE(",\"cut\":true}\n")));
	CHECK(slice_starts(
		slice_of(line), SLICE(HEAD("delayed") ",\"from\":\"\\u0001")));
	CHECK(slice_index(slice_of(line), '\n') == strlen(line) - 1);
}

CASE("every kind has a name, and is found by it")
{
	enum events_kind kind;

	for (unsigned i = 0; i < EVENTS_KINDS; i++) {
		CHECK(events_kind_parse(
			slice_of(events_kind_name((enum events_kind)i)), &kind));
		CHECK_NUMBER(kind, i);
	}
	CHECK(!events_kind_parse(SLICE("Accepted"), &kind));
	CHECK(!events_kind_parse(SLICE(""), &kind));
}

CHECK_MAIN()
