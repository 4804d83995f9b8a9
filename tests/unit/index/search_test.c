/* Searches with an index find what they find without one, and look at less. */
#include "index/index.h"

#include "base/memory.h"
#include "folder.h"
#include "imap/parse.h"
#include "index/index_core.h"
#include "mail/text.h"
#include "run/fiber.h"
#include "run/on_worker.h"
#include "store/put_message.h"
#include "store/view.h"

#define SOON	 deadline_after_ms(60000)
#define LETTERS	 60
#define SEARCHES 400

static char folder[] = "/tmp/ringpost-index-XXXXXX";
static struct store *store;
static struct store_port *port;
static struct store_account *account;
static struct index *fts;
static struct arena arena; /* of the letters */
static struct slice letters[LETTERS];
static uint64_t seed = 88172645463325252u;

static unsigned draw(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 33) % below;
}

/* Words that share their letters, so that the index is often wrong about longer ones.
 */
static const char *const words[] = {"banana", "ananas", "nana", "BANANAS",
	"caf\xc3\xa9", "CAF\xc3\x89 au lait", "\xe6\x97\xa5\xe6\x9c\xac", "a.b",
	"example", "an", "ample exam", "lait",
	"\xce\xa3\xce\xaf\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x82"};

static const char *word(void)
{
	return words[draw(ARRAY_COUNT(words))];
}

static const char *plain_word(void)
{
	static const char *const plain[] = {
		"banana", "ananas", "nana", "example", "lait"};

	return plain[draw(ARRAY_COUNT(plain))];
}

static struct slice make_letter(unsigned number)
{
	struct buffer out = {0};
	struct slice letter;

	buffer_append_format(&out,
		"From: %s <%s@example.org>\r\nTo: <%s@b.example>\r\n", word(),
		plain_word(), plain_word());
	buffer_append_format(&out,
		"Subject: %s =?utf-8?q?caf=C3=A9_%s?=\r\nX-Fruit: %s\r\n"
		"Message-ID: <%u.%s@x>\r\n",
		word(), plain_word(), word(), number, plain_word());
	switch (draw(3)) {
	case 0:
		buffer_append_format(&out,
			"Content-Type: text/plain; charset=utf-8\r\n\r\n%s %s\r\n",
			word(), word());
		break;
	case 1:
		buffer_append_format(&out,
			"Content-Type: text/html\r\n"
			"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
			"<p>%s b=61n<b>an</b>a caf=C3=\r\n=A9</p>\r\n",
			plain_word());
		break;
	default:
		buffer_append_format(&out,
			"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
			"Content-Type: text/plain; charset=iso-8859-1; name=%s\r\n\r\n"
			"caf\xe9 %s\r\n--x--\r\n",
			plain_word(), plain_word());
		break;
	}
	letter = arena_copy(&arena, buffer_contents(&out));
	buffer_finish(&out);
	return letter;
}

static void append_all(void)
{
	for (unsigned i = 0; i < LETTERS; i++) {
		enum store_fault fault;

		letters[i] = make_letter(i);
		CHECK(put_message(port, account, SLICE("INBOX"), letters[i],
			(struct append){0}, &fault));
	}
}

/* A part of a word, maybe more than it. */
static void write_text(struct buffer *out)
{
	struct slice text = slice_of(word());
	size_t from = 0, size = text.size;

	if (draw(2) && text_is_ascii(text) && text.size > 2) {
		from = draw((unsigned)text.size - 1);
		size = 1 + draw((unsigned)(text.size - from));
	}
	buffer_append_format(out, " {%zu+}\r\n", size);
	buffer_append(out, slice_part(text, from, size));
}

static void write_key(struct buffer *out, unsigned nested)
{
	static const char *const fields[] = {"TEXT", "BODY", "SUBJECT", "FROM", "TO",
		"HEADER X-Fruit", "HEADER Message-ID", "HEADER Content-Type"};
	unsigned kind = draw(nested ? 8 : 6);

	if (kind == 6) {
		buffer_append(out, SLICE(" NOT"));
		write_key(out, nested - 1);
	} else if (kind == 7) {
		buffer_append(out, SLICE(" OR"));
		write_key(out, nested - 1);
		write_key(out, nested - 1);
	} else {
		buffer_append_format(out, " %s", fields[draw(ARRAY_COUNT(fields))]);
		write_text(out);
	}
}

