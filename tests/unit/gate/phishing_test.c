/* Look-alikes, links, and the signs of phishing in whole messages. */
#include "gate/phishing.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "check.h"
#include "gate/links.h"

static struct arena arena;

CASE("what domains look like")
{
	static const char *const same[][2] = {
		{"paypal.com", "paypa1.com"},
		{"paypal.com", "PayPal.com"},
		{"paypal.com", "раураӏ.com"},	     /* all Cyrillic */
		{"paypal.com", "xn--pypal-4ve.com"}, /* Cyrillic а */
		{"google.com", "g00gle.com"},
		{"google.com", "gοοgle.com"}, /* Greek ο */
		{"microsoft.com", "rnicrosoft.com"},
		{"example.com", "éxamplé.com"},
		{"lidl.de", "łidl.de"},
		{"amazon.com", "amažon.com"},
		{"tww.com", "tvvw.com"},
		{"cloud.com", "doud.com"},
	};
	static const char *const other[][2] = {
		{"example.com", "example.net"},
		{"paypal.com", "paypall.com"},
		{"example.com", "exemple.com"},
	};

	for (size_t i = 0; i < ARRAY_COUNT(same); i++)
		if (!CHECK(slice_equal(lookalike_skeleton(&arena, slice_of(same[i][0])),
			    lookalike_skeleton(&arena, slice_of(same[i][1])))))
			fprintf(stderr, "%s %s\n", same[i][0], same[i][1]);
	for (size_t i = 0; i < ARRAY_COUNT(other); i++)
		CHECK(!slice_equal(lookalike_skeleton(&arena, slice_of(other[i][0])),
			lookalike_skeleton(&arena, slice_of(other[i][1]))));
	arena_finish(&arena);
}

CASE("labels of two scripts")
{
	CHECK(lookalike_is_mixed(&arena, SLICE("pаypal.com")));
	CHECK(lookalike_is_mixed(&arena, SLICE("xn--pypal-4ve.com")));
	CHECK(!lookalike_is_mixed(&arena, SLICE("paypal.com")));
	CHECK(!lookalike_is_mixed(&arena, SLICE("пример.com")));
	CHECK(!lookalike_is_mixed(&arena, SLICE("пример.example")));
	CHECK(!lookalike_is_mixed(&arena, SLICE("bücher.de")));
	CHECK(!lookalike_is_mixed(&arena, SLICE("")));
	arena_finish(&arena);
}

static void guard(struct lookalikes *set)
{
	*set = (struct lookalikes){.guarded = 0};
	lookalikes_add(set, SLICE("example.com"));
	lookalikes_add(set, SLICE("www.example.com"));
	lookalikes_add(set, SLICE("mail.shop.co.uk"));
	lookalikes_add(set, SLICE("paypal.com"));
	lookalikes_add(set, SLICE("ab.de"));
}

CASE("domains that look like those of a set")
{
	static const struct {
		const char *domain;
		enum lookalike wanted;
	} table[] = {
		{"example.com", LOOKALIKE_NONE},
		{"any.example.com", LOOKALIKE_NONE},
		{"shop.co.uk", LOOKALIKE_NONE},
		{"exarnple.com", LOOKALIKE_SAME},
		{"login.paypa1.com", LOOKALIKE_SAME},
		{"paypal.com.evil.test", LOOKALIKE_SAME},
		{"evil.test", LOOKALIKE_NONE},
		{"exmaple.com", LOOKALIKE_TYPO},
		{"exampl.com", LOOKALIKE_TYPO},
		{"exaample.com", LOOKALIKE_TYPO},
		{"exanple.com", LOOKALIKE_TYPO},
		{"examlpe.com", LOOKALIKE_TYPO},
		{"eaxmpel.com", LOOKALIKE_NONE},
		{"example.co", LOOKALIKE_NONE},
		{"example.net", LOOKALIKE_NONE},
		{"ac.de", LOOKALIKE_NONE}, /* too short to tell */
		{"xshop.co.uk", LOOKALIKE_NONE},
		{"", LOOKALIKE_NONE},
	};
	struct lookalikes set;

	guard(&set);
	CHECK_NUMBER(set.own.count, 4);
	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		if (!CHECK_NUMBER(
			    lookalikes_judge(&set, slice_of(table[i].domain), &arena),
			    table[i].wanted))
			fprintf(stderr, "%s\n", table[i].domain);
	CHECK(lookalikes_has(&set, SLICE("a.b.example.com")));
	CHECK(!lookalikes_has(&set, SLICE("example.net")));
	lookalikes_finish(&set);
	arena_finish(&arena);
}

