/* Searches over a message known little by little, orders of SORT, threads as RFC
 * 5256 shows them. */
#include "check.h"

#include "imap/parse.h"
#include "imap/search.h"
#include "imap/sort.h"
#include "imap/thread.h"

#define DAY INT64_C(86400000)

static const char letter[] =
	"From: =?utf-8?q?J=C3=BCrgen?= Gro\xc3\x9f <Juergen@Example.org>\r\n"
	"To: list: a@b.example, \"C, D\" <c@d.example>;\r\n"
	"Cc: cc@x.example\r\n"
	"Subject: Re: =?iso-8859-1?q?Gr=FC=DFe?= aus K\xc3\xb6ln\r\n"
	"Date: Wed, 01 Feb 2023 01:30:00 +0200\r\n"
	"Message-ID: <one@x>\r\n"
	"X-Empty:\r\n"
	"X-Folded: a\r\n b\r\n"
	"Content-Type: multipart/mixed; boundary=b\r\n"
	"\r\n"
	"preamble words\r\n"
	"--b\r\n"
	"Content-Type: text/plain; charset=iso-8859-1\r\n"
	"Content-Transfer-Encoding: quoted-printable\r\n"
	"\r\n"
	"sch=F6ne Gr=\r\n=FC=DFe\r\n"
	"--b\r\n"
	"Content-Type: application/pdf; name=invoice.pdf\r\n"
	"Content-Transfer-Encoding: base64\r\n"
	"\r\n"
	"aGlkZGVu\r\n"
	"--b\r\n"
	"Content-Type: text/html\r\n"
	"\r\n"
	"<p>ta<b>gg</b>ed</p>\r\n"
	"--b--\r\n";

static bool has_keyword(void *context, uint32_t keywords, struct slice keyword)
{
	return keywords == 7 && slice_equal_nocase(keyword, SLICE("$Junk"));
}

static bool has_object(void *context, const struct search_record *record,
	enum imap_key_kind kind, struct slice id)
{
	return record->file == 9 && kind == IMAP_KEY_EMAILID &&
	       slice_equal(id, SLICE("M9"));
}

static const struct search_record record = {
	.sequence = 3,
	.uid = 30,
	.keywords = 7,
	.flags = IMAP_SEEN | IMAP_RECENT,
	.size = 1000,
	.modseq = 50,
	.file = 9,
	.internal_ms = 19400 * DAY + 5, /* 12-Feb-2023 */
	.saved_ms = 19410 * DAY,
};

/* One letter a stage: what it needed, then "y" or "n". */
static void run(const char *keys, char *how)
{
	struct arena arena = {0};
	struct imap_command command;
	struct imap_error error;
	struct buffer packed = {0};
	struct facts facts;
	struct uid_range saved = {25, 30};
	struct search_world world = {.largest_sequence = 5,
		.largest_uid = 40,
		.now_ms = 19400 * DAY + 60000,
		.saved = {.at = &saved, .count = 1},
		.has_keyword = has_keyword,
		.has_object = has_object};
	struct search_message message = {.record = &record, .arena = &arena};
	enum search_answer answer;
	struct search *search;

	*how = 0;
	if (!CHECK(imap_parse(&arena, arena_format(&arena, "a SEARCH %s\r\n", keys),
		    false, &command, &error)))
		return;
	facts_make(slice_make(letter, sizeof(letter) - 1), &packed);
	CHECK(facts_read(buffer_contents(&packed), &facts));
	search = search_make(&arena, command.search.keys, &world);
	while ((answer = search_match(search, &message)) > SEARCH_YES) {
		CHECK(answer <= search_needs(search));
		*how++ = "..fhm"[answer];
		if (answer == SEARCH_NEEDS_FACTS)
			message.facts = &facts;
		else if (answer == SEARCH_NEEDS_HEADER)
			message.header = slice_make(letter, facts.header_size);
		else
			message.message = slice_make(letter, sizeof(letter) - 1);
	}
	*how++ = answer == SEARCH_YES ? 'y' : 'n';
	*how = 0;
	buffer_finish(&packed);
	arena_finish(&arena);
}

