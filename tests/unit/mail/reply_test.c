/* Replies: RFC 5321 4.2, RFC 2034, hostile peers. */
#include "mail/reply.h"

#include "base/failure.h"
#include "base/memory.h"
#include "check.h"

/* Feeds LINES (apart by '\n'), each from memory that ends with it. */
static enum reply_progress feed(struct reply_parser *parser, const char *lines)
{
	enum reply_progress progress = REPLY_MORE;
	struct slice rest = slice_of(lines);

	while (rest.at && progress == REPLY_MORE) {
		struct slice line = slice_cut(&rest, '\n');
		char *exact = malloc(line.size ? line.size : 1);

		memcpy(exact, line.size ? line.at : "", line.size);
		progress = reply_parser_feed(parser, slice_make(exact, line.size));
		free(exact);
	}
	CHECK(!rest.at || progress == REPLY_FAULT);
	return progress;
}

static const struct reply_row {
	const char *lines;
	int code;
	const char *status; /* enhanced code; "": none */
	const char *text;
	const char *print;
} replies[] = {
	{"250 Ok", 250, "", "Ok", "250 Ok"},
	{"250", 250, "", "", "250"},
	{"250 ", 250, "", "", "250"},
	{"354 go ahead", 354, "", "go ahead", "354 go ahead"},
	/* RFC 5321 4.2.1 */
	{"250-First line\n250-Second line\n250-234 Text beginning with numbers\n"
	 "250 The last line",
		250, "",
		"First line\nSecond line\n234 Text beginning with numbers\n"
		"The last line",
		"250 First line Second line 234 Text beginning with numbers The last "
		"line"},
	{"250-\n250-\n250", 250, "", "\n\n", "250"},
	{"250-a\n250", 250, "", "a\n", "250 a"},
	/* RFC 2034 4, 5 */
	{"550-5.1.1 No such user\n550 5.1.1 Try another", 550, "5.1.1",
		"No such user\nTry another", "550 5.1.1 No such user Try another"},
	{"452 4.3.1", 452, "4.3.1", "", "452 4.3.1"},
	{"550 5.7.515 Access denied", 550, "5.7.515", "Access denied",
		"550 5.7.515 Access denied"},
	{"550-Sorry\n550 5.1.1 No such user", 550, "5.1.1", "Sorry\nNo such user",
		"550 5.1.1 Sorry No such user"},
	/* no enhanced code: another class, or not one at all */
	{"250 5.1.1 odd", 250, "", "5.1.1 odd", "250 5.1.1 odd"},
	{"550 5.1.1: odd", 550, "", "5.1.1: odd", "550 5.1.1: odd"},
	{"550 5.1.1000 odd", 550, "", "5.1.1000 odd", "550 5.1.1000 odd"},
	{"550 5.1 odd", 550, "", "5.1 odd", "550 5.1 odd"},
	{"354 3.1.1 odd", 354, "", "3.1.1 odd", "354 3.1.1 odd"},
	{"550 5..1 odd", 550, "", "5..1 odd", "550 5..1 odd"},
	/* what a log must not show */
	{"550 \x1b[2J\xff\x07 caf\xc3\xa9\r", 550, "", "?[2J?? caf\xc3\xa9?",
		"550 ?[2J?? caf\xc3\xa9?"},
};

CASE("RFC 5321 4.2: what peers say")
{
	char print[200], status[16];

	for (size_t i = 0; i < ARRAY_COUNT(replies); i++) {
		struct reply_parser parser = {.lines = 0};
		const struct reply_row *row = &replies[i];
		struct enhanced_code *code = &parser.reply.enhanced;

		CHECK_NUMBER(feed(&parser, row->lines), REPLY_DONE);
		CHECK_NUMBER(parser.reply.code, row->code);
		CHECK_NUMBER(code->class != 0, row->status[0] != '\0');
		if (code->class)
			CHECK_SLICE(reply_status(&parser.reply, status), row->status);
		CHECK_SLICE(parser.reply.text, row->text);
		CHECK_SLICE(
			reply_print(&parser.reply, print, sizeof(print)), row->print);
		reply_parser_finish(&parser);
	}
}

