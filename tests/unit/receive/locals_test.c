/* Which entry a domain falls under, and who is listed there. */
#include "receive/locals.h"

#include "base/memory.h"
#include "check.h"

static struct locals *locals_of(const char *domains)
{
	char *errors = NULL;
	char *text = memory_format("hostname: mx.example\nlisteners: []\n"
				   "receive: { domains: [%s] }\n",
		domains);
	struct config *config = config_parse_text("t", slice_of(text), &errors);
	struct locals *locals = NULL;

	if (!CHECK(config != NULL))
		fprintf(stderr, "%s", errors);
	else
		locals = locals_create(config);
	config_release(&config);
	memory_free(errors);
	memory_free(text);
	return locals;
}

static struct slice entry(const struct locals *locals, const char *domain)
{
	const struct config_local *local = locals_find(locals, slice_of(domain));

	return local ? slice_of(local->domain) : SLICE("(none)");
}

CASE("a domain's own entry, else that of the longest suffix")
{
	struct locals *locals = locals_of(
		"{ domain: example.com, recipients: any },"
		"{ domain: .example.com, recipients: any },"
		"{ domain: .b.example.com, recipients: any },"
		"{ domain: a.b.example.com, recipients: any }");

	CHECK_SLICE(entry(locals, "example.com"), "example.com");
	CHECK_SLICE(entry(locals, "x.example.com"), ".example.com");
	CHECK_SLICE(entry(locals, "b.example.com"), ".example.com");
	CHECK_SLICE(entry(locals, "x.b.example.com"), ".b.example.com");
	CHECK_SLICE(entry(locals, "y.x.b.example.com"), ".b.example.com");
	CHECK_SLICE(entry(locals, "a.b.example.com"), "a.b.example.com");
	CHECK_SLICE(entry(locals, "xexample.com"), "(none)");
	CHECK_SLICE(entry(locals, "com"), "(none)");
	CHECK_SLICE(entry(locals, ""), "(none)");
	CHECK_SLICE(entry(locals, "."), "(none)");
	locals_release(&locals);
}

static bool lists(const struct locals *locals, const char *domain, const char *mailbox)
{
	const struct config_local *local = locals_find(locals, slice_of(domain));

	return local && locals_lists(locals, local, slice_of(mailbox));
}

CASE("mailboxes in any case, with or without a detail, whatever their length")
{
	static const char longest[] = "0123456789012345678901234567890123456789"
				      "012345678901234567890123";
	struct locals *locals = locals_of(
		"{ domain: a.b, recipients: listed, mailboxes: [Bob, \"x+y\",\n"
		"  \"0123456789012345678901234567890123456789"
		"012345678901234567890123\"] },"
		"{ domain: c.d, recipients: listed, mailboxes: [bob], detail: \"-\" },"
		"{ domain: e.f, recipients: listed, mailboxes: [bob], detail: \"\" }");
	char text[sizeof(longest) + 1];

	CHECK(lists(locals, "a.b", "bob") && lists(locals, "a.b", "BOB"));
	CHECK(lists(locals, "a.b", "bob+") && lists(locals, "a.b", "bob+x+y"));
	CHECK(lists(locals, "a.b", "x+y") && !lists(locals, "a.b", "x"));
	CHECK(!lists(locals, "a.b", "+bob") && !lists(locals, "a.b", ""));
	CHECK(!lists(locals, "a.b", "bo") && !lists(locals, "a.b", "bob-x"));
	CHECK(lists(locals, "c.d", "bob-x") && !lists(locals, "c.d", "bob+x"));
	CHECK(!lists(locals, "e.f", "bob+x") && lists(locals, "e.f", "bob"));
	CHECK(lists(locals, "a.b", longest));
	snprintf(text, sizeof(text), "%s4", longest);
	CHECK(!lists(locals, "a.b", text));
	locals_release(&locals);
}

CASE("who holds them keeps them")
{
	struct locals *locals = locals_of("{ domain: a.b, recipients: any }");
	struct locals *held = locals_hold(locals);

	locals_release(&locals);
	CHECK_SLICE(entry(held, "a.b"), "a.b");
	locals_release(&held);
	locals_release(&held);
}

CHECK_MAIN()
