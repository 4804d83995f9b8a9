/* Mailboxes and paths: RFC 5321 4.1.2, RFC 6531 3.3, RFC 3696 3. */
#include "mail/address.h"

#include "base/memory.h"
#include "check.h"

#define A10 "aaaaaaaaaa"
#define A64 A10 A10 A10 A10 A10 A10 "aaaa"

static const struct mailbox_row {
	const char *text;
	enum address_fault fault;
	const char *print;
	const char *local; /* without quotes; NULL: as in print up to the '@' */
} mailboxes[] = {
	/* RFC 5321 appendix D */
	{"Smith@bar.com", ADDRESS_OK, "Smith@bar.com", NULL},
	{"JQP@bar.com", ADDRESS_OK, "JQP@bar.com", NULL},
	{"JOE@COM.Example", ADDRESS_OK, "JOE@com.example", NULL},
	/* RFC 3696 3 */
	{"user+mailbox@example.com", ADDRESS_OK, "user+mailbox@example.com", NULL},
	{"customer/department=shipping@example.com", ADDRESS_OK,
		"customer/department=shipping@example.com", NULL},
	{"$A12345@example.com", ADDRESS_OK, "$A12345@example.com", NULL},
	{"!def!xyz%abc@example.com", ADDRESS_OK, "!def!xyz%abc@example.com", NULL},
	{"_somename@example.com", ADDRESS_OK, "_somename@example.com", NULL},
	{"\"Abc@def\"@example.com", ADDRESS_OK, "\"Abc@def\"@example.com", "Abc@def"},
	{"\"Fred Bloggs\"@example.com", ADDRESS_OK, "\"Fred Bloggs\"@example.com",
		"Fred Bloggs"},
	{"\"Joe.\\\\Blow\"@example.com", ADDRESS_OK, "\"Joe.\\\\Blow\"@example.com",
		"Joe.\\Blow"},
	/* RFC 5321 4.1.2: quoted only where it must be */
	{"\"Smith\"@example.com", ADDRESS_OK, "Smith@example.com", "Smith"},
	{"\"S\\mi\\th\"@example.com", ADDRESS_OK, "Smith@example.com", "Smith"},
	{"\"a.b\"@example.com", ADDRESS_OK, "a.b@example.com", "a.b"},
	{"\"a..b\"@example.com", ADDRESS_OK, "\"a..b\"@example.com", "a..b"},
	{"\"\\\"\"@example.com", ADDRESS_OK, "\"\\\"\"@example.com", "\""},
	{"\"\"@example.com", ADDRESS_OK, "\"\"@example.com", ""},
	{"\">\"@example.com", ADDRESS_OK, "\">\"@example.com", ">"},
	{"a@localhost", ADDRESS_OK, "a@localhost", NULL},
	{"a@[192.0.2.1]", ADDRESS_OK, "a@[192.0.2.1]", NULL},
	{"a@[IPv6:2001:DB8::1]", ADDRESS_OK, "a@[IPv6:2001:db8::1]", NULL},
	{A64 "@example.com", ADDRESS_OK, A64 "@example.com", NULL},
	/* RFC 6531 3.3 */
	{"j\xc3\xb6rg@b\xc3\xbc"
	 "cher.example",
		ADDRESS_OK,
		"j\xc3\xb6rg@b\xc3\xbc"
		"cher.example",
		NULL},
	{"\"\xe2\x82\xac uro\"@example.com", ADDRESS_OK,
		"\"\xe2\x82\xac uro\"@example.com", "\xe2\x82\xac uro"},
	{"\"\xe2\x82\xac\"@example.com", ADDRESS_OK, "\xe2\x82\xac@example.com",
		"\xe2\x82\xac"},
	/* hostile and malformed */
	{"", ADDRESS_SYNTAX, NULL, NULL},
	{"@", ADDRESS_SYNTAX, NULL, NULL},
	{"a", ADDRESS_SYNTAX, NULL, NULL},
	{"postmaster", ADDRESS_SYNTAX, NULL, NULL},
	{"a@", ADDRESS_BAD_DOMAIN, NULL, NULL},
	{"@example.com", ADDRESS_SYNTAX, NULL, NULL},
	{".a@example.com", ADDRESS_SYNTAX, NULL, NULL},
	{"a.@example.com", ADDRESS_SYNTAX, NULL, NULL},
	{"a..b@example.com", ADDRESS_SYNTAX, NULL, NULL},
	{"a b@example.com", ADDRESS_SYNTAX, NULL, NULL},
	{"a@b@example.com", ADDRESS_BAD_DOMAIN, NULL, NULL},
	{"a(comment)@example.com", ADDRESS_SYNTAX, NULL, NULL},
	{"a@example.com (comment)", ADDRESS_BAD_DOMAIN, NULL, NULL},
	{"a@example.com,b@example.com", ADDRESS_BAD_DOMAIN, NULL, NULL},
	{"<a@example.com>", ADDRESS_SYNTAX, NULL, NULL},
	{"\"a@example.com", ADDRESS_SYNTAX, NULL, NULL},
	{"\"a\"b@example.com", ADDRESS_SYNTAX, NULL, NULL},
	{"a\"b\"@example.com", ADDRESS_SYNTAX, NULL, NULL},
	{"\"a\\\"@example.com", ADDRESS_SYNTAX, NULL, NULL},
	{"\"a\\", ADDRESS_SYNTAX, NULL, NULL},
	{"a@example.com.", ADDRESS_BAD_DOMAIN, NULL, NULL},
	{"a@192.0.2.1", ADDRESS_BAD_DOMAIN, NULL, NULL},
	{"a@[192.0.2.300]", ADDRESS_BAD_LITERAL, NULL, NULL},
	{"a@[example.com]", ADDRESS_BAD_LITERAL, NULL, NULL},
	{"a\nb@example.com", ADDRESS_CONTROL, NULL, NULL},
	{"a@exa\rmple.com", ADDRESS_CONTROL, NULL, NULL},
	{"\"a\\\nb\"@example.com", ADDRESS_CONTROL, NULL, NULL},
	{"\"a\tb\"@example.com", ADDRESS_CONTROL, NULL, NULL},
	{"a\x7f@example.com", ADDRESS_CONTROL, NULL, NULL},
	{A64 "a@example.com", ADDRESS_LOCAL_TOO_LONG, NULL, NULL},
	{"a@" A64 ".example", ADDRESS_BAD_DOMAIN, NULL, NULL},
	{"j\xf6rg@example.com", ADDRESS_BAD_UTF8, NULL, NULL},
	{"j\xc2\x85@example.com", ADDRESS_BAD_UTF8, NULL, NULL},
	{"a@\xff.example", ADDRESS_BAD_UTF8, NULL, NULL},
	{"\"\\\xc3\xb6\"@example.com", ADDRESS_SYNTAX, NULL, NULL},
	{"a@\xe2\x80\x8b.example", ADDRESS_BAD_DOMAIN, NULL, NULL},
};