CASE("one parser reads reply after reply")
{
	struct reply_parser parser = {.lines = 0};

	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < ARRAY_COUNT(replies); i++) {
			CHECK_NUMBER(feed(&parser, replies[i].lines), REPLY_DONE);
			CHECK_NUMBER(parser.reply.code, replies[i].code);
			CHECK_SLICE(parser.reply.text, replies[i].text);
		}
	reply_parser_finish(&parser);
}

CASE("lines that are no reply, and every cut of those that are")
{
	static const char *const faults[] = {"", "2", "25", "abc", "2x0 Ok", "250Ok",
		"250_Ok", "250\tOk", "199 Ok", "600 Ok", "000 Ok", "999", "-250 Ok",
		" 250 Ok", "250-a\n251 b", "250-a\n550 b", "250-a\n", "250-a\nb"};

	for (size_t i = 0; i < ARRAY_COUNT(faults); i++) {
		struct reply_parser parser = {.lines = 0};

		if (feed(&parser, faults[i]) != REPLY_FAULT)
			CHECK_SLICE(slice_of(faults[i]), "refused");
		CHECK(parser.fault != NULL);
		CHECK_NUMBER(reply_parser_feed(&parser, SLICE("250 Ok")), REPLY_FAULT);
		reply_parser_finish(&parser);
	}
	for (size_t i = 0; i < ARRAY_COUNT(replies); i++)
		for (size_t n = 0; n < strlen(replies[i].lines); n++) {
			struct reply_parser parser = {.lines = 0};
			char *cut = memory_copy_text(slice_make(replies[i].lines, n));

			feed(&parser, cut);
			memory_free(cut);
			reply_parser_finish(&parser);
		}
}

CASE("a hundred lines, 8 KiB of text, and no more")
{
	struct reply_parser parser = {.lines = 0};
	char line[2000];

	memset(line, 'x', sizeof(line));
	memcpy(line, "250-", 4);
	for (int i = 1; i < REPLY_LINES_MAX; i++)
		CHECK_NUMBER(reply_parser_feed(&parser, slice_make(line, sizeof(line))),
			REPLY_MORE);
	CHECK_NUMBER(reply_parser_feed(&parser, SLICE("250 end")), REPLY_DONE);
	CHECK_NUMBER(parser.reply.text.size, REPLY_TEXT_MAX);
	CHECK(parser.text.capacity <= REPLY_TEXT_MAX);
	for (int i = 1; i <= REPLY_LINES_MAX; i++)
		CHECK_NUMBER(reply_parser_feed(&parser, SLICE("250-a")), REPLY_MORE);
	CHECK_NUMBER(reply_parser_feed(&parser, SLICE("250 end")), REPLY_FAULT);
	reply_parser_finish(&parser);
}

CASE("classes, and the status of replies without an enhanced code")
{
	static const struct {
		int code;
		bool positive, intermediate, transient, permanent;
		const char *status;
	} rows[] = {
		{250, true, false, false, false, "2.0.0"},
		{354, false, true, false, false, "4.0.0"},
		{421, false, false, true, false, "4.0.0"},
		{550, false, false, false, true, "5.0.0"},
		{0, false, false, false, false, "4.0.0"},
	};
	char status[16];

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct reply reply = {.code = rows[i].code};

		CHECK_NUMBER(reply_is_positive(&reply), rows[i].positive);
		CHECK_NUMBER(reply_is_intermediate(&reply), rows[i].intermediate);
		CHECK_NUMBER(reply_is_transient(&reply), rows[i].transient);
		CHECK_NUMBER(reply_is_permanent(&reply), rows[i].permanent);
		CHECK_SLICE(reply_status(&reply, status), rows[i].status);
	}
}

