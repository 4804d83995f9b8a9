/* Which mailboxes a rule of how long mail is kept is for. */
#include "manage/retain.h"

#include "base/memory.h"
#include "check.h"

CASE("accounts")
{
	static const struct {
		const char *rule, *account;
		bool is_for;
	} cases[] = {
		{"", "bob@example.com", true},
		{"", "bob", true},
		{"bob@example.com", "bob@example.com", true},
		{"bob@example.com", "rob@example.com", false},
		{"bob", "bob@example.com", false},
		{"@example.com", "bob@example.com", true},
		{"@example.com", "bob@sub.example.com", false},
		{"@Example.COM", "bob@example.com", true},
		{"@example.com", "bob", false},
		{"@", "bob", false},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct retain_rule rule = {.account = slice_of(cases[i].rule)};

		CHECK(retain_rule_is_for_account(&rule, slice_of(cases[i].account)) ==
			cases[i].is_for);
	}
}

CASE("mailboxes, by name and by use")
{
	static const struct {
		const char *rule;
		enum mailbox_use use;
		const char *name;
		enum mailbox_use is;
		bool is_for;
	} cases[] = {
		{"", MAILBOX_NO_USE, "INBOX", MAILBOX_NO_USE, true},
		{"", MAILBOX_TRASH, "INBOX", MAILBOX_NO_USE, false},
		{"", MAILBOX_TRASH, "Bin", MAILBOX_TRASH, true},
		{"Bin", MAILBOX_TRASH, "Bin", MAILBOX_TRASH, true},
		{"Bin", MAILBOX_JUNK, "Bin", MAILBOX_TRASH, false},
		{"inbox", MAILBOX_NO_USE, "INBOX", MAILBOX_NO_USE, true},
		{"bin", MAILBOX_NO_USE, "Bin", MAILBOX_NO_USE, false},
		{"Bounces/*", MAILBOX_NO_USE, "Bounces/hard", MAILBOX_NO_USE, true},
		{"Bounces/*", MAILBOX_NO_USE, "Bounces", MAILBOX_NO_USE, false},
		{"Bounces*", MAILBOX_NO_USE, "Bounces", MAILBOX_NO_USE, true},
		{"%", MAILBOX_NO_USE, "Bounces/hard", MAILBOX_NO_USE, false},
		{"*", MAILBOX_NO_USE, "Bounces/hard", MAILBOX_NO_USE, true},
	};

	for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
		struct retain_rule rule = {
			.mailbox = slice_of(cases[i].rule), .use = cases[i].use};
		struct mailbox_entry entry = {.name = slice_of(cases[i].name),
			.use = cases[i].is,
			.there = true,
			.selectable = true};

		CHECK(retain_rule_is_for(&rule, &entry) == cases[i].is_for);
		entry.selectable = false;
		CHECK(!retain_rule_is_for(&rule, &entry));
	}
}

CHECK_MAIN()