static enum address_fault parse_exactly(
	struct slice text, unsigned allow, bool path, struct address *address_r)
{
	static char *kept;
	size_t used = 0;
	enum address_fault fault;

	/* Behind the last byte there is nothing, for the sanitizer to see. */
	free(kept);
	kept = malloc(text.size ? text.size : 1);
	memcpy(kept, text.size ? text.at : "", text.size);
	text.at = kept;
	fault = path ? address_parse_path(text, allow, address_r, &used)
		     : address_parse(text, allow, address_r);
	if (fault == ADDRESS_OK && path)
		CHECK_NUMBER(used, text.size);
	return fault;
}

static void check_row(const struct mailbox_row *row, struct slice text, bool path)
{
	char print[ADDRESS_MAX + 1], local[ADDRESS_LOCAL_MAX + 1];
	struct address address, again;

	CHECK_NUMBER(parse_exactly(text, ADDRESS_UTF8, path, &address), row->fault);
	if (row->fault != ADDRESS_OK)
		return;
	CHECK_SLICE(address_print(&address, print), row->print);
	if (row->local)
		CHECK_SLICE(address_print_local(&address, local), row->local);
	CHECK(!address_is_null(&address));
	CHECK_NUMBER(
		address_parse(slice_of(row->print), ADDRESS_UTF8, &again), ADDRESS_OK);
	CHECK(address_equal(&address, &again));
}

CASE("RFC 5321 4.1.2: mailboxes")
{
	for (size_t i = 0; i < ARRAY_COUNT(mailboxes); i++)
		check_row(&mailboxes[i], slice_of(mailboxes[i].text), false);
}