static bool has_keyword(void *context, uint32_t keywords, struct slice keyword)
{
	return false;
}

static bool has_object(void *context, const struct search_record *record,
	enum imap_key_kind kind, struct slice id)
{
	return false;
}

/* *looked_r: it had to be opened. */
static bool is_found(const struct search *search, uint64_t file, bool *looked_r)
{
	struct slice letter = letters[file - 1];
	struct search_record record = {.file = file, .uid = (uint32_t)file};
	struct arena own = {0};
	struct search_message message = {.record = &record, .arena = &own};
	struct buffer packed = {0};
	enum search_answer answer;
	struct facts facts;

	facts_make(letter, &packed);
	CHECK(facts_read(buffer_contents(&packed), &facts));
	*looked_r = false;
	while ((answer = search_match(search, &message)) > SEARCH_YES) {
		*looked_r = true;
		message.facts = &facts;
		if (answer > SEARCH_NEEDS_FACTS)
			message.message = letter;
	}
	buffer_finish(&packed);
	arena_finish(&own);
	return answer == SEARCH_YES;
}

static void compare(struct slice command_text, unsigned *looked)
{
	struct arena own = {0};
	struct search_world world = {.largest_sequence = LETTERS,
		.largest_uid = LETTERS,
		.has_keyword = has_keyword,
		.has_object = has_object};
	struct imap_command command;
	struct imap_error error;
	struct search *without, *with;
	struct index_answer *answer;

	if (!CHECK(imap_parse(&own, command_text, false, &command, &error))) {
		fprintf(stderr, "%.*s\n", SLICE_PRINT(command_text));
		return;
	}
	without = search_make(&own, command.search.keys, &world);
	with = search_make(&own, command.search.keys, &world);
	answer = index_ask(fts, account, search_texts(with), SOON);
	for (uint64_t file = 1; file <= LETTERS; file++) {
		bool one, other;

		if (!CHECK(is_found(without, file, &one) ==
			    is_found(with, file, &other)))
			fprintf(stderr, "%d: %.*s\n%.*s\n", (int)file,
				SLICE_PRINT(command_text),
				SLICE_PRINT(letters[file - 1]));
		looked[0] += one;
		looked[1] += other;
	}
	index_answer_destroy(&answer);
	arena_finish(&own);
}

static void wait_for_all(void)
{
	for (int i = 0; i < 3000 && index_figures(fts).messages < LETTERS; i++) {
		index_want(fts, account);
		CHECK(fiber_sleep(deadline_after_ms(10)));
	}
	CHECK_NUMBER(index_figures(fts).messages, LETTERS);
}

static void story(void *arg)
{
	struct buffer command = {0};
	unsigned looked[2] = {0};

	store = store_create(folder, 1);
	fts = index_create(store);
	port = store_port_open(store);
	account = store_account_hold(store, SLICE("jo@example.com"));
	append_all();
	wait_for_all();
	for (unsigned i = 0; i < SEARCHES; i++) {
		buffer_clear(&command);
		buffer_append(&command, SLICE("a SEARCH CHARSET UTF-8"));
		write_key(&command, 3);
		buffer_append(&command, SLICE("\r\n"));
		compare(buffer_contents(&command), looked);
	}
	/* Most of what is not found was told by the index. */
	CHECK(looked[1] < looked[0] * 2 / 3);
	buffer_finish(&command);
	store_account_release(&account);
	store_port_close(&port);
	index_destroy(&fts);
	store_destroy(&store);
	arena_finish(&arena);
}

CASE("any keys over any texts: the same is found")
{
	on_worker(story, NULL);
}

CHECK_MAIN_IN(folder)