struct list {
	char text[2000];
	size_t size;
};

static bool note(void *context, const struct link_seen *link)
{
	struct list *list = context;

	list->size += (size_t)snprintf(list->text + list->size,
		sizeof(list->text) - list->size, "%.*s%s%s>%.*s ",
		SLICE_PRINT(link->host), link->address ? "#" : "",
		link->user ? "@" : "", SLICE_PRINT(link->shown));
	return list->size < 1000;
}

CASE("links of HTML: where they lead, and what they show")
{
	static const struct {
		const char *html, *wanted;
	} table[] = {
		{"<a href=\"https://Evil.test/x\">Click</a>", "evil.test> "},
		{"<A HREF='http://evil.test'>www.example.com</A>",
			"evil.test>www.example.com "},
		{"<a class=x href=//evil.test:8080/?a>https://example.com/a b</a>",
			"evil.test>example.com "},
		{"<a href = \"https://a.test&#47;x\"><b>exam</b>ple.com</a>",
			"a.test>example.com "},
		{"<a href=\"https://example.com@evil.test/\">x</a>", "evil.test@> "},
		{"<a href=\"https://192.0.2.1/\">x</a>", "192.0.2.1#> "},
		{"<a href=\"https://[2001:DB8::1]:1/\">x</a>", "2001:db8::1#> "},
		{"<a href=\"https:\\\\evil.test\\x\">x</a>", "evil.test> "},
		{"<a href=\"mailto:a@b.test\">x</a><a>y</a><a href=\"#z\">", ""},
		{"<a data-href=\"https://x.test\" href=\"https://y.test\">q</a>",
			"y.test> "},
		{"<a href=\"https://a.test\">one<a href=\"https://b.test\">two",
			"a.test> b.test> "},
		{"<a title=\">\" href=\"https://a.test\">z</a>", "a.test> "},
		{"<abbr href=\"https://a.test\">", ""},
		{"<a href=\"https://a.test\">Version 2.0</a>", "a.test> "},
		{"<a href=\"https://a.test\">read example.com today</a>", "a.test> "},
		{"<a href=\"https://a.test\">report.pdf</a>", "a.test> "},
		{"<a href=\"https://a.test\">b@example.com</a>", "a.test> "},
		{"<a href=\"&#x68;ttps://a&#46;te\r\nst&#0;\">x</a>", ""},
		{"<a href=\"&#x68;ttps://a&#46;te\r\nst/&#0;&#xfffffffff;\">x</a>",
			"a.test> "},
		{"<a", ""},
		{"<a href=\"https://", ""},
		{"<a href", ""},
		{"<a href=\"https://b\xc3\xbc"
		 "cher.de\">x</a>",
			"xn--bcher-kva.de> "},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct list list = {.size = 0};

		links_of_html(slice_of(table[i].html), &arena, note, &list);
		if (!CHECK_SLICE(slice_make(list.text, list.size), table[i].wanted))
			fprintf(stderr, "%s\n", table[i].html);
	}
	arena_finish(&arena);
}

CASE("links of plain text")
{
	struct list list = {.size = 0};

	links_of_text(SLICE("See https://a.test/x, <http://b@c.test>\r\nftp://\r\n:// "
			    "https://192.0.2.1:80"),
		&arena, note, &list);
	CHECK_SLICE(slice_make(list.text, list.size), "a.test> c.test@> 192.0.2.1#> ");
	arena_finish(&arena);
}

CASE("hostile HTML takes bounded time and memory")
{
	size_t size = 1 << 20;
	char *html = memory_allocate(size);
	struct list list = {.size = 0};

	for (size_t i = 0; i + 4 <= size; i += 4)
		memcpy(html + i, "<a \"", 4);
	links_of_html(slice_make(html, size), &arena, note, &list);
	memset(html, '<', size);
	links_of_html(slice_make(html, size), &arena, note, &list);
	memset(html, ':', size);
	links_of_text(slice_make(html, size), &arena, note, &list);
	CHECK(arena.total < 8u << 20);
	memory_free(html);
	arena_finish(&arena);
}