CASE("the same between angle brackets, with and without a source route")
{
	static const char *const routes[] = {
		"", "@a.example:", "@a.example,@b.example:"};

	for (size_t i = 0; i < ARRAY_COUNT(mailboxes); i++)
		for (size_t r = 0; r < ARRAY_COUNT(routes); r++) {
			char *text = memory_format(
				"<%s%s>", routes[r], mailboxes[i].text);

			if (mailboxes[i].fault == ADDRESS_OK) {
				check_row(&mailboxes[i], slice_of(text), true);
			} else {
				struct address address;

				CHECK(parse_exactly(slice_of(text), ADDRESS_UTF8, true,
					      &address) != ADDRESS_OK);
			}
			memory_free(text);
		}
}

CASE("every cut of every mailbox is judged without reading past it")
{
	struct address address;

	for (size_t i = 0; i < ARRAY_COUNT(mailboxes); i++) {
		char *path = memory_format("<@x.example:%s>", mailboxes[i].text);

		for (size_t n = 0; n < strlen(mailboxes[i].text); n++)
			parse_exactly(slice_make(mailboxes[i].text, n), ADDRESS_UTF8,
				false, &address);
		for (size_t n = 0; n < strlen(path); n++)
			CHECK(parse_exactly(slice_make(path, n), ADDRESS_UTF8, true,
				      &address) != ADDRESS_OK);
		memory_free(path);
	}
}

CASE("without ADDRESS_UTF8 only ASCII; the fault says what is missing")
{
	struct address address;

	for (size_t i = 0; i < ARRAY_COUNT(mailboxes); i++) {
		bool ascii = true;
		enum address_fault fault = address_parse(
			slice_of(mailboxes[i].text), 0, &address);

		for (const char *c = mailboxes[i].text; *c; c++)
			ascii = ascii && (unsigned char)*c < 0x80;
		if (!ascii && mailboxes[i].fault == ADDRESS_OK)
			CHECK_NUMBER(fault, ADDRESS_NOT_ASCII);
		else if (ascii)
			CHECK_NUMBER(fault, mailboxes[i].fault);
		else
			CHECK(fault != ADDRESS_OK);
	}
}

CASE("RFC 5321 4.5.3.1: a path has 256 bytes, brackets included")
{
	struct address address;
	char text[300] = "<a@";
	size_t used;

	for (size_t i = 3; i < 255; i++)
		text[i] = i % 60 == 0 ? '.' : 'd';
	text[255] = '>';
	CHECK_NUMBER(address_parse_path(slice_make(text, 256), 0, &address, &used),
		ADDRESS_OK);
	CHECK_NUMBER(used, 256);
	text[255] = 'd';
	text[256] = '>';
	CHECK_NUMBER(address_parse_path(slice_make(text, 257), 0, &address, &used),
		ADDRESS_TOO_LONG);
	for (size_t i = 256; i < 259; i++)
		text[i] = 'd';
	text[259] = '>';
	CHECK_NUMBER(address_parse_path(slice_make(text, 260), 0, &address, &used),
		ADDRESS_DOMAIN_TOO_LONG);
}

