/* The addresses of From fields: RFC 5322's examples, and what others send. */
#include "mail/author.h"

#include "check.h"

static void check_authors(const char *value, const char *want, int line)
{
	struct arena arena = {0};
	struct slice *list, joined = SLICE_EMPTY;
	size_t count = 0;

	if (!authors_find(slice_of(value), &arena, &list, &count))
		count = 0;
	for (size_t i = 0; i < count; i++)
		joined = arena_format(&arena, "%.*s%s%.*s", SLICE_PRINT(joined),
			i ? " " : "", SLICE_PRINT(list[i]));
	check_slice(joined, slice_of(want), value, __FILE__, line);
	arena_finish(&arena);
}

struct row {
	const char *value, *want; /* want "": not understood */
	int line;
};
#define ROW(...)                      \
	{                             \
		__VA_ARGS__, __LINE__ \
	}

static void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_authors(rows[i].value, rows[i].want, rows[i].line);
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

CASE("RFC 5322 appendix A: the From fields of its examples")
{
	static const struct row rows[] = {
		ROW(" John Doe <jdoe@machine.example>", "jdoe@machine.example"),
		ROW(" \"Joe Q. Public\" <john.q.public@example.com>",
			"john.q.public@example.com"),
		ROW(" Mary Smith <mary@x.test>, jdoe@example.org, Who? "
		    "<one@y.test>",
			"mary@x.test jdoe@example.org one@y.test"),
		ROW(" Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
			"pete@silly.test"),
		ROW(" A Group(Some people)\r\n"
		    "     :Chris Jones <c@(Chris's host.)public.example>,\r\n"
		    "         joe@example.org,\r\n"
		    "  John <jdoe@one.test> (my dear friend); (the end of the group)",
			"c@public.example joe@example.org jdoe@one.test"),
		ROW(" Joe Q. Public <john.q.public@example.com>",
			"john.q.public@example.com"),
		ROW(" Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
			"mary@example.net jdoe@test.example"),
		ROW(" John Doe <jdoe@machine(comment).  example>",
			"jdoe@machine.example"),
	};

	CHECK_ROWS(rows);
}

CASE("what is commonly sent")
{
	static const struct row rows[] = {
		ROW("a@example.com", "a@example.com"),
		ROW(" A@EXAMPLE.Com\r\n", "A@example.com"),
		ROW(" <a@example.com>", "a@example.com"),
		ROW(" =?utf-8?q?J=C3=BCrgen?= <j@example.com>", "j@example.com"),
		ROW(" J\xc3\xbcrgen <j@example.com>", "j@example.com"),
		ROW(" J\xfcrgen <j@example.com>", "j@example.com"),
		ROW(" j\xc3\xbcrgen@b\xc3\xbc"
		    "cher.example",
			"j\xc3\xbcrgen@b\xc3\xbc"
			"cher.example"),
		ROW(" a@example.com <a@example.com>", "a@example.com"),
		ROW(" bank@bank.example <me@example.com>", "me@example.com"),
		ROW(" \"a, b\" <a@example.com>", "a@example.com"),
		ROW(" \"a <b@example.org>\" <a@example.com>", "a@example.com"),
		ROW(" \"with \\\" quote\" <a@example.com>", "a@example.com"),
		ROW(" a@example.com (A. Person)", "a@example.com"),
		ROW(" (one (two (three))) a@example.com", "a@example.com"),
		ROW(" a@[192.0.2.1]", "a@[192.0.2.1]"),
		ROW(" \"a b\"@example.com", "\"a b\"@example.com"),
		ROW(" \"plain\"@example.com", "plain@example.com"),
		ROW(" < a @ example.com >", "a@example.com"),
		ROW(" <@a.example,@b.example:c@d.example>", "c@d.example"),
		ROW(" <,@a.example:c@d.example>", "c@d.example"),
		ROW(" group: a@example.com;, b@example.com",
			"a@example.com b@example.com"),
		ROW(" ,,a@example.com,,", "a@example.com"),
		ROW(" Name\r\n\t<a@example.com>\r\n", "a@example.com"),
	};

	CHECK_ROWS(rows);
}

CASE("what cannot be understood, or could be read in two ways")
{
	static const struct row rows[] = {
		ROW("", ""),
		ROW("  \r\n", ""),
		ROW(" root", ""),
		ROW(" Cron Daemon", ""),
		ROW(" undisclosed-recipients:;", ""),
		ROW(" nobody: ;", ""),
		ROW(" :a@example.com;", ""),
		ROW(" a@example.com;", ""),
		ROW(" one: two: a@example.com;;", ""),
		ROW(" open: a@example.com", ""),
		ROW(" <>", ""),
		ROW(" <a@example.com", ""),
		ROW(" a@example.com>", ""),
		ROW(" <a@example.com> <b@example.org>", ""),
		ROW(" <a@example.com> b@example.org", ""),
		ROW(" <a@example.com> name", ""),
		ROW(" <<a@example.com>>", ""),
		ROW(" a b@example.com", ""),
		ROW(" a@b@example.com", ""),
		ROW(" a@example.com b", ""),
		ROW(" a@", ""),
		ROW(" @example.com", ""),
		ROW(" a..b@example.com", ""),
		ROW(" .a@example.com", ""),
		ROW(" a.@example.com", ""),
		ROW(" a@example..com", ""),
		ROW(" \"a@example.com", ""),
		ROW(" (a@example.com", ""),
		ROW(" a@[192.0.2.1", ""),
		ROW(" a\\@example.com", ""),
		ROW(" a@example.com\x01", ""),
		ROW(" \"\x01\" <a@example.com>", ""),
		ROW(" (\x7f) a@example.com", ""),
		ROW(" a@exa mple.com", ""),
		ROW(" good@example.com, bad", ""),
		ROW(" <@a.example,c@d.example>", ""),
		ROW(" j\xfcrgen@example.com", ""),
	};

	CHECK_ROWS(rows);
}

CASE("limits: authors, and the length of an address")
{
	struct arena arena = {0};
	char value[AUTHORS_MAX * 8 + 64] = "", longer[3000];
	struct slice *list;
	size_t count;

	for (int i = 0; i < AUTHORS_MAX; i++)
		memcpy(value + 6 * i, "a@b.c,", 6);
	value[6 * AUTHORS_MAX] = '\0';
	CHECK(authors_find(slice_of(value), &arena, &list, &count));
	CHECK_NUMBER(count, AUTHORS_MAX);
	memcpy(value + 6 * AUTHORS_MAX, "x@y.z", 6);
	CHECK(!authors_find(slice_of(value), &arena, &list, &count));

	memset(longer, 'a', sizeof(longer));
	memcpy(longer + 2000, "@b.c", 5);
	CHECK(!authors_find(slice_of(longer), &arena, &list, &count));
	memset(longer, '(', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	CHECK(!authors_find(slice_of(longer), &arena, &list, &count));
	arena_finish(&arena);
}

CHECK_MAIN()
