/* The screen of `ringpost top`: rates, orders, and that nothing leaves its lines. */
#include "report/top.h"

#include "report/words.h"

#include "check.h"

static struct value *answer(const char *text)
{
	struct value *value = value_parse(slice_of(text));

	CHECK(value);
	return value;
}

static const char first[] = "{\"at_ms\":1000,\"hostname\":\"mx\",\"accepting\":true,"
			    "\"totals\":{\"received\":10,\"refused\":5},"
			    "\"sites\":{\"a\":{\"site\":\"a\",\"delivered\":100},"
			    "\"b\":{\"site\":\"b\",\"deferred\":50}}}";
static const char second[] =
	"{\"at_ms\":3000,\"hostname\":\"mx\",\"accepting\":true,"
	"\"totals\":{\"received\":1010,\"refused\":6,\"brought_refused\":2,"
	"\"delivered\":3},\"last_minute\":{\"received\":7},"
	"\"queue\":{\"ready\":4,\"deferred\":1234},\"late_ms\":61000,"
	"\"refusals\":{\"rate\":2,\"network\":7000,\"login\":0},"
	"\"sites\":{\"a\":{\"site\":\"a\",\"delivered\":300,\"waiting\":0},"
	"\"b\":{\"site\":\"b\",\"deferred\":50,\"waiting\":9},"
	"\"c\":{\"site\":\"c\",\"deferred\":1,\"backoff_until_ms\":64000,"
	"\"trouble\":\"no \\u001b[2J\"}}}";

static bool holds(const struct buffer *text, const char *what)
{
	struct slice contents = buffer_contents(text);
	bool found = slice_find(contents, slice_of(what)) < contents.size;

	if (!found)
		fprintf(stderr, "no «%s» in\n%.*s", what, SLICE_PRINT(contents));
	return found;
}

CASE("rates, figures, refusals; destinations by what waits")
{
	struct value *before = answer(first), *now = answer(second);
	struct top_view view = {.note = "note"};
	struct buffer text = {0};

	report_top(before, now, &view, &text);
	CHECK(holds(&text, "mx, up 0 s  note\n"));
	CHECK(holds(&text, "a second             500          1.5          0.0"));
	CHECK(holds(&text, "a minute               7            -            -"));
	CHECK(holds(&text,
		"in all             1,010            3            0            0 "
		"           8\n"));
	CHECK(holds(
		&text, "4 ready (late by 1 min), 0 being delivered, 1,234 deferred"));
	CHECK(holds(&text, "in an hour: 7,000 network, 2 rate\n"));
	CHECK(holds(&text,
		"      9     0    0.0         0.0  b\n"
		"      0     0    0.0         0.0  c, next in 1 min: no ?[2J\n"
		"      0     0    100         0.0  a\n"));
	buffer_clear(&text);
	view.order = TOP_SENT;
	report_top(before, now, &view, &text);
	CHECK(holds(&text, "Sites by what goes out:\n"));
	CHECK(slice_find(buffer_contents(&text), SLICE("  a\n")) <
		slice_find(buffer_contents(&text), SLICE("  b\n")));
	report_top_rates(before, now);
	CHECK_NUMBER(value_get_number(value_get(now, "rates"), "received"), 500000);
	CHECK_NUMBER(value_get_number(value_get(now, "rates"), "refused"), 1500);
	/* The server began anew: what it counted since then. */
	report_top_rates(now, before);
	CHECK(value_get_number(value_get(before, "rates"), "received") >= 0);
	buffer_finish(&text);
	value_release(&before);
	value_release(&now);
}

CASE("no line is wider, and there are no more, than the terminal has")
{
	struct value *now = answer(second);
	struct buffer text = {0};

	for (size_t width = 1; width < 120; width += 7) {
		struct top_view view = {.width = width, .height = width / 8};
		struct slice lines;
		size_t count = 0;

		buffer_clear(&text);
		report_top(NULL, now, &view, &text);
		for (lines = buffer_contents(&text); lines.size; count++)
			CHECK(words_width(slice_cut(&lines, '\n')) <= width);
		CHECK(view.height == 0 || count <= view.height);
	}
	CHECK(slice_find(buffer_contents(&text), SLICE("a second")) <
		buffer_size(&text));
	CHECK(holds(&text, "a second               -"));
	buffer_finish(&text);
	value_release(&now);
}

CHECK_MAIN()
