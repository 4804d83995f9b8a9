/* Responses as RFC 9051 and its extensions show them; dates, names, patterns. */
#include "check.h"

#include "imap/date.h"
#include "imap/fetch_write.h"
#include "imap/match.h"
#include "imap/search_keys.h"
#include "imap/unicode.h"
#include "imap/utf7.h"
#include "imap/write.h"

static struct buffer out;
static struct arena arena;

static void check_out(const char *want, int line)
{
	check_slice(buffer_contents(&out), slice_of(want), "what was written", __FILE__,
		line);
	buffer_clear(&out);
	arena_reset(&arena);
}
#define WROTE(want) check_out(want, __LINE__)

CASE("strings by what the client takes")
{
	static const struct {
		const char *text, *plain, *utf8;
	} table[] = {
		{"a b", "\"a b\"", "\"a b\""},
		{"a\"\\", "\"a\\\"\\\\\"", "\"a\\\"\\\\\""},
		{"\xc3\xa4", "{2}\r\n\xc3\xa4", "\"\xc3\xa4\""},
		{"\xe4", "{1}\r\n\xe4", "{1}\r\n\xe4"},
		{"a\r\nb", "{4}\r\na\r\nb", "{4}\r\na\r\nb"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		imap_write_nstring(&out, slice_of(table[i].text), false);
		WROTE(table[i].plain);
		imap_write_nstring(&out, slice_of(table[i].text), true);
		WROTE(table[i].utf8);
	}
	imap_write_nstring(&out, SLICE_EMPTY, true);
	WROTE("NIL");
	imap_write_astring(&out, SLICE("nil"), false);
	WROTE("\"nil\"");
	imap_write_astring(&out, SLICE_EMPTY, false);
	WROTE("\"\"");
}

CASE("RFC 3501 5.1.3: names there and back")
{
	static const char *const table[][2] = {
		{"~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},
		{"a&b", "a&-b"},
		{"☺!", "&Jjo-!"},
		{"💩", "&2D3cqQ-"},
		{"Entwürfe", "Entw&APw-rfe"},
		{"", ""},
	};
	static const char *const wrong[] = {"&", "&Jjo", "&Jjo!-", "&AGE-", "&Jjp-",
		"&2D0-", "&3Kk-", "\xc3\xa4", "a\x01", "&AAAA-&AAAA-", "&J-"};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct slice name;

		utf7_encode(&out, slice_of(table[i][0]));
		CHECK(utf7_decode(&arena, buffer_contents(&out), &name));
		CHECK_SLICE(name, table[i][0]);
		WROTE(table[i][1]);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct slice name;

		CHECK(!utf7_decode(&arena, slice_of(wrong[i]), &name));
	}
	imap_write_mailbox(&out, SLICE("Entwürfe"), false);
	WROTE("Entw&APw-rfe");
	imap_write_mailbox(&out, SLICE("Entwürfe"), true);
	WROTE("\"Entwürfe\"");
}

CASE("states and codes")
{
	struct uid_set from = {0}, to = {0};

	imap_write_state(&out, SLICE("*"), "OK", SLICE("UIDNEXT 5"), "next");
	imap_write_state(&out, SLICE("a1"), "BAD", SLICE_EMPTY, "why");
	WROTE("* OK [UIDNEXT 5] next\r\na1 BAD why\r\n");
	for (uint32_t i = 304; i <= 306; i++)
		uid_set_add(&from, &arena, i, i);
	uid_set_add(&from, &arena, 319, 319);
	uid_set_add(&to, &arena, 3956, 3956);
	imap_code_copyuid(&out, 38505, &from, &to);
	WROTE("COPYUID 38505 304:306,319 3956");
}

CASE("flags")
{
	struct slice keywords[] = {SLICE("$MDNSent"), SLICE("x")};
	struct imap_flags flags = {IMAP_SEEN | IMAP_DELETED, keywords, 2};

	imap_write_flags(&out, &flags);
	WROTE("* FLAGS (\\Deleted \\Seen $MDNSent x)\r\n");
	imap_write_permanent_flags(&out, &(struct imap_flags){0}, true);
	WROTE("* OK [PERMANENTFLAGS (\\*)] Flags that are kept\r\n");
	imap_write_permanent_flags(&out, &flags, true);
	WROTE("* OK [PERMANENTFLAGS (\\Deleted \\Seen $MDNSent x \\*)] Flags that are "
	      "kept\r\n");
	CHECK_SLICE(imap_keywords_join(&arena, &flags), "$MDNSent x");
	CHECK(imap_keywords_have(SLICE("$MDNSent x"), SLICE("X")));
	CHECK(!imap_keywords_have(SLICE("$MDNSent x"), SLICE("$MDN")));
	imap_flags_write_words(&out, IMAP_SEEN, SLICE("$MDNSent x"));
	imap_flags_write_words(&out, 0, SLICE("x"));
	imap_flags_write_words(&out, IMAP_SEEN, SLICE_EMPTY);
	WROTE("(\\Seen $MDNSent x)(x)(\\Seen)");
	CHECK_NUMBER(imap_flag_of(SLICE("\\ANSWERED")), IMAP_ANSWERED);
	CHECK_NUMBER(imap_use_of(SLICE("\\noselect")), 0);
	CHECK_NUMBER(imap_use_of(SLICE("\\junk")), IMAP_USE_JUNK);
}

CASE("mailboxes")
{
	struct imap_listed listed = {.name = "LIST",
		.attributes = IMAP_NOSELECT | IMAP_USE_SENT,
		.mailbox = SLICE("a b"),
		.child_subscribed = true,
		.old = SLICE("c")};
	struct imap_status_values values = {
		.messages = 231, .uidnext = 44292, .mailbox_id = SLICE("F1")};

	imap_write_list(&out, &listed, false);
	WROTE("* LIST (\\Noselect \\Sent) \"/\" \"a b\" (\"CHILDINFO\" "
	      "(\"SUBSCRIBED\") "
	      "\"OLDNAME\" (c))\r\n");
	imap_write_status(&out, SLICE("blurdybloop"),
		IMAP_STATUS_MESSAGES | IMAP_STATUS_UIDNEXT | IMAP_STATUS_MAILBOXID,
		&values, false);
	WROTE("* STATUS blurdybloop (MESSAGES 231 UIDNEXT 44292 MAILBOXID (F1))\r\n");
	imap_write_namespace(&out, SLICE("~"), SLICE_EMPTY);
	WROTE("* NAMESPACE ((\"\" \"/\")) ((\"~\" \"/\")) NIL\r\n");
	imap_write_quota(&out, SLICE_EMPTY,
		&(struct imap_usage){
			.has_storage = true, .storage = 10, .storage_limit = 512});
	WROTE("* QUOTA \"\" (STORAGE 10 512)\r\n");
	imap_write_quotaroot(&out, SLICE("INBOX"), SLICE_EMPTY, false);
	WROTE("* QUOTAROOT INBOX \"\"\r\n");
	imap_write_acl(&out, SLICE("INBOX"),
		(struct imap_entry[]){{SLICE("Fred"), SLICE("rwipslda")},
			{SLICE("test"), SLICE_EMPTY}},
		2, false);
	WROTE("* ACL INBOX Fred rwipslda test \"\"\r\n");
	imap_write_listrights(
		&out, SLICE("x"), SLICE("smith"), SLICE("la"), SLICE("rs"), false);
	WROTE("* LISTRIGHTS x smith la r s\r\n");
	imap_write_myrights(&out, SLICE("INBOX"), SLICE("rwi"), false);
	WROTE("* MYRIGHTS INBOX rwi\r\n");
	imap_write_id(&out, &(struct imap_id){0});
	WROTE("* ID NIL\r\n");
}

CASE("searches")
{
	uint32_t numbers[] = {2, 5};
	struct uid_range ranges[] = {{2, 2}, {10, 11}};
	struct imap_found found = {.tag = SLICE("a\x31"),
		.uid = true,
		.returns = IMAP_RETURN_MIN | IMAP_RETURN_COUNT | IMAP_RETURN_ALL,
		.min = 2,
		.max = 11,
		.count = 3,
		.modseq = 9,
		.ranges = ranges,
		.range_count = 2};

	imap_write_numbers(&out, "SEARCH", numbers, 2, 917);
	WROTE("* SEARCH 2 5 (MODSEQ 917)\r\n");
	imap_write_esearch(&out, &found);
	WROTE("* ESEARCH (TAG \"a1\") UID MIN 2 COUNT 3 ALL 2,10:11 MODSEQ 9\r\n");
	found = (struct imap_found){.tag = SLICE("b"),
		.returns = 63,
		.partial_first = -1,
		.partial_last = -100};
	imap_write_esearch(&out, &found);
	WROTE("* ESEARCH (TAG \"b\") COUNT 0 PARTIAL (-1:-100 NIL)\r\n");
	imap_write_vanished(&out, &(struct uid_set){.at = ranges, .count = 2}, true);
	WROTE("* VANISHED (EARLIER) 2,10:11\r\n");
}

CASE("FETCH")
{
	struct fetch_writer writer = {.out = &out};

	fetch_begin(&writer, 12);
	fetch_flags(&writer, &(struct imap_flags){.system = IMAP_SEEN});
	fetch_uid(&writer, 7);
	fetch_modseq(&writer, 624140003);
	fetch_internal_date(&writer, INT64_C(837571407000));
	fetch_save_date(&writer, 0);
	fetch_object(&writer, SLICE("EMAILID"), SLICE("M6d"));
	fetch_text(&writer, SLICE("PREVIEW"), SLICE("hi"));
	fetch_size(&writer, SLICE("RFC822.SIZE"), 4286);
	fetch_literal(&writer, SLICE("BINARY[1]"), 3, true);
	buffer_append(&out, SLICE("a\tb"));
	fetch_end(&writer);
	WROTE("* 12 FETCH (FLAGS (\\Seen) UID 7 MODSEQ (624140003) INTERNALDATE "
	      "\"17-Jul-1996 02:43:27 +0000\" SAVEDATE NIL EMAILID (M6d) PREVIEW "
	      "\"hi\" "
	      "RFC822.SIZE 4286 BINARY[1] ~{3}\r\na\tb)\r\n");
}

CASE("dates there and back")
{
	static const struct {
		const char *text;
		int64_t ms;
	} table[] = {
		{" 1-Jan-1970 00:00:00 +0000", 0},
		{"17-Jul-1996 02:44:25 -0700", INT64_C(837596665000)},
		{"29-Feb-2000 23:59:59 +0000", INT64_C(951868799000)},
		{"31-Dec-1969 23:59:59 +0000", -1000},
		{"01-Mar-1600 00:00:00 +0000", INT64_C(-11670912000000)},
		{"31-Dec-9999 23:59:59 +0000", INT64_C(253402300799000)},
	};
	static const char *const wrong[] = {"", "29-Feb-1900 00:00:00 +0000",
		"1-Jan-1970 00:00:00 +0000", "17-Jul-1996 24:00:00 +0000",
		"17-Jul-1996 02:44:25 0700 ", "00-Jan-1970 00:00:00 +0000",
		"17-Jxl-1996 02:44:25 +0000", "17-Jul-1996 02:44:25 +0060"};
	int64_t ms;

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		CHECK(imap_date_time_read(slice_of(table[i].text), &ms));
		CHECK_NUMBER(ms, table[i].ms);
		imap_date_time_write(&out, ms);
		CHECK(imap_date_time_read(
			slice_part(buffer_contents(&out), 1, 26), &ms));
		CHECK_NUMBER(ms, table[i].ms);
		buffer_clear(&out);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		CHECK(!imap_date_time_read(slice_of(wrong[i]), &ms));
	for (int64_t day = -200000; day < 200000; day += 13) {
		imap_date_time_write(&out, day * IMAP_DAY_MS);
		CHECK(imap_date_time_read(
			slice_part(buffer_contents(&out), 1, 26), &ms));
		CHECK_NUMBER(ms, day * IMAP_DAY_MS);
		buffer_clear(&out);
	}
}

CASE("patterns of LIST")
{
	static const struct {
		const char *reference, *pattern, *name;
		bool matches, below;
	} table[] = {
		{"", "*", "a/b", true, true},
		{"", "%", "a", true, false},
		{"", "%", "a/b", false, false},
		{"", "%/%", "a", false, true},
		{"", "%/%", "a/b", true, false},
		{"", "a*b", "a/x/b", true, true},
		{"", "a%b", "a/b", false, false},
		{"", "a%b", "axxb", true, false},
		{"", "*%*", "a/b", true, true},
		{"", "%%", "ab", true, false},
		{"", "inbox", "INBOX", true, false},
		{"", "In%", "INBOX", true, false},
		{"", "inbox/*", "INBOX", false, true},
		{"", "INBOX/x", "INBOX/X", false, false},
		{"", "foo", "FOO", false, false},
		{"a/", "%", "a/b", true, false},
		{"", "", "", true, false},
		{"", "a", "", false, false},
		{"", "*a*a*a*b", "aaaaaaaaaaaaaaaaaaaa", false, true},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		bool below;
		struct imap_pattern *pattern = imap_pattern_make(&arena,
			slice_of(table[i].reference), slice_of(table[i].pattern));
		bool matches = imap_pattern_matches(
			pattern, slice_of(table[i].name), &below);

		if (!CHECK(matches == table[i].matches && below == table[i].below))
			fprintf(stderr, "# %s %s\n", table[i].pattern, table[i].name);
	}
}

CASE("long patterns: across words, and too long")
{
	char text[IMAP_PATTERN_MAX + 2], name[1200];
	struct imap_pattern *pattern;

	memset(text, 'a', sizeof(text));
	memset(name, 'a', sizeof(name));
	for (size_t size = 60; size < IMAP_PATTERN_MAX; size += 61) {
		text[size - 1] = '*';
		pattern = imap_pattern_make(
			&arena, SLICE_EMPTY, slice_make(text, size));
		CHECK(imap_pattern_matches(pattern, slice_make(name, 1100), NULL));
		CHECK(imap_pattern_matches(pattern, slice_make(name, size - 1), NULL));
		CHECK(!imap_pattern_matches(
			pattern, slice_make(name, size - size / 60 - 1), NULL));
		text[size] = 'b';
		pattern = imap_pattern_make(
			&arena, SLICE_EMPTY, slice_make(text, size + 1));
		CHECK(!imap_pattern_matches(pattern, slice_make(name, 1100), NULL));
		text[size] = 'a';
	}
	pattern = imap_pattern_make(
		&arena, SLICE_EMPTY, slice_make(text, sizeof(text)));
	CHECK(!imap_pattern_matches(pattern, slice_make(name, sizeof(text)), NULL));
}

CASE("RFC 5051: text compared without case and without its composition")
{
	static const char *const same[][2] = {
		{"Straße", "STRAßE"},
		{"ÄÖÜ", "äöü"},
		{"Ä", "a\xcc\x88"},
		{"ǆ", "ǅ"},
		{"Ⅷ", "viii"},
		{"Привет", "ПРИВЕТ"},
		{"가", "\xe1\x84\x80\xe1\x85\xa1"},
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		CHECK(slice_equal(unicode_key(&arena, slice_of(same[i][0])),
			unicode_key(&arena, slice_of(same[i][1]))));
	CHECK(unicode_has(SLICE("xx grüße xx"), unicode_key(&arena, SLICE("GRÜSSE"))) ==
		false);
	CHECK(unicode_has(SLICE("xx GRÜßE xx"), unicode_key(&arena, SLICE("grüße"))));
	CHECK(unicode_has(SLICE("x\xff\xfe"), unicode_key(&arena, SLICE("\xff"))));
	CHECK(unicode_has(SLICE(""), SLICE("")));
	CHECK_SLICE(unicode_compose(&arena, SLICE("u\xcc\x88")), "ü");
}

CASE("what is looked for is found wherever it stands")
{
	static char text[20000];
	struct slice key = unicode_key(&arena, SLICE("näDel"));

	for (size_t at = 0; at < sizeof(text) - 6; at += 7) {
		memset(text, 'n', sizeof(text));
		CHECK(!unicode_has(slice_make(text, sizeof(text)), key));
		memcpy(text + at,
			"N\xc3\x84"
			"dEL",
			6);
		CHECK(unicode_has(slice_make(text, sizeof(text)), key));
	}
	buffer_finish(&out);
	arena_finish(&arena);
}

CHECK_MAIN()
