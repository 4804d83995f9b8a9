/* Message-IDs made and found. */
#include "mail/msgid.h"

#include "base/memory.h"
#include "check.h"

CASE("RFC 5322 3.6.4: what is made is an id")
{
	struct arena arena = {0};

	CHECK_SLICE(msgid_make(&arena, SLICE("01jd9x"), SLICE("mail.example.com")),
		"<01jd9x@mail.example.com>");
	CHECK_SLICE(msgid_make(&arena, SLICE("a b>\xc3\xa9"), SLICE("[192.0.2.1]")),
		"<a-b---@-192.0.2.1->");
	arena_finish(&arena);
}

CASE("the id in a field's value")
{
	static const struct {
		const char *value, *id;
	} table[] = {
		{" <1234@local.machine.example>", "<1234@local.machine.example>"},
		{"\r\n <a@b> <c@d>", "<a@b>"},
		{"a@b", ""},
		{"<a@b", ""},
		{"<@b>", ""},
		{"<a@>", ""},
		{"<ab>", ""},
		{"<a b@c>", ""},
		{"<a@b\r\n>", ""},
		{"", ""},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		CHECK_SLICE(msgid_parse(slice_of(table[i].value)), table[i].id);
}

CHECK_MAIN()
