/* A span in OTLP's JSON: what stands there, and what is left out; answers. */
#include "check.h"

#include "base/memory.h"
#include "traces/partial.h"
#include "traces/span.h"

static const struct trace trace = {
	.id = {0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6, 0xa3, 0xce, 0x92, 0x9d,
		0x0e, 0x0e, 0x47, 0x36}};

#define IDS                                                  \
	"{\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\"," \
	"\"spanId\":\"00000000000000ab\","

static void check(const struct span *span, const char *want)
{
	struct buffer out = {0};

	span_write(span, &out);
	CHECK_SLICE(buffer_contents(&out), want);
	buffer_finish(&out);
}

CASE("the least there can be; what ends before it began has no length")
{
	struct span span = {.trace = &trace,
		.id = 0xab,
		.name = "queue",
		.kind = SPAN_INTERNAL,
		.began_us = 1763769600000001,
		.ended_us = 1763769600000000};

	check(&span, IDS "\"name\":\"queue\",\"kind\":1,"
			 "\"startTimeUnixNano\":\"1763769600000001000\","
			 "\"endTimeUnixNano\":\"1763769600000001000\"}");
}

CASE("attributes of each kind, those without a value left out; an error; a link")
{
	struct span_attribute attributes[] = {span_text("none", SLICE_EMPTY),
		span_text("text", SLICE("a \"b\"\n\xff")), span_number("zero", 0),
		span_number("number", -7), span_truth("no", false),
		span_truth("yes", true)};
	struct span span = {.trace = &trace,
		.id = 0xab,
		.parent = 0xcd,
		.name = "delivery",
		.kind = SPAN_CLIENT,
		.began_us = 1,
		.ended_us = 2,
		.error = "deferred",
		.attributes = attributes,
		.attribute_count = ARRAY_COUNT(attributes)};

	check(&span, IDS "\"parentSpanId\":\"00000000000000cd\",\"name\":\"delivery\","
			 "\"kind\":3,\"startTimeUnixNano\":\"1000\","
			 "\"endTimeUnixNano\":\"2000\",\"attributes\":["
			 "{\"key\":\"text\",\"value\":{\"stringValue\":"
			 "\"a \\\"b\\\"\\n\xef\xbf\xbd\"}},"
			 "{\"key\":\"number\",\"value\":{\"intValue\":\"-7\"}},"
			 "{\"key\":\"yes\",\"value\":{\"boolValue\":true}}],"
			 "\"status\":{\"code\":2,\"message\":\"deferred\"}}");
}

CASE("a long text is cut")
{
	static char text[1000];
	struct span_attribute attribute;
	struct span span = {.trace = &trace,
		.id = 1,
		.name = "x",
		.kind = SPAN_INTERNAL,
		.attributes = &attribute,
		.attribute_count = 1};
	struct buffer out = {0};

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = 'a';
	attribute = span_text("long", slice_make(text, sizeof(text)));
	span_write(&span, &out);
	CHECK(buffer_size(&out) < 500);
	buffer_finish(&out);
}

CASE("a batch is a request of its own")
{
	struct span span = {
		.trace = &trace, .id = 0xab, .name = "x", .kind = SPAN_INTERNAL};
	struct buffer out = {0};
	struct slice text;

	span_begin_batch(SLICE("mx.test"), &out);
	span_write(&span, &out);
	span_end_batch(&out);
	text = buffer_contents(&out);
	CHECK(slice_starts(text, SLICE("{\"resourceSpans\":[{\"resource\":{")));
	CHECK(slice_find(
		      text, SLICE("{\"key\":\"host.name\",\"value\":{\"stringValue\":"
				  "\"mx.test\"}}")) < text.size);
	CHECK(slice_ends(text, SLICE("\"}]}]}]}")));
	buffer_finish(&out);
}

CASE("an answer that refuses some of a request's spans")
{
	static const struct {
		const char *body;
		uint64_t refused;
		const char *why;
	} rows[] = {
		{"{\"partialSuccess\":{\"rejectedSpans\":\"3\","
		 "\"errorMessage\":\"too old\"}}",
			3, "it refused some: too old"},
		{"{\"partialSuccess\":{\"rejectedSpans\":2}}", 2,
			"it refused some: it does not say why"},
		{"{\"partialSuccess\":{\"rejectedSpans\":\"99\"}}", 7,
			"it refused some: it does not say why"},
		{"{\"partialSuccess\":{\"errorMessage\":\"only a remark\"}}", 0, ""},
		{"{\"partialSuccess\":{\"rejectedSpans\":\"-1\"}}", 0, ""},
		{"{\"partialSuccess\":{\"rejectedSpans\":-1}}", 0, ""},
		{"{\"partialSuccess\":[]}", 0, ""},
		{"[]", 0, ""},
		{"<html>", 0, ""},
		{"", 0, ""},
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		char why[PARTIAL_WHY_SIZE] = "";

		CHECK(partial_read(slice_of(rows[i].body), 7, why) == rows[i].refused);
		CHECK_SLICE(slice_of(why), rows[i].why);
	}
}

CHECK_MAIN()