CASE("reply_print is cut, never inside a character")
{
	struct reply reply = REPLY(550, 5, 1, 1, "No\nJ\xc3\xb6rg\r\n");
	char text[64];

	CHECK_SLICE(
		reply_print(&reply, text, sizeof(text)), "550 5.1.1 No J\xc3\xb6rg?");
	CHECK_SLICE(reply_print(&reply, text, 16), "550 5.1.1 No J");
	CHECK_SLICE(reply_print(&reply, text, 17), "550 5.1.1 No J\xc3\xb6");
	for (size_t size = 0; size < sizeof(text); size++) {
		char *exact = malloc(size ? size : 1);
		struct slice print = reply_print(&reply, exact, size);

		CHECK(size == 0 ? print.size == 0 : print.size < size);
		CHECK(size == 0 || exact[print.size] == '\0');
		free(exact);
	}
}

CASE("what we say: enhanced code on every line, cleaned, cut to 512 bytes")
{
	struct buffer buffer = {0};
	char text[600];

	CHECK(reply_format(&buffer, 220, NULL, "%s ESMTP", "mail.example.com"));
	CHECK(reply_format(&buffer, 250, "2.1.0", "Ok"));
	CHECK(reply_format(&buffer, 550, "5.1.1", "No\nsuch\nuser %d", 7));
	CHECK(reply_format(&buffer, 250, NULL, "one\ntwo"));
	CHECK(reply_format(&buffer, 334, NULL, "%s", ""));
	CHECK(reply_format(&buffer, 554, "5.5.0",
		"a\r\x07"
		"b"));
	CHECK_SLICE(buffer_contents(&buffer),
		"220 mail.example.com ESMTP\r\n"
		"250 2.1.0 Ok\r\n"
		"550-5.1.1 No\r\n550-5.1.1 such\r\n550 5.1.1 user 7\r\n"
		"250-one\r\n250 two\r\n"
		"334 \r\n"
		"554 5.5.0 a??b\r\n");
	buffer_clear(&buffer);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	CHECK(reply_format(&buffer, 250, "2.0.0", "%s\nend", text));
	CHECK_NUMBER(
		buffer_size(&buffer), REPLY_LINE_MAX + strlen("250 2.0.0 end\r\n"));
	CHECK(slice_ends(buffer_contents(&buffer), SLICE("x\r\n250 2.0.0 end\r\n")));
	buffer_finish(&buffer);
}

CASE("a reply that does not fit leaves the buffer as it was")
{
	struct buffer buffer = {.limit = 20};

	CHECK(reply_format(&buffer, 250, NULL, "12345"));
	CHECK(!reply_format(&buffer, 250, NULL, "1\n2\n3"));
	CHECK_NUMBER(failure_kind_last(), FAILURE_LIMIT);
	CHECK_SLICE(buffer_contents(&buffer), "250 12345\r\n");
	buffer_finish(&buffer);
}

CASE("what we say a parser understands")
{
	struct reply reply = REPLY(451, 4, 7, 1, "Greylisted\n\ncome back"), copy;
	struct reply_parser parser = {.lines = 0};
	struct buffer buffer = {0};
	struct arena arena = {0};
	struct slice rest;

	CHECK(reply_append(&buffer, &reply));
	rest = buffer_contents(&buffer);
	while (rest.size > 0)
		reply_parser_feed(&parser, slice_trim_all(slice_cut(&rest, '\n')));
	CHECK(parser.complete);
	copy = reply_copy(&arena, &parser.reply);
	reply_parser_finish(&parser);
	CHECK_NUMBER(copy.code, 451);
	CHECK_NUMBER(copy.enhanced.subject, 7);
	CHECK_SLICE(copy.text, "Greylisted\n\ncome back");
	buffer_finish(&buffer);
	arena_finish(&arena);
}

CHECK_MAIN()
