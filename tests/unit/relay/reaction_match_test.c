/* Rules over receivers' replies: compiled, matched, said in words. */
#include "shaping/reaction_match.h"

#include "base/memory.h"

#include "check.h"

static struct reply reply_of(int code, unsigned short class, unsigned short subject,
	unsigned short detail, const char *text)
{
	return (struct reply){code, {class, subject, detail}, slice_of(text)};
}

static const struct reaction local[] = {
	{.name = "patience", .text = "known and harmless", .action = REACTION_NONE},
	{.name = "ours",
		.code = "4",
		.text = "(slow|calm) down",
		.action = REACTION_CONNECTIONS,
		.to = 1,
		.for_ms = 90000},
};
static const struct reaction shipped[] = {
	{.name = "google",
		.enhanced = "4.7.28",
		.action = REACTION_SUSPEND,
		.for_ms = 600000},
	{.name = "tss04",
		.code = "42",
		.text = "\\[TSS04\\]",
		.action = REACTION_SUSPEND,
		.for_ms = 7200000},
	{.name = "microsoft",
		.code = "421",
		.text = "^RP-00[123]",
		.action = REACTION_MESSAGES_PER_CONNECTION,
		.to = 2,
		.for_ms = 1},
	{.name = "any",
		.enhanced = "4.7",
		.action = REACTION_MESSAGES,
		.to = 5,
		.period = PER_MINUTE,
		.for_ms = 86400000},
};
static const struct reaction_list lists[] = {
	{shipped, ARRAY_COUNT(shipped), "shipped: google", 0},
	{local, ARRAY_COUNT(local), "local.yaml", 1},
};

static const struct reaction_list *list_of(const void *of, size_t id)
{
	return (const struct reaction_list *)of + id;
}

CASE("what providers say, and the first rule that fits")
{
	const struct reaction_list *const order[] = {&lists[1], &lists[0]};
	struct reaction_book *book = reaction_book_create(
		ARRAY_COUNT(lists), list_of, lists);
	const struct {
		struct reply reply;
		const char *name; /* NULL: none */
		unsigned list;
	} table[] = {
		{reply_of(421, 4, 7, 28, "Gmail has detected an unusual rate"),
			"google", 0},
		{reply_of(450, 4, 7, 28, "please Calm Down"), "ours", 1},
		{reply_of(550, 5, 7, 1, "please calm down"), NULL, 0},
		{reply_of(421, 4, 7, 28, "this is known and harmless"), NULL, 0},
		{reply_of(421, 4, 7, 0, "[TSS04] Messages from 192.0.2.1"), "tss04", 0},
		{reply_of(553, 5, 7, 1, "[TSS04] permanently"), NULL, 0},
		{reply_of(421, 0, 0, 0, "RP-001 (BAY) Unfortunately"), "microsoft", 0},
		{reply_of(421, 0, 0, 0, "see RP-001"), NULL, 0},
		{reply_of(451, 4, 7, 2, "later"), "any", 0},
		{reply_of(451, 4, 70, 2, "later"), NULL, 0},
		{reply_of(451, 0, 0, 0, "later"), NULL, 0},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		const struct reaction_list *list = NULL;
		const struct reaction *found = reaction_match(
			book, order, ARRAY_COUNT(order), &table[i].reply, &list);

		CHECK_SLICE(slice_of(found ? found->name : ""),
			table[i].name ? table[i].name : "");
		if (found)
			CHECK(list == &lists[table[i].list]);
	}
	CHECK(!reaction_match(
		book, order, 0, &table[0].reply, &(const struct reaction_list *){0}));
	reaction_book_destroy(&book);
	CHECK(!book);
}

CASE("lines of a reply are one text")
{
	static const struct reaction two[] = {{.name = "two",
		.text = "first.*second",
		.action = REACTION_SUSPEND,
		.for_ms = 1}};
	static const struct reaction_list list = {two, 1, "x", 0};
	const struct reaction_list *const order[] = {&list};
	struct reaction_book *book = reaction_book_create(1, list_of, &list);
	struct reply reply = reply_of(450, 4, 7, 1, "the first line\nand a second");
	const struct reaction_list *found = NULL;

	CHECK(reaction_match(book, order, 1, &reply, &found) == two);
	reaction_book_destroy(&book);
}

CASE("a pattern that would take for ever matches nothing, soon")
{
	static const struct reaction slow[] = {{.name = "slow",
		.text = "^(a+)+(b+)+$",
		.action = REACTION_SUSPEND,
		.for_ms = 1}};
	static const struct reaction_list list = {slow, 1, "x", 0};
	const struct reaction_list *const order[] = {&list};
	const struct reaction_list *found = NULL;
	struct reaction_book *book = reaction_book_create(1, list_of, &list);
	char text[600];
	struct reply reply;

	memset(text, 'a', sizeof(text) - 1);
	memcpy(text + sizeof(text) - 2, "!", 2);
	reply = reply_of(421, 0, 0, 0, text);
	for (size_t i = 0; i < 100; i++)
		CHECK(!reaction_match(book, order, 1, &reply, &found));
	reaction_book_destroy(&book);
}

CASE("in words")
{
	static const char *const words[] = {"suspend for 10m", "suspend for 2h",
		"2 messages a connection for 1ms", "5 messages a minute for 1d"};
	char text[200], small[8];

	for (size_t i = 0; i < ARRAY_COUNT(shipped); i++)
		CHECK_SLICE(reaction_print(&shipped[i], text, sizeof(text)), words[i]);
	CHECK_SLICE(
		reaction_print(&local[1], text, sizeof(text)), "1 connection for 90s");
	CHECK_SLICE(reaction_print(&shipped[0], small, sizeof(small)), "suspend");
	CHECK_SLICE(slice_of(reaction_scope_name(REACTION_TENANT)), "tenant");
}

CHECK_MAIN()