CASE("every key, asked with no more than it needs")
{
	static const char *const table[][2] = {
		{"ALL", "y"},
		{"SEEN", "y"},
		{"UNSEEN", "n"},
		{"NEW", "n"},
		{"OLD", "n"},
		{"RECENT", "y"},
		{"NOT ANSWERED", "y"},
		{"3", "y"},
		{"4:*", "n"},
		{"*:1", "y"},
		{"UID 30", "y"},
		{"UID 31:*", "n"},
		{"$", "y"},
		{"UID $", "y"},
		{"KEYWORD $junk", "y"},
		{"UNKEYWORD $Junk", "n"},
		{"LARGER 999", "y"},
		{"LARGER 1000", "n"},
		{"SMALLER 1001", "y"},
		{"MODSEQ 50", "y"},
		{"MODSEQ 51", "n"},
		{"ON 12-Feb-2023", "y"},
		{"BEFORE 12-Feb-2023", "n"},
		{"SINCE 12-Feb-2023", "y"},
		{"BEFORE 13-Feb-2023", "y"},
		{"OLDER 59", "y"},
		{"YOUNGER 59", "n"},
		{"YOUNGER 60", "y"},
		{"SAVEDON 22-Feb-2023", "y"},
		{"SAVEDBEFORE 22-Feb-2023", "n"},
		{"SAVEDATESUPPORTED", "y"},
		{"EMAILID M9", "y"},
		{"THREADID M9", "n"},
		/* The day as it was written, not UTC's. */
		{"SENTON 1-Feb-2023", "fy"},
		{"SENTBEFORE 1-Feb-2023", "fn"},
		{"SENTSINCE 2-Feb-2023", "fn"},
		{"FROM juergen@example", "fy"},
		{"FROM \"<juergen@\"", "fy"},
		{"TO \"c, d\"", "fy"},
		{"TO a@b", "fy"},
		{"CC x.example", "fy"},
		{"BCC \"\"", "fn"},
		{"CC \"\"", "fy"},
		{"SUBJECT aus", "fy"},
		{"HEADER subject Aus", "fy"},
		{"HEADER Message-ID <ONE@x>", "fy"},
		{"HEADER In-Reply-To \"\"", "fn"},
		{"HEADER X-Empty \"\"", "hy"},
		{"HEADER X-Empty a", "hn"},
		{"HEADER X-None \"\"", "hn"},
		{"HEADER X-Folded \"a b\"", "hy"},
		{"BODY sch", "my"},
		{"BODY invoice.pdf", "my"},
		{"BODY hidden", "mn"},
		{"BODY tagged", "my"},
		{"BODY aus", "mn"},
		{"TEXT aus", "my"},
		{"TEXT x-folded", "my"},
		{"BODY \"\"", "my"},
	};
	char how[16];

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		run(table[i][0], how);
		if (!CHECK_SLICE(slice_of(how), table[i][1]))
			fprintf(stderr, "# %s\n", table[i][0]);
	}
}

CASE("text in any charset, case and composition")
{
	static const char *const table[][2] = {
		{"CHARSET UTF-8 SUBJECT {8+}\r\nGR\xc3\x9c\xc3\x9f"
		 "E ",
			"fy"},
		{"CHARSET ISO-8859-1 BODY {6+}\r\nsch\xd6ne", "my"},
		{"CHARSET ISO-8859-1 BODY {5+}\r\ngr\xfc\xdf"
		 "e",
			"my"},
		{"CHARSET UTF-8 FROM {8+}\r\nju\xcc\x88rgen", "fy"},
		{"SUBJECT {5+}\r\nk\xc3\x96ln", "fy"},
	};
	char how[16];

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		run(table[i][0], how);
		if (!CHECK_SLICE(slice_of(how), table[i][1]))
			fprintf(stderr, "# %s\n", table[i][0]);
	}
}

CASE("cheap keys decide before dear ones are asked")
{
	static const char *const table[][2] = {
		{"TEXT x UNSEEN", "n"},
		{"OR TEXT x SEEN", "y"},
		{"TEXT aus FROM nobody", "fn"},
		{"BODY sch HEADER X-Folded a FROM e", "fhmy"},
		{"NOT (BODY x UNSEEN)", "y"},
		{"OR (BODY nothing) (FROM juergen)", "fy"},
		{"OR NOT SUBJECT aus HEADER X-None \"\"", "fhn"},
		{"NOT NOT SEEN", "y"},
		{"(SEEN (OR UNSEEN (RECENT)))", "y"},
	};
	char how[16];

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		run(table[i][0], how);
		if (!CHECK_SLICE(slice_of(how), table[i][1]))
			fprintf(stderr, "# %s\n", table[i][0]);
	}
}

