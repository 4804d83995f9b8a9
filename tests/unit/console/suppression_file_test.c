/* Files of suppressed addresses, of ours and of others. */
#include "report/suppression_file.h"

#include "base/failure.h"
#include "check.h"

static struct suppression_file *file;
static FILE *stream;

static void begin(const char *text, size_t size)
{
	stream = fmemopen((void *)(uintptr_t)text, size, "r");
	file = suppression_file_open(stream);
}

#define BEGIN(literal) begin(literal, sizeof(literal) - 1)

static void end(void)
{
	struct value *entry;

	CHECK_NUMBER(suppression_file_next(file, &entry), SUPPRESSION_LINE_END);
	CHECK_NUMBER(failure_kind_last(), FAILURE_NONE);
	suppression_file_close(&file);
	fclose(stream);
}

/* The next one as JSON; "": it is wrong. */
static bool next(size_t line, const char *want)
{
	struct value *entry = NULL;
	struct buffer text = {0};
	bool good;

	if (suppression_file_next(file, &entry) == SUPPRESSION_LINE)
		value_print(entry, &text);
	good = CHECK_SLICE(buffer_contents(&text), want) &
	       CHECK_NUMBER(suppression_file_line(file), line);
	value_release(&entry);
	buffer_finish(&text);
	return good;
}

CASE("an address a line")
{
	BEGIN("a@x.test\r\n\n# a remark\n  b@x.test \n@y.test");
	next(1, "{\"address\":\"a@x.test\"}");
	next(4, "{\"address\":\"b@x.test\"}");
	next(5, "{\"address\":\"@y.test\"}");
	end();
}

CASE("columns by their names, in any order")
{
	BEGIN("\xef\xbb\xbf"
	      "Created At,E-Mail Address,Type,whatever\n"
	      "2024-01-02T03:04:05Z,a@x.test,SpamComplaint,x\n"
	      "1700000000,b@x.test,Hard Bounce\n"
	      "1700000000123,c@x.test,\"550 5.1.1 gone\",x,y,z\n"
	      ",d@x.test\n");
	next(2, "{\"address\":\"a@x.test\",\"reason\":\"complaint\","
		"\"since_ms\":1704164645000}");
	next(3, "{\"address\":\"b@x.test\",\"reason\":\"hard-bounce\","
		"\"since_ms\":1700000000000}");
	next(4, "{\"address\":\"c@x.test\",\"detail\":\"550 5.1.1 gone\","
		"\"since_ms\":1700000000123}");
	next(5, "{\"address\":\"d@x.test\"}");
	end();
}

CASE("RFC 4180 2: quotes, commas, ends of lines within them")
{
	BEGIN("address,detail,tenant\n"
	      "a@x.test,\"a, \"\"b\"\"\nc\",t\n"
	      "b@x.test,\"\",\"\"\n"
	      "c@x.test,\"never closed\n");
	next(2, "{\"address\":\"a@x.test\",\"tenant\":\"t\","
		"\"detail\":\"a, \\\"b\\\"\\nc\"}");
	next(4, "{\"address\":\"b@x.test\"}");
	next(5, "");
	end();
}

CASE("semicolons, where the names have them")
{
	BEGIN("address;reason;detail\na@x.test;unsubscribed;a, b\n");
	next(2, "{\"address\":\"a@x.test\",\"reason\":\"unsubscribe\","
		"\"detail\":\"a, b\"}");
	end();
}

CASE("JSON, and what is wrong with it")
{
	BEGIN("{\"address\":\"a@x.test\",\"until_ms\":5}\n{\"address\":\n");
	next(1, "{\"address\":\"a@x.test\",\"until_ms\":5}");
	next(2, "");
	end();
}

CASE("times that are none, lines that are too long")
{
	static char text[SUPPRESSION_LINE_MAX + 100];

	BEGIN("address,until\na@x.test,soon\nb@x.test,2030-01-01T00:00Z\n");
	next(2, "");
	next(3, "{\"address\":\"b@x.test\",\"until_ms\":1893456000000}");
	end();
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 10] = '\n';
	begin(text, sizeof(text));
	next(1, "");
	next(2, "{\"address\":\"aaaaaaaaa\"}");
	end();
}

CASE("what is written is read again")
{
	struct value *entry = value_object();
	struct buffer text = {0};

	value_set_text(entry, "address", SLICE("\"a,b\"@x.test"));
	value_set_text(entry, "tenant", SLICE("acme"));
	value_set_text(entry, "reason", SLICE("soft-bounce"));
	value_set_number(entry, "since_ms", INT64_C(1700000000000));
	value_set_text(entry, "detail", SLICE("a \"b\", c"));
	suppression_file_print_names(&text);
	suppression_file_print(entry, &text);
	CHECK_SLICE(buffer_contents(&text),
		"address,tenant,reason,since,until,detail\r\n\"\"\"a,b\"\"@x.test\","
		"acme,"
		"soft-bounce,2023-11-14T22:13:20.000Z,,\"a \"\"b\"\", c\"\r\n");
	begin(text.bytes + text.start, buffer_size(&text));
	next(2, "{\"address\":\"\\\"a,b\\\"@x.test\",\"tenant\":\"acme\",\"reason\":"
		"\"soft-bounce\",\"detail\":\"a \\\"b\\\", c\",\"since_ms\":"
		"1700000000000}");
	end();
	value_release(&entry);
	buffer_finish(&text);
}

CHECK_MAIN()
