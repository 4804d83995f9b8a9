/* URLs: what is read, and what no two parsers would read alike is refused. */
#include "check.h"

#include "base/arena.h"
#include "base/failure.h"
#include "base/memory.h"
#include "io/fetch_url.h"

static const struct {
	const char *text, *printed;
	bool is_address;
} good[] = {
	{"https://mta-sts.example.com/.well-known/mta-sts.txt",
		"https://mta-sts.example.com:443/.well-known/mta-sts.txt", false},
	{"HTTPS://Example.COM", "https://example.com:443/", false},
	{"https://example.com.:8443/a?b=c&d", "https://example.com:8443/a?b=c&d",
		false},
	{"https://example.com?q", "https://example.com:443/?q", false},
	{"http://192.0.2.1/x", "http://192.0.2.1:80/x", true},
	{"https://[2001:db8::1]:4443/x", "https://[2001:db8::1]:4443/x", true},
	{"https://[::ffff:127.0.0.1]/", "https://[::ffff:127.0.0.1]:443/", true},
	{"https://a_b.example/%41", "https://a_b.example:443/%41", false},
};

static const char *const bad[] = {"", "example.com", "ftp://example.com/",
	"https:/example.com", "https://", "https:///path", "https://user@example.com/",
	"https://a:b@example.com/", "https://example.com:0/",
	"https://example.com:65536/", "https://example.com:/",
	"https://example.com:8a/", "https://example.com#f", "https://exa mple.com/",
	"https://example.com/a b", "https://example.com/\x01",
	"https://example.com/\x80", "https://example.com\\@evil.example/",
	"https://127.1/", "https://2130706433/", "https://0x7f000001/",
	"https://1.2.3/", "https://example.1/", "https://0177.0.0.1/", "https://[::1/",
	"https://[127.0.0.1]/", "https://[fe80::1%25eth0]/", "https://a..b/",
	"https://.a/", "https://a%2eb/", "https://xn--\xc3\xa4/", "https://a,b/",
	"https://a;b/", "https://[::1]x/"};

CASE("URLs that can be used, in their one form")
{
	struct arena arena = {0};
	struct fetch_url url;

	for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
		if (!CHECK(fetch_url_parse(slice_of(good[i].text), &arena, &url)))
			continue;
		CHECK_SLICE(fetch_url_print(&url, &arena), good[i].printed);
		CHECK(url.is_address == good[i].is_address);
	}
	arena_finish(&arena);
}

CASE("what it prints is read as the same")
{
	struct arena arena = {0};
	struct fetch_url url, again;

	for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
		CHECK(fetch_url_parse(slice_of(good[i].text), &arena, &url));
		CHECK(fetch_url_parse(fetch_url_print(&url, &arena), &arena, &again));
		CHECK(slice_equal(url.host, again.host) && again.port);
		CHECK(slice_equal(url.target, again.target));
	}
	arena_finish(&arena);
}

CASE("URLs that are refused")
{
	struct arena arena = {0};
	struct fetch_url url;

	for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
		failure_clear();
		if (!CHECK(!fetch_url_parse(slice_of(bad[i]), &arena, &url)))
			fprintf(stderr, "\t%s\n", bad[i]);
		CHECK_NUMBER(failure_kind_last(), FAILURE_DATA);
	}
	arena_finish(&arena);
}

CASE("a URL cut anywhere, and a long one")
{
	static const char text[] = "https://[2001:db8::1]:4443/x?y";
	struct arena arena = {0};
	struct fetch_url url;
	char *longer = memory_format("https://example.com/%05000d", 0);

	for (size_t i = 0; i < sizeof(text); i++)
		fetch_url_parse(slice_make(text, i), &arena, &url);
	CHECK(!fetch_url_parse(slice_of(longer), &arena, &url));
	memory_free(longer);
	arena_finish(&arena);
}

CHECK_MAIN()