static void check_sort(const struct imap_sort_key *keys, size_t count, const char *want)
{
	static const struct {
		const char *from, *subject;
		int64_t sent_day, size;
	} mails[] = {
		{"bob", "apple", 3, 10},
		{"Alice", "Zebra", 1, 30},
		{"alice", "\xc3\x84pfel", 2, 20},
		{"", "apple", -1, 10},
		{"al", "app", 2, 10},
	};
	struct sort *sort = sort_create(keys, count);
	char text[64] = "";
	const uint32_t *numbers;
	size_t found;

	for (uint32_t i = 0; i < 5; i++) {
		struct search_record at = {.sequence = i + 1,
			.size = (uint64_t)mails[i].size,
			.internal_ms = 5 * DAY - i * 1000};
		struct facts facts = {.from = slice_of(mails[i].from),
			.subject = slice_of(mails[i].subject),
			.has_date = mails[i].sent_day >= 0,
			.sent_ms = mails[i].sent_day * DAY};

		sort_add(sort, i + 1, &at, &facts);
	}
	numbers = sort_numbers(sort, &found);
	for (size_t i = 0; i < found; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%u",
			numbers[i]);
	CHECK_SLICE(slice_of(text), want);
	sort_destroy(&sort);
	CHECK(!sort);
}

CASE("RFC 5256 2: SORT")
{
	check_sort((struct imap_sort_key[]){{IMAP_SORT_ARRIVAL, false}}, 1, "54321");
	check_sort((struct imap_sort_key[]){{IMAP_SORT_DATE, false}}, 1, "23514");
	check_sort((struct imap_sort_key[]){{IMAP_SORT_DATE, true}}, 1, "41352");
	check_sort((struct imap_sort_key[]){{IMAP_SORT_FROM, false}}, 1, "45231");
	check_sort((struct imap_sort_key[]){{IMAP_SORT_FROM, true}}, 1, "12354");
	check_sort((struct imap_sort_key[]){{IMAP_SORT_SUBJECT, false},
			   {IMAP_SORT_SIZE, true}},
		2, "51432");
	check_sort((struct imap_sort_key[]){{IMAP_SORT_SIZE, true},
			   {IMAP_SORT_SUBJECT, false}, {IMAP_SORT_DATE, false}},
		3, "23514");
}

CASE("RFC 5256 3: what came within a second stays in its order, reversed, too")
{
	struct imap_sort_key key = {IMAP_SORT_ARRIVAL, true};
	struct sort *sort = sort_create(&key, 1);
	const uint32_t *numbers;
	size_t count;

	for (uint32_t i = 1; i <= 3; i++)
		sort_add(sort, i,
			&(struct search_record){.sequence = i,
				.internal_ms = i < 3 ? (int64_t)i * 400 : -1},
			NULL);
	numbers = sort_numbers(sort, &count);
	CHECK_NUMBER(count, 3);
	CHECK_NUMBER(numbers[0], 1);
	CHECK_NUMBER(numbers[1], 2);
	CHECK_NUMBER(numbers[2], 3);
	sort_destroy(&sort);
}

CASE("nothing sorted, nothing threaded")
{
	struct imap_sort_key key = {IMAP_SORT_SIZE, false};
	struct sort *sort = sort_create(&key, 1);
	struct thread *thread = thread_create(IMAP_THREAD_REFERENCES);
	struct buffer out = {0};
	size_t count;

	CHECK(!sort_needs_facts(sort));
	(void)sort_numbers(sort, &count);
	CHECK_NUMBER(count, 0);
	thread_write(thread, &out);
	CHECK_SLICE(buffer_contents(&out), "* THREAD\r\n");
	sort_destroy(&sort);
	thread_destroy(&thread);
	buffer_finish(&out);
}

/* "ID REFERENCE,… SUBJECT DATE"; a '+' before the subject: an answer. */
static void check_thread(enum imap_thread_by by, const char *mails, const char *want)
{
	struct thread *thread = thread_create(by);
	struct slice rest = slice_of(mails);
	struct buffer out = {0};
	uint32_t number = 0;

	while (rest.at) {
		struct slice line = slice_cut(&rest, '\n');
		struct search_record at = {.sequence = ++number};
		struct facts facts = {.has_date = true};
		char references[200];
		uint64_t day;

		facts.message_id = slice_cut(&line, ' ');
		facts.references = slice_cut(&line, ' ');
		facts.subject = slice_cut(&line, ' ');
		CHECK(slice_to_u64(line, &day));
		facts.sent_ms = (int64_t)day;
		facts.is_answer = slice_starts(facts.subject, SLICE("+"));
		facts.subject = slice_from(facts.subject, facts.is_answer);
		if (slice_equal(facts.message_id, SLICE("-")))
			facts.message_id = SLICE_EMPTY;
		if (slice_equal(facts.subject, SLICE("-")))
			facts.subject = SLICE_EMPTY;
		snprintf(references, sizeof(references), "%.*s,",
			SLICE_PRINT(facts.references));
		for (char *c = references; *c; c++)
			*c = *c == ',' ? '\n' : *c;
		facts.references = slice_equal(facts.references, SLICE("-"))
					   ? SLICE_EMPTY
					   : slice_of(references);
		thread_add(thread, number, &at, &facts);
	}
	thread_write(thread, &out);
	CHECK_SLICE(buffer_contents(&out), want);
	thread_destroy(&thread);
	buffer_finish(&out);
}