CASE("paths: null, postmaster, what stands behind, source routes")
{
	static const struct {
		const char *text;
		unsigned allow;
		enum address_fault fault;
		size_t used;
		const char *print;
	} rows[] = {
		{"<>", ADDRESS_NULL, ADDRESS_OK, 2, ""},
		{"<> SIZE=1", ADDRESS_NULL, ADDRESS_OK, 2, ""},
		{"<>", 0, ADDRESS_SYNTAX, 0, NULL},
		{"<Postmaster>", ADDRESS_POSTMASTER, ADDRESS_OK, 12, "Postmaster"},
		{"<Postmaster>", 0, ADDRESS_SYNTAX, 0, NULL},
		{"<hostmaster>", ADDRESS_POSTMASTER, ADDRESS_SYNTAX, 0, NULL},
		{"<a@b.example> SIZE=1", 0, ADDRESS_OK, 13, "a@b.example"},
		{"<a@b.example>>", 0, ADDRESS_OK, 13, "a@b.example"},
		/* RFC 5321 appendix C: accepted, dropped */
		{"<@ONE,@TWO:JOE@THREE>", 0, ADDRESS_OK, 21, "JOE@three"},
		{"<@hosta.int,@jkl.org:userc@d.bar.org>", 0, ADDRESS_OK, 37,
			"userc@d.bar.org"},
		{"<@a.example:>", ADDRESS_NULL, ADDRESS_SYNTAX, 0, NULL},
		{"<@a.example>", 0, ADDRESS_SYNTAX, 0, NULL},
		{"<@a.example,:b@c.example>", 0, ADDRESS_SYNTAX, 0, NULL},
		{"<@a.example,b.example:b@c.example>", 0, ADDRESS_SYNTAX, 0, NULL},
		{"<@:b@c.example>", 0, ADDRESS_SYNTAX, 0, NULL},
		{"<a@b.example", 0, ADDRESS_SYNTAX, 0, NULL},
		{"<\">\"@b.example>", 0, ADDRESS_OK, 15, "\">\"@b.example"},
		{"<\"a>\"@b.example", 0, ADDRESS_SYNTAX, 0, NULL},
		{"a@b.example", 0, ADDRESS_SYNTAX, 0, NULL},
		{"< a@b.example>", 0, ADDRESS_SYNTAX, 0, NULL},
		{"<a@b.example >", 0, ADDRESS_BAD_DOMAIN, 0, NULL},
		{"<<a@b.example>>", 0, ADDRESS_SYNTAX, 0, NULL},
		{"<", ADDRESS_NULL, ADDRESS_SYNTAX, 0, NULL},
		{"", ADDRESS_NULL, ADDRESS_SYNTAX, 0, NULL},
	};
	char print[ADDRESS_MAX + 1];

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct address address;
		size_t used = 0;

		CHECK_NUMBER(address_parse_path(slice_of(rows[i].text), rows[i].allow,
				     &address, &used),
			rows[i].fault);
		CHECK_NUMBER(used, rows[i].used);
		if (rows[i].fault != ADDRESS_OK)
			continue;
		CHECK_SLICE(address_print(&address, print), rows[i].print);
		CHECK_NUMBER(address_is_null(&address), rows[i].print[0] == '\0');
	}
}

CASE("address_equal: local parts by meaning, domains by name")
{
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = {
		{"<a@B.example>", "<a@b.EXAMPLE>", true},
		{"<A@b.example>", "<a@b.example>", false},
		{"<\"a\"@b.example>", "<a@b.example>", true},
		{"<\"\\a b\"@b.example>", "<\"a\\ b\"@b.example>", true},
		{"<a@[192.0.2.1]>", "<a@[IPv6:::ffff:192.0.2.1]>", true},
		{"<a@[192.0.2.1]>", "<a@[192.0.2.2]>", false},
		{"<a@[192.0.2.1]>", "<a@b.example>", false},
		{"<>", "<>", true},
		{"<>", "<a@b.example>", false},
		{"<>", "<\"\"@b.example>", false},
		{"<a@b\xc3\xbc"
		 "cher.example>",
			"<a@xn--bcher-kva.example>", true},
	};

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		unsigned allow = ADDRESS_NULL | ADDRESS_UTF8;
		struct address a, b;
		size_t used;

		CHECK_NUMBER(address_parse_path(slice_of(rows[i].a), allow, &a, &used),
			ADDRESS_OK);
		CHECK_NUMBER(address_parse_path(slice_of(rows[i].b), allow, &b, &used),
			ADDRESS_OK);
		CHECK_NUMBER(address_equal(&a, &b), rows[i].equal);
	}
}

CASE("copies live on, UTF-8 in the local part needs the peer's consent")
{
	struct arena arena = {0};
	char text[] = "j\xc3\xb6rg@example.com";
	struct address address, copy;

	CHECK_NUMBER(address_parse(slice_of(text), ADDRESS_UTF8, &address), ADDRESS_OK);
	copy = address_copy(&arena, &address);
	CHECK(address_needs_utf8(&copy));
	memset(text, 'x', sizeof(text));
	CHECK_SLICE(copy.local, "j\xc3\xb6rg");
	CHECK_SLICE(address_print_in(&arena, &copy), "j\xc3\xb6rg@example.com");
	CHECK_NUMBER(address_parse(SLICE("a@b\xc3\xbc"
					 "cher.example"),
			     ADDRESS_UTF8, &address),
		ADDRESS_OK);
	CHECK(address.utf8 && !address_needs_utf8(&address));
	arena_finish(&arena);
}

CASE("every fault has its words")
{
	for (int fault = ADDRESS_OK; fault <= ADDRESS_NOT_ASCII; fault++)
		CHECK(strcmp(address_fault_text((enum address_fault)fault),
			      "unknown fault") != 0);
}

CHECK_MAIN()
