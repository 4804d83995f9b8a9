/* Suspensions: their form in Redis, and which one is found. */
#include "base/buffer.h"
#include "check.h"
#include "relay/suspension.h"

static struct suspension one(const char *field, const char *value)
{
	struct suspension found = {.name = SLICE_EMPTY};

	if (!suspension_parse(slice_of(field), slice_of(value), &found))
		found.name = SLICE("?");
	return found;
}

CASE("the form in Redis, there and back")
{
	struct suspension got = one("domain:example.com", "2000 1000 they asked: why");
	char text[SUSPENSION_FIELD_SIZE];
	struct buffer value = {0};

	CHECK_NUMBER(got.scope, SUSPEND_DOMAIN);
	CHECK_SLICE(got.name, "example.com");
	CHECK_NUMBER(got.until_ms, 2000);
	CHECK_NUMBER(got.since_ms, 1000);
	CHECK_SLICE(got.reason, "they asked: why");
	CHECK_SLICE(suspension_field(&got, text), "domain:example.com");
	suspension_print_value(&got, &value);
	CHECK_SLICE(buffer_contents(&value), "2000 1000 they asked: why");
	buffer_finish(&value);
	got = one("tag:a:b", "0 5 ");
	CHECK_SLICE(got.name, "a:b");
	CHECK_SLICE(got.reason, "");
	CHECK_SLICE(one("tag:a", "0 5").name, "a");
}

CASE("what is none")
{
	static const char *const wrong[][2] = {{"colour:red", "0 1 "},
		{"domain:", "0 1 "}, {"domain", "0 1 "}, {"domain:a", ""},
		{"domain:a", "x 1 "}, {"domain:a", "-1 1 "}, {"domain:a", "1"}};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_SLICE(one(wrong[i][0], wrong[i][1]).name, "?");
}

static bool holds(const struct suspensions *set, enum suspend_scope scope,
	const char *name, int64_t now_ms)
{
	return suspensions_find(set, scope, slice_of(name), now_ms) != NULL;
}

CASE("found by name, and by what is above a domain, until its time")
{
	struct suspensions *set = suspensions_create();
	struct suspension list[] = {one("domain:a.test", "100 1 "),
		one("domain:.below.test", "0 1 "), one("tag:spring", "0 1 "),
		one("provider:google", "0 1 ")};

	CHECK(!holds(NULL, SUSPEND_DOMAIN, "a.test", 1));
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		CHECK(suspensions_add(set, &list[i]));
	CHECK_NUMBER(suspensions_count(set), 4);
	CHECK(holds(set, SUSPEND_DOMAIN, "a.test", 99));
	CHECK(!holds(set, SUSPEND_DOMAIN, "a.test", 100));
	CHECK(!holds(set, SUSPEND_DOMAIN, "b.a.test", 1));
	CHECK(holds(set, SUSPEND_DOMAIN, "x.below.test", 1));
	CHECK(holds(set, SUSPEND_DOMAIN, "y.x.below.test", 1));
	CHECK(!holds(set, SUSPEND_DOMAIN, "below.test", 1));
	CHECK(!holds(set, SUSPEND_DOMAIN, "notbelow.test", 1));
	CHECK(holds(set, SUSPEND_TAG, "spring", 1));
	CHECK(!holds(set, SUSPEND_STREAM, "spring", 1));
	CHECK(!holds(set, SUSPEND_PROVIDER, "", 1));
	list[0] = one("domain:a.test", "500 1 later");
	CHECK(suspensions_add(set, &list[0]));
	CHECK_NUMBER(suspensions_count(set), 4);
	CHECK(holds(set, SUSPEND_DOMAIN, "a.test", 499));
	suspensions_destroy(&set);
}

CASE("there is a most of them")
{
	struct suspensions *set = suspensions_create();
	char name[32];
	struct suspension more = {.scope = SUSPEND_TENANT};

	for (int i = 0; i < SUSPENSIONS_MAX; i++) {
		snprintf(name, sizeof(name), "t%d", i);
		more.name = slice_of(name);
		CHECK(suspensions_add(set, &more));
	}
	more.name = SLICE("one more");
	CHECK(!suspensions_add(set, &more));
	suspensions_destroy(&set);
}

CASE("said to people")
{
	struct suspension got = one("tenant:acme", "1795283289970 1 unpaid");
	struct buffer text = {0};

	suspension_explain(&got, &text);
	CHECK_SLICE(buffer_contents(&text), "tenant acme is suspended by operator "
					    "until 2026-11-21T17:48:09Z because "
					    "unpaid");
	buffer_finish(&text);
}

CHECK_MAIN()
