/* One-click unsubscription: is it offered, and the fields that offer it. */
#include "gate/unsubscribe.h"

#include "base/memory.h"
#include "check.h"

#define POST "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"

CASE("RFC 8058 3.1 and 8.1: what counts as offered")
{
	static const struct {
		const char *header;
		bool offered;
	} table[] = {
		{"List-Unsubscribe: <https://example.com/unsubscribe/opaque>\r\n" POST,
			true},
		{"List-Unsubscribe:\r\n <mailto:listrequest@example.com?subject=u>,\r\n"
		 " <https://example.com/unsubscribe.html?opaque=123456789>\r\n" POST,
			true},
		{"list-unsubscribe: <HTTPS://x>\r\n"
		 "list-unsubscribe-post: list-unsubscribe=one-click \r\n",
			true},
		{"", false},
		{POST, false},
		{"List-Unsubscribe: <https://example.com/>\r\n", false},
		{"List-Unsubscribe: <http://example.com/>\r\n" POST, false},
		{"List-Unsubscribe: <mailto:a@x.test>\r\n" POST, false},
		{"List-Unsubscribe: https://example.com/\r\n" POST, false},
		{"List-Unsubscribe: <https://example.com/\r\n" POST, false},
		{"List-Unsubscribe: <>\r\n" POST, false},
		{"List-Unsubscribe: <https://x/>\r\n"
		 "List-Unsubscribe-Post: yes\r\n",
			false},
		{"List-Unsubscribe: <https://x/>\r\nList-Unsubscribe: "
		 "<https://x/>\r\n" POST,
			false},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct arena arena = {0};
		struct header header;

		header_scan(&arena, slice_of(table[i].header), 0, 0, &header);
		if (!CHECK(unsubscribe_is_offered(&header, &arena) == table[i].offered))
			fprintf(stderr, "%s\n", table[i].header);
		arena_finish(&arena);
	}
}

CASE("a template's names, encoded (RFC 3986 2.1)")
{
	static const struct unsubscribe_facts facts = {
		.id = {"01abc", 5},
		.recipient = {"o'neil+x@y.test", 15},
		.stream = {"bulk", 4},
	};
	static const struct {
		const char *template, *url; /* NULL: none can be made */
	} table[] = {
		{"https://x.test/", "https://x.test/"},
		{"https://x.test/{id}?r={recipient}&t={tenant}&s={stream}",
			"https://x.test/01abc?r=o%27neil%2Bx%40y.test&t=&s=bulk"},
		{"https://x.test/{token}", NULL},
		{"https://x.test/{what}", NULL},
	};
	struct arena arena = {0};
	struct slice url;

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		bool made = unsubscribe_url(table[i].template, &facts, &arena, &url);

		if (CHECK(made == !!table[i].url) && made)
			CHECK_SLICE(url, table[i].url);
	}
	arena_finish(&arena);
}

CASE("an address cannot break out of the field, nor grow without end")
{
	struct unsubscribe_facts facts = {.id = SLICE("a>\r\nBcc: <b {id}")};
	struct arena arena = {0};
	char *much = memory_allocate(UNSUBSCRIBE_URL_MAX);
	struct slice url;

	CHECK(unsubscribe_url("https://x/{id}", &facts, &arena, &url));
	CHECK_SLICE(url, "https://x/a%3E%0D%0ABcc%3A%20%3Cb%20%7Bid%7D");
	memset(much, 'a', UNSUBSCRIBE_URL_MAX);
	facts.id = slice_make(much, UNSUBSCRIBE_URL_MAX);
	CHECK(!unsubscribe_url("https://x/{id}", &facts, &arena, &url));
	memory_free(much);
	arena_finish(&arena);
}

CASE("its own addresses that are no web pages stay, behind ours")
{
	struct arena arena = {0};
	struct unsubscribe_links links = {
		.url = SLICE("https://x/1"), .mailto = SLICE("mailto:o@x.test")};
	struct header header;

	header_scan(&arena,
		SLICE("From: a@x.test\r\nList-Unsubscribe: <mailto:l@x.test?a=b>,\r\n"
		      " <https://old.test/>, <mailto:a b>,<x:y>\r\n" POST),
		0, 0, &header);
	CHECK_SLICE(unsubscribe_fields(&header, &links, &arena),
		"List-Unsubscribe: <https://x/1>,\r\n <mailto:l@x.test?a=b>,\r\n"
		" <x:y>\r\n" POST);
	CHECK_NUMBER(header.counts[HEADER_LIST_UNSUBSCRIBE], 0);
	CHECK_NUMBER(header.counts[HEADER_LIST_UNSUBSCRIBE_POST], 0);
	CHECK_NUMBER(header.counts[HEADER_PRIVATE], 2);
	header_scan(&arena, SLICE("From: a@x.test\r\n"), 0, 0, &header);
	CHECK_SLICE(unsubscribe_fields(&header, &links, &arena),
		"List-Unsubscribe: <https://x/1>,\r\n <mailto:o@x.test>\r\n" POST);
	links.mailto = SLICE_EMPTY;
	CHECK_SLICE(unsubscribe_fields(&header, &links, &arena),
		"List-Unsubscribe: <https://x/1>\r\n" POST);
	arena_finish(&arena);
}

CHECK_MAIN()
