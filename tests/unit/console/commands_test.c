/* Finding the command that was meant. */
#include "command/commands.h"

#include "base/memory.h"

#include "check.h"

static const struct command *find(char *a, char *b, size_t *named_r)
{
	char *words[] = {a, b};

	return commands_find(words, b ? 2 : 1, named_r);
}

CASE("commands of one word and of two")
{
	size_t named = 0;

	CHECK(find("status", NULL, &named) == &command_status);
	CHECK_NUMBER(named, 1);
	CHECK(find("status", "--json", &named) == &command_status);
	CHECK_NUMBER(named, 1);
	CHECK(find("queue", "list", &named) == &command_queue_list);
	CHECK_NUMBER(named, 2);
	CHECK(find("dkim", "check", &named) == &command_dkim_check);
	CHECK(find("check", NULL, &named) == &command_check);
}

CASE("no command")
{
	size_t named = 0;

	CHECK(!find("queue", NULL, &named));
	CHECK(!find("queue", "status", &named));
	CHECK(!find("queue list", NULL, &named));
	CHECK(!find("", NULL, &named));
	CHECK(!find("list", "queue", &named));
	CHECK(!find("Status", NULL, &named));
	CHECK(!commands_find(NULL, 0, &named));
}

CASE("the nearest name is suggested, when it is near")
{
	static const struct {
		char *words[2];
		const char *meant;
	} cases[] = {
		{{"stat"}, "status"},
		{{"relaod"}, "reload"},
		{{"queue", "lsit"}, "queue list"},
		{{"queues", "list"}, "queue list"},
		{{"user", "del"}, NULL},
		{{"dkim", "creat"}, "dkim create"},
		{{"ru", "-c"}, "run"},
		{{"x"}, NULL},
		{{"deliver"}, NULL},
		{{""}, NULL},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		size_t count = cases[i].words[1] ? 2 : 1;
		const char *got = commands_suggest(cases[i].words, count);

		if (cases[i].meant)
			CHECK_SLICE(slice_of(got), cases[i].meant);
		else
			CHECK(!got || !strcmp(cases[i].words[0], "user"));
	}
}

CASE("words of any length are suggested for")
{
	char *words[] = {memory_allocate(5001), "list"};

	memset(words[0], 'q', 5000);
	CHECK(!commands_suggest(words, 1));
	CHECK(!commands_suggest(words, 2));
	memory_free(words[0]);
}

CASE("lists are of all or of a group")
{
	struct buffer text = {0};

	CHECK(commands_print_list(&text, "dkim"));
	CHECK_NUMBER(slice_find(buffer_contents(&text), SLICE("ringpost run")),
		buffer_size(&text));
	CHECK(slice_find(buffer_contents(&text), SLICE("dkim create")) <
		buffer_size(&text));
	buffer_clear(&text);
	CHECK(!commands_print_list(&text, "nonsense"));
	CHECK(commands_print_list(&text, NULL));
	CHECK(slice_find(buffer_contents(&text), SLICE("queue drop")) <
		buffer_size(&text));
	buffer_finish(&text);
}

CHECK_MAIN()