CASE("RFC 5256 3: THREAD=REFERENCES")
{
	/* One after the other, and two answers to one. */
	check_thread(IMAP_THREAD_REFERENCES,
		"a - s 1\nb a +s 2\nc a,b +s 3\nd a +s 4\ne - t 5",
		"* THREAD (1 (2 3)(4))(5)\r\n");
	/* What is missing: one child takes its place, several stay beside it. */
	check_thread(IMAP_THREAD_REFERENCES, "b gone - 2", "* THREAD (1)\r\n");
	check_thread(IMAP_THREAD_REFERENCES, "b gone - 2\nc gone - 1",
		"* THREAD ((2)(1))\r\n");
	check_thread(IMAP_THREAD_REFERENCES, "a - - 1\nd a,b,c - 2\ne a,b - 3",
		"* THREAD (1 (2)(3))\r\n");
	/* Two of one id; one without any. */
	check_thread(IMAP_THREAD_REFERENCES, "a - - 1\na - - 2\n- a - 3\n- - - 4",
		"* THREAD (1 3)(2)(4)\r\n");
	/* Loops. */
	check_thread(IMAP_THREAD_REFERENCES, "a b - 1\nb a - 2", "* THREAD (2 1)\r\n");
	check_thread(IMAP_THREAD_REFERENCES, "a a - 1", "* THREAD (1)\r\n");
	/* What the message says itself goes before what others concluded. */
	check_thread(IMAP_THREAD_REFERENCES, "c x,b - 3\nx - - 1\nb a - 2\na - - 0",
		"* THREAD (4 3 1)(2)\r\n");
}

CASE("RFC 5256 3, step 5: threads of one subject")
{
	/* An answer under what it answers; two that are none beside each other. */
	check_thread(IMAP_THREAD_REFERENCES, "a - s 1\nb - +s 2", "* THREAD (1 2)\r\n");
	check_thread(IMAP_THREAD_REFERENCES, "b - +s 1\na - s 2", "* THREAD (2 1)\r\n");
	check_thread(
		IMAP_THREAD_REFERENCES, "a - s 1\nb - S 2", "* THREAD ((1)(2))\r\n");
	check_thread(IMAP_THREAD_REFERENCES,
		"a - s 1\nb - s 2\nc - +s 3\nd - s 4\ne - t 0",
		"* THREAD (5)((1)(2)(3)(4))\r\n");
	check_thread(IMAP_THREAD_REFERENCES,
		"a gone s 1\nb gone s 2\nc - s 3\nd lost s 4\ne lost s 5",
		"* THREAD ((1)(2)(3)(4)(5))\r\n");
	check_thread(IMAP_THREAD_REFERENCES, "a - +s 1\nb - s 2\nc - s 3",
		"* THREAD ((2 1)(3))\r\n");
}

CASE("RFC 5256 3: THREAD=ORDEREDSUBJECT")
{
	check_thread(IMAP_THREAD_ORDEREDSUBJECT,
		"a - s 3\nb - t 1\nc - S 2\nd - s 4\ne - t 5",
		"* THREAD (2 5)(3 (1)(4))\r\n");
}

CASE("a chain of references deeper than any conversation")
{
	struct thread *thread = thread_create(IMAP_THREAD_REFERENCES);
	struct buffer out = {0};

	for (uint32_t i = 1; i <= 5000; i++) {
		struct search_record at = {.sequence = i};
		char id[16], before[16];
		struct facts facts = {.sent_ms = i, .has_date = true};

		snprintf(id, sizeof(id), "%u@x", i);
		snprintf(before, sizeof(before), "%u@x\n", i - 1);
		facts.message_id = slice_of(id);
		facts.references = slice_of(before);
		thread_add(thread, i, &at, &facts);
	}
	thread_write(thread, &out);
	CHECK(slice_ends(buffer_contents(&out), SLICE(" 4998 4999)(5000)\r\n")));
	thread_destroy(&thread);
	buffer_finish(&out);
}

CHECK_MAIN()
