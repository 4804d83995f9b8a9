/* Organizational domains, by rules that the public suffix list has had for long. */
#include "verify/suffix.h"

#include "check.h"

CASE("RFC 7489 3.2: the label below the public suffix, and all above it")
{
	static const struct {
		const char *domain, *organization;
	} table[] = {
		{"example.com", "example.com"},
		{"Mail.Example.COM", "example.com"},
		{"a.b.c.d.example.com", "example.com"},
		{"example.co.uk", "example.co.uk"},
		{"a.b.example.co.uk", "example.co.uk"},
		{"com", "com"},
		{"co.uk", "co.uk"},
		{"www.ck", "www.ck"},	    /* an exception to … */
		{"a.b.foo.ck", "b.foo.ck"}, /* … a wildcard */
		{"a.test", "a.test"},	    /* no rule: the last label is one */
		{"b.a.test", "a.test"},
		{"xn--85x722f.com.cn", "xn--85x722f.com.cn"},
		{"www.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"},
		{"someone.github.io", "someone.github.io"}, /* a private suffix */
		{"localhost", "localhost"},
		{"", ""},
		{"not a domain", "not a domain"},
		{"a..b", "a..b"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		char text[DOMAIN_MAX + 1];

		CHECK_SLICE(suffix_organization(slice_of(table[i].domain), text),
			table[i].organization);
	}
}

CASE("the same organization, and none's own names")
{
	CHECK(suffix_same_organization(SLICE("a.example.com"), SLICE("EXAMPLE.com")));
	CHECK(!suffix_same_organization(
		SLICE("one.github.io"), SLICE("two.github.io")));
	CHECK(!suffix_same_organization(SLICE("a.co.uk"), SLICE("b.co.uk")));
	CHECK(suffix_is_public(SLICE("co.uk")) && suffix_is_public(SLICE("COM")));
	CHECK(!suffix_is_public(SLICE("example.com")) && !suffix_is_public(SLICE("")));
}

CASE("the same with the system's list, read once")
{
	char text[DOMAIN_MAX + 1];

	suffix_prepare();
	suffix_prepare();
	CHECK_SLICE(
		suffix_organization(SLICE("a.example.co.uk"), text), "example.co.uk");
}

CHECK_MAIN()
