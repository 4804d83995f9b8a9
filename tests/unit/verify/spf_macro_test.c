/* Macro strings: the examples of RFC 7208 7.4, the grammar of 7.1, cuts. */
#include "verify/spf_macro.h"

#include <arpa/inet.h>

#include "check.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

static struct spf_values values_of(const char *client)
{
	struct spf_values values = {
		.local = SLICE("strong-bad"),
		.origin = SLICE("email.example.com"),
		.domain = SLICE("email.example.com"),
		.helo = SLICE("mx.example.org"),
		.name = SLICE("mx.example.org"),
		.now_s = 1234567890,
	};

	if (inet_pton(AF_INET6, client, &values.client) != 1)
		abort();
	return values;
}

static void check_expansion(
	const char *client, const char *text, enum spf_text kind, const char *want)
{
	struct spf_values values = values_of(client);
	struct buffer into = {0};

	CHECK(spf_macro_is_valid(slice_of(text), kind));
	spf_macro_expand(&values, slice_of(text), kind, &into);
	CHECK_SLICE(buffer_contents(&into), want);
	buffer_finish(&into);
}

CASE("RFC 7208 7.4: the examples")
{
	static const char *const table[][2] = {
		{"%{s}", "strong-bad@email.example.com"},
		{"%{o}", "email.example.com"},
		{"%{d}", "email.example.com"},
		{"%{d4}", "email.example.com"},
		{"%{d3}", "email.example.com"},
		{"%{d2}", "example.com"},
		{"%{d1}", "com"},
		{"%{dr}", "com.example.email"},
		{"%{d2r}", "example.email"},
		{"%{l}", "strong-bad"},
		{"%{l-}", "strong.bad"},
		{"%{lr}", "strong-bad"},
		{"%{lr-}", "bad.strong"},
		{"%{l1r-}", "strong"},
		{"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
		{"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
		{"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}",
			"bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
		{"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}",
			"3.2.0.192.in-addr.strong.lp._spf.example.com"},
		{"%{d2}.trusted-domains.example.net",
			"example.com.trusted-domains.example.net"},
	};

	for (size_t i = 0; i < COUNT(table); i++)
		check_expansion(
			"::ffff:192.0.2.3", table[i][0], SPF_TEXT_DOMAIN, table[i][1]);
	check_expansion("2001:db8::cb01", "%{ir}.%{v}._spf.%{d2}", SPF_TEXT_DOMAIN,
		"1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6."
		"_spf.example.com");
}

CASE("letters of explanations, escapes, capitals")
{
	static const char *const table[][2] = {
		{"%{c} %{t} %{r} %{h} %{p}",
			"2001:db8::cb01 1234567890 unknown mx.example.org "
			"mx.example.org"},
		{"100%% sure%_of%-it", "100% sure of%20it"},
		{"%{S}", "strong-bad%40email.example.com"},
		{"%{D2R}", "example.email"},
		{"%{l-+}", "strong.bad"},
		{"%{o0002}", "example.com"},
		{"%{d128}", "email.example.com"},
		{"%{d99999999999999999999}", "email.example.com"},
		{"", ""},
	};

	for (size_t i = 0; i < COUNT(table); i++)
		check_expansion(
			"2001:db8::cb01", table[i][0], SPF_TEXT_EXPLAIN, table[i][1]);
}

CASE("RFC 7208 7.1: what is no macro string")
{
	static const char *const table[] = {"%", "a%", "%a", "%{", "%{}", "%{d", "%{x}",
		"%{d0}", "%{d0r}", "%{dr2}", "%{d!}", "%{d.r}", "%{2d}", "%(d)", "a\tb",
		"\x80", "%%%", "%{c}", "%{r}", "%{t}", "a b"};

	for (size_t i = 0; i < COUNT(table); i++)
		CHECK(!spf_macro_is_valid(slice_of(table[i]), SPF_TEXT_DOMAIN));
	CHECK(!spf_macro_is_valid(slice_make("a\0b", 3), SPF_TEXT_EXPLAIN));
	CHECK(spf_macro_is_valid(SLICE("%{c} a"), SPF_TEXT_EXPLAIN));
	CHECK(!spf_macro_is_valid(SLICE("%{x}"), SPF_TEXT_EXPLAIN));
}

CASE("RFC 7208 7.1: domain-spec ends in a top label or a macro")
{
	static const char *const good[] = {"example.com", "example.com.", "a.b", "%{d}",
		"x%{d}", "foo:bar/baz.example.com", "mail.example...com",
		"a.xn--zckzah", "a.1-2", "%{ir}.%{v}.arpa", "x%%", "a.b%_"};
	static const char *const bad[] = {"", ".", "museum", "museum.", "a.123",
		"a.-com", "a.com-", "example.com:8080", "example.com/", "a.b..",
		"%{d}.", "a.c_m", "a.%{d}com", "%{d}com"};

	for (size_t i = 0; i < COUNT(good); i++)
		CHECK(spf_domain_spec_is_valid(slice_of(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		if (spf_domain_spec_is_valid(slice_of(bad[i])))
			CHECK_SLICE(slice_of(bad[i]), "refused");
}

CASE("RFC 7208 7.3: too long a name loses labels on the left")
{
	struct spf_values values = values_of("::ffff:192.0.2.3");
	struct buffer name = {0}, text = {0};
	struct slice got;

	for (unsigned i = 0; i < 40; i++)
		buffer_append_format(&text, "l%02u.%%{o}.", i);
	buffer_append(&text, SLICE("example.net."));
	got = spf_macro_domain(&values, buffer_contents(&text), &name);
	CHECK(got.size <= 253 && got.size > 253 - 8);
	CHECK(slice_ends(got, SLICE("l39.email.example.com.example.net")));
	CHECK(!slice_starts(got, SLICE(".")));
	buffer_finish(&name);
	buffer_finish(&text);
}

CASE("a macro string of 8 KiB expands within bounds")
{
	struct spf_values values = values_of("::ffff:192.0.2.3");
	struct buffer name = {0}, text = {0}, into;
	char local[400];

	memset(local, '-', sizeof(local));
	values.local = slice_make(local, sizeof(local));
	while (buffer_size(&text) < 8192)
		buffer_append(&text, SLICE("%{S}"));
	CHECK(spf_macro_domain(&values, buffer_contents(&text), &name).size <= 4096);
	CHECK(name.capacity < 65536);
	buffer_init(&into, 100);
	spf_macro_expand(&values, buffer_contents(&text), SPF_TEXT_EXPLAIN, &into);
	CHECK_NUMBER(buffer_size(&into), 100);
	buffer_finish(&into);
	buffer_finish(&name);
	buffer_finish(&text);
}

CASE("which letters a text uses")
{
	CHECK(spf_macro_uses(SLICE("a.%{p}.b"), 'p'));
	CHECK(spf_macro_uses(SLICE("a.%{P2r-}.b"), 'p'));
	CHECK(!spf_macro_uses(SLICE("p.%{d}.%%{p}"), 'p'));
}

CHECK_MAIN()