static void check_signs(const char *header, const char *body, const char *wanted)
{
	struct slice names[PHISHING_SIGNS], author = SLICE("a@sender.test");
	struct lookalikes set;
	struct buffer whole = {0}, all = {0};
	struct header scanned;
	uint32_t signs;
	size_t count;

	guard(&set);
	header_scan(&arena, slice_of(header), 0, 0, &scanned);
	signs = phishing_header(&set, &scanned, author, SLICE("sender.test"), &arena);
	buffer_append_format(&whole, "%s\r\n%s", header, body);
	signs |= phishing_body(
		&set, &scanned, buffer_contents(&whole), SLICE("sender.test"), &arena);
	count = phishing_names(signs, names);
	for (size_t i = 0; i < count; i++)
		buffer_append_format(
			&all, "%s%.*s", i ? " " : "", SLICE_PRINT(names[i]));
	if (!CHECK_SLICE(buffer_contents(&all), wanted))
		fprintf(stderr, "%s", header);
	CHECK((phishing_score(signs) > 0) == (count > 0));
	buffer_finish(&whole);
	buffer_finish(&all);
	lookalikes_finish(&set);
	arena_finish(&arena);
}

CASE("signs in a header")
{
	check_signs("From: A <a@sender.test>\r\n", "", "");
	check_signs(
		"From: \"service@paypal.com\" <a@sender.test>\r\n", "", "name_address");
	check_signs("From: \"boss@other.sender.test\" <a@sender.test>\r\n", "", "");
	check_signs(
		"From: \"PayPal.com support\" <a@sender.test>\r\n", "", "name_domain");
	check_signs("From: \"Dr. A. B. Smith\" <a@sender.test>\r\n", "", "");
	check_signs("From: \"Shop elsewhere.org\" <a@sender.test>\r\n", "", "");
	check_signs("From: =?utf-8?q?ceo=40example=2Ecom?= <a@sender.test>\r\n", "",
		"name_address");
	check_signs("From: =?utf-8?b?cGF5cGFsLmNvbQ==?= <a@sender.test>\r\n", "",
		"name_domain");
	check_signs("From: a@sender.test\r\nReply-To: b@else.test\r\n", "",
		"reply_elsewhere");
	check_signs("From: a@sender.test\r\nReply-To: b@paypa1.com\r\n", "",
		"reply_looks reply_elsewhere");
	check_signs("From: a@sender.test\r\nReply-To: b@mail.sender.test\r\n", "", "");
}

CASE("signs in a text, whatever its encoding")
{
#define HTML "From: a@sender.test\r\nContent-Type: text/html\r\n"
	check_signs(HTML, "<a href=\"https://evil.test\">https://example.com</a>",
		"link_shows");
	check_signs(HTML,
		"<a href=\"https://evil.test\">example.com</a>"
		"<a href=\"https://evil.test\">www.paypal.com</a>",
		"link_shows links_show");
	/* Its own, over somebody who counts: usual. */
	check_signs(HTML, "<a href=\"https://track.test/1\">www.sender.test</a>", "");
	check_signs(HTML, "<a href=\"https://paypal.com.evil.test/\">here</a>",
		"link_looks");
	check_signs(HTML "Content-Transfer-Encoding: base64\r\n",
		"PGEgaHJlZj0iaHR0cHM6Ly9wYXlwYTEuY29tLyI+eDwvYT4=\r\n", "link_looks");
	check_signs(HTML "Content-Transfer-Encoding: quoted-printable\r\n",
		"<a href=3D\"https://payp=\r\na1.com/\">x</a>", "link_looks");
	check_signs("From: a@sender.test\r\nContent-Type: multipart/alternative;\r\n"
		    " boundary=b\r\n",
		"--b\r\n\r\nhttps://u@x.test\r\n--b\r\nContent-Type: text/html\r\n\r\n"
		"<a href=\"http://192.0.2.7/\">x</a>\r\n--b--\r\n",
		"link_user link_address");
	/* Cut where the look ended. */
	check_signs("From: a@sender.test\r\nContent-Type: multipart/mixed;\r\n"
		    " boundary=b\r\n",
		"--b\r\nContent-Type: text/html\r\n\r\n<a href=\"http://192.0.2.7/\">x",
		"link_address");
	check_signs("From: a@sender.test\r\nContent-Type: image/png\r\n",
		"<a href=\"http://192.0.2.7/\">x", "");
}

CHECK_MAIN()
