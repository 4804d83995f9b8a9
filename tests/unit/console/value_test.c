/* JSON values: what is not there, what is not text, what is not JSON. */
#include "report/value.h"

#include "base/failure.h"
#include "base/memory.h"

#include "check.h"

static void check_printed(const struct value *value, const char *want)
{
	struct buffer text = {0};

	CHECK(value_print(value, &text));
	CHECK_SLICE(buffer_contents(&text), want);
	buffer_finish(&text);
}

CASE("built, printed, read again")
{
	struct value *object = value_object(), *list = value_list(), *copy;

	value_append_text(list, SLICE("a\"b\n"));
	value_append(list, value_object());
	value_set(object, "list", list);
	value_set_number(object, "number", INT64_MIN);
	value_set_truth(object, "truth", true);
	value_set_text(object, "text", SLICE_EMPTY);
	check_printed(object, "{\"list\":[\"a\\\"b\\n\",{}],"
			      "\"number\":-9223372036854775808,\"truth\":true,"
			      "\"text\":\"\"}");
	copy = value_copy(object);
	value_release(&object);
	CHECK(!object);
	CHECK_NUMBER(value_get_number(copy, "number"), INT64_MIN);
	CHECK(value_get_truth(copy, "truth"));
	CHECK(value_has_text(value_get(copy, "list"), SLICE("a\"b\n")));
	CHECK(!value_has_text(value_get(copy, "list"), SLICE("a")));
	value_release(&copy);
	value_release(&copy);
}

CASE("fractions are printed as they were read")
{
	struct value *list = value_parse(SLICE("[0.069,1.235,86400.123,0.1]"));

	check_printed(list, "[0.069,1.235,86400.123,0.1]");
	value_release(&list);
}

CASE("what is not there, or of another kind, is empty")
{
	struct value *object = value_parse(SLICE("{\"n\":1,\"t\":\"x\"}"));

	CHECK_SLICE(value_get_text(object, "n"), "");
	CHECK_NUMBER(value_get_number(object, "t"), 0);
	CHECK(!value_get_truth(object, "t"));
	CHECK(!value_has(object, "missing"));
	CHECK_NUMBER(value_count(value_get(object, "t")), 0);
	CHECK(!value_at(value_get(object, "missing"), 0));
	CHECK_SLICE(value_text(NULL), "");
	CHECK_NUMBER(value_number(NULL), 0);
	CHECK(!value_get(NULL, "x"));
	value_release(&object);
}

CASE("bytes that are not UTF-8 are replaced")
{
	struct value *object = value_object();

	value_set_text(object, "t",
		SLICE("a\xff\xfe"
		      "b"));
	CHECK_SLICE(value_get_text(object, "t"), "a\xef\xbf\xbd\xef\xbf\xbd"
						 "b");
	value_set_text(object, "t", SLICE("gr\xc3\xbcn"));
	CHECK_SLICE(value_get_text(object, "t"), "gr\xc3\xbcn");
	value_release(&object);
}

CASE("a NUL in a text is kept")
{
	struct value *object = value_object();

	value_set_text(object, "t", SLICE("a\0b"));
	CHECK_NUMBER(value_get_text(object, "t").size, 3);
	value_release(&object);
}

CASE("what is no JSON is refused")
{
	static const char *const wrong[] = {
		"", "{", "nonsense", "{\"a\":1}x", "{'a':1}", "[1,]", "\x80"};

	for (size_t i = 0; i < ARRAY_COUNT(wrong); i++) {
		CHECK(!value_parse(slice_of(wrong[i])));
		CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
	}
	CHECK(!value_parse(SLICE_EMPTY));
}

CASE("a buffer's cap holds")
{
	struct buffer text = {.limit = 10};
	struct value *object = value_object();

	value_set_text(object, "key", SLICE("a long text"));
	CHECK(!value_print(object, &text));
	value_release(&object);
	buffer_finish(&text);
}

int main(void)
{
	value_prepare();
	return check_run();
}
