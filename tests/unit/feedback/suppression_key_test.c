/* Names and values of the suppression list's entries. */
#include "feedback/suppression_key.h"

#include "base/failure.h"
#include "check.h"

static bool sets(const char *tenant, const char *address, const char *want)
{
	struct suppression_field field;

	if (!suppression_field_set(&field, slice_of(tenant), slice_of(address)))
		return want == NULL;
	return want && CHECK_SLICE(suppression_field_text(&field), want);
}

CASE("one form for all writings of an address")
{
	CHECK(sets("acme", "Jane.Doe@Example.COM", "acme jane.doe@example.com"));
	CHECK(sets("", "jane@example.com", " jane@example.com"));
	CHECK(sets("", "@Example.com", " @example.com"));
	CHECK(sets("",
		"j@b\xc3\xbc"
		"cher.example",
		" j@xn--bcher-kva.example"));
	CHECK(sets("", "\"a b@c\"@example.com", " \"a b@c\"@example.com"));
	CHECK(sets("", "a@[192.0.2.1]", " a@[192.0.2.1]"));
	CHECK(sets("", "nobody", NULL));
	CHECK(sets("", "a@", NULL));
	CHECK(sets("", "", NULL));
}

CASE("what is too long is none")
{
	char local[70], domain[300], tenant[100];
	struct suppression_field field;

	memset(local, 'a', sizeof(local));
	memset(domain, 'b', sizeof(domain));
	memset(tenant, 't', sizeof(tenant));
	domain[0] = local[64] = '@';
	CHECK(suppression_field_set(
		&field, slice_make(tenant, 63), slice_make(domain, 256)));
	CHECK_NUMBER(field.size, 63 + 1 + 256);
	CHECK(!suppression_field_set(&field, SLICE_EMPTY, slice_make(domain, 257)));
	CHECK(!suppression_field_set(&field,
		slice_make(tenant, SUPPRESSION_WHOSE_MAX + 1), SLICE("a@example.com")));
	CHECK(suppression_field_set(&field, SLICE_EMPTY, slice_make(local, 66)));
	local[64] = 'a';
	local[65] = '@';
	CHECK(!suppression_field_set(&field, SLICE_EMPTY, slice_make(local, 67)));
}

static bool reads(const char *tenant, const char *address, const char *want)
{
	struct suppression_field field;

	failure_clear();
	if (!suppression_field_read(&field, slice_of(tenant), slice_of(address)))
		return !want && failure_kind_last() == FAILURE_DATA;
	return want && CHECK_SLICE(suppression_field_text(&field), want);
}

CASE("from outside: addresses and domains, nothing else")
{
	CHECK(reads("acme", "\"Jane\"@EXAMPLE.com", "acme jane@example.com"));
	CHECK(reads("", "@example.com", " @example.com"));
	CHECK(reads("acme/bulk", "jane@example.com", "acme/bulk jane@example.com"));
	CHECK(reads("/bulk", "jane@example.com", "/bulk jane@example.com"));
	CHECK(reads("acme/", "jane@example.com", NULL));
	CHECK(reads("acme/a/b", "jane@example.com", NULL));
	CHECK(reads("",
		"@b\xc3\xbc"
		"cher.example",
		" @xn--bcher-kva.example"));
	CHECK(reads("", "jane", NULL));
	CHECK(reads("", "@", NULL));
	CHECK(reads("", "@exa mple.com", NULL));
	CHECK(reads("", "<jane@example.com>", NULL));
	CHECK(reads("", "jane@example.com\n", NULL));
	CHECK(reads("", "a b@example.com", NULL));
	CHECK(reads("ac me", "jane@example.com", NULL));
	CHECK(reads("ac\nme", "jane@example.com", NULL));
}

CASE("of everybody, of the domain")
{
	struct suppression_field field, domain;
	struct slice tenant, address;

	CHECK(suppression_field_set(&field, SLICE("acme"), SLICE("j@example.com")));
	CHECK_SLICE(suppression_field_of_all(&field), " j@example.com");
	CHECK_SLICE(suppression_field_address(&field), "j@example.com");
	suppression_field_domain(&field, &domain);
	CHECK_SLICE(suppression_field_text(&domain), "acme @example.com");
	CHECK_SLICE(suppression_field_of_all(&domain), " @example.com");
	suppression_field_split(suppression_field_text(&field), &tenant, &address);
	CHECK_SLICE(tenant, "acme");
	CHECK_SLICE(address, "j@example.com");
	suppression_field_split(SLICE(" \"a b\"@x.test"), &tenant, &address);
	CHECK_SLICE(tenant, "");
	CHECK_SLICE(address, "\"a b\"@x.test");
}

CASE("values, and what memory keeps of them")
{
	char text[SUPPRESSION_VALUE_SIZE];
	struct suppression_found found;

	for (unsigned i = 0; i < SUPPRESSION_REASONS; i++) {
		struct suppression_entry entry = {.reason = (enum suppression_reason)i,
			.since_ms = INT64_C(1795273648123),
			.until_ms = INT64_C(1797865648001)};
		struct suppression_entry read = {.since_ms = 0};
		struct suppression_mark mark;

		CHECK(suppression_value_parse(
			suppression_value_print(&entry, text), &read));
		CHECK_NUMBER(read.reason, i);
		CHECK_NUMBER(read.since_ms, INT64_C(1795273648000));
		CHECK_NUMBER(read.until_ms, INT64_C(1797865649000));
		mark = suppression_mark_of(&entry, SLICE(" @example.com"));
		CHECK(!suppression_mark_read(mark, INT64_C(1797865649000), &found));
		CHECK(suppression_mark_read(mark, INT64_C(1797865648999), &found));
		CHECK_NUMBER(found.reason, i);
		CHECK(found.domain);
		CHECK_NUMBER(found.until_ms, INT64_C(1797865649000));
		CHECK_NUMBER(
			found.since_ms, INT64_C(1795273648123) / 3600000 * 3600000);
		entry.until_ms = 0;
		mark = suppression_mark_of(&entry, SLICE("t j@example.com"));
		CHECK(suppression_mark_read(mark, INT64_MAX / 2, &found));
		CHECK(!found.domain && found.until_ms == 0);
	}
}

CASE("values that are none")
{
	static const char *const list[] = {"", "manual", "manual 1", "manual 1 ",
		"manual 1 2 3", "other 1 2", "manual -1 2", "manual 1 4294967296",
		" 1 2", "manual  1 2"};
	struct suppression_entry entry;

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		CHECK(!suppression_value_parse(slice_of(list[i]), &entry));
}

CHECK_MAIN()
