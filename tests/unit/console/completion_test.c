/* What the shells are told may come next. */
#include "command/completion.h"

#include "base/memory.h"

#include "check.h"

/* WORDS have a space between them; the last may be empty. "" is none. */
static void find(const char *words, struct buffer *found, struct completion *completion)
{
	char text[256], *list[16], *at = text;
	size_t count = 0;

	snprintf(text, sizeof(text), "%s", words);
	for (list[count++] = at; (at = strchr(at, ' ')); list[count++] = at)
		*at++ = 0;
	buffer_clear(found);
	completion_find(list, count, found, completion);
}

CASE("names of commands, options, their choices, files and names")
{
	/* What is offered, among others; "files"; or the list to ask for. */
	static const char *const cases[][2] = {
		{"", "queue\tcommands of its own\n"},
		{"qu", "queue\tcommands of its own\n"},
		{"statu", "status\tSay how the running server is doing\n"},
		{"queue ", "drop\tThrow queued mail away\n"},
		{"queue li", "list\tList what is queued\n"},
		{"help que", "queue\tcommands of its own\n"},
		{"help queue li", "list\tList what is queued\n"},
		{"queue list --st", "--state\t\n"},
		{"status --", "--config\t\n"},
		{"dkim create x.test --type ", "ed25519\t\n"},
		{"dkim create x.test --type r", "rsa\t\n"},
		{"dkim create x.test --directory ", "files"},
		{"run -c ", "files"},
		{"status --socket ", "files"},
		{"suppression import ", "files"},
		{"suppression import x ", ""},
		{"user password ", "user list"},
		{"user add ", ""},
		{"mailbox show ", "user list"},
		{"webhook remove ", "webhook list"},
		{"key change ", "key list"},
		{"no such ", ""},
		{"complete ", ""},
	};
	struct buffer found = {0};
	struct completion completion;

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct slice text, wanted = slice_of(cases[i][1]);

		find(cases[i][0], &found, &completion);
		if (completion.rest == COMPLETION_FILES)
			buffer_append(&found, SLICE("files"));
		if (completion.rest == COMPLETION_NAMES)
			buffer_append(&found, slice_of(completion.list));
		text = buffer_contents(&found);
		check_true(
			wanted.size ? slice_find(text, wanted) < text.size : !text.size,
			cases[i][0], __FILE__, __LINE__);
	}
	buffer_finish(&found);
}

CASE("nothing that is for programs, and nothing twice")
{
	struct buffer found = {0};
	struct completion completion;
	struct slice text, line, others;

	find("", &found, &completion);
	for (text = buffer_contents(&found); text.size;) {
		line = slice_cut(&text, '\n');
		line = slice_cut(&line, '\t');
		CHECK(!slice_equal(line, SLICE("complete")));
		for (others = text; others.size;) {
			struct slice other = slice_cut(&others, '\n');

			CHECK(!slice_equal(slice_cut(&other, '\t'), line));
		}
	}
	buffer_finish(&found);
}

CHECK_MAIN()
