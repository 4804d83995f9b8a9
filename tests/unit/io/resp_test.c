/*
 * RESP: commands formatted, replies read whole, byte by byte and cut at every
 * place, hostile ones refused; the outbox that holds commands.
 */
#include "io/resp.h"

#include "base/buffer.h"
#include "base/failure.h"
#include "base/memory.h"
#include "check.h"
#include "io/redis_outbox.h"

/* A reply as text: "text", 12, nil, [a b], !error. */
static void show(const struct redis_reply *reply, struct buffer *text)
{
	switch (redis_reply_kind(reply)) {
	case REDIS_NOTHING:
		buffer_append(text, SLICE("nil"));
		break;
	case REDIS_NUMBER:
		buffer_append_format(
			text, "%lld", (long long)redis_reply_number(reply));
		break;
	case REDIS_TEXT:
		buffer_append_format(
			text, "\"%.*s\"", SLICE_PRINT(redis_reply_text(reply)));
		break;
	case REDIS_ERROR:
		buffer_append_format(
			text, "!%.*s", SLICE_PRINT(redis_reply_text(reply)));
		break;
	case REDIS_LIST:
		buffer_append_byte(text, '[');
		for (size_t i = 0; i < redis_reply_count(reply); i++) {
			if (i)
				buffer_append_byte(text, ' ');
			show(redis_reply_at(reply, i), text);
		}
		buffer_append_byte(text, ']');
		break;
	}
}

/* All replies of the reader, each with a comma behind; false at an error. */
static bool read_all(struct resp_reader *reader, struct buffer *text)
{
	struct redis_reply *reply;
	int got;

	while ((got = resp_reader_next(reader, &reply)) > 0) {
		show(reply, text);
		buffer_append_byte(text, ',');
		redis_reply_free(&reply);
		CHECK(!reply);
	}
	return got == 0;
}

/* Feeds BYTES in three pieces, ended before CUT and OTHER. */
static bool read_cut(struct slice bytes, size_t cut, size_t other, struct buffer *text)
{
	struct resp_reader *reader = resp_reader_create();
	struct slice pieces[3] = {slice_part(bytes, 0, cut),
		slice_part(bytes, cut, other - cut), slice_from(bytes, other)};
	bool good = true;

	buffer_clear(text);
	for (unsigned i = 0; i < 3 && good; i++)
		good = !pieces[i].size ||
		       (resp_reader_feed(reader, pieces[i]) && read_all(reader, text));
	resp_reader_destroy(&reader);
	CHECK(!reader);
	return good;
}

static const struct {
	const char *wire, *text;
} replies[] = {
	{"+OK\r\n", "\"OK\","},
	{"+\r\n", "\"\","},
	{"-ERR no such thing\r\n", "!ERR no such thing,"},
	{"-LOADING Redis is loading the dataset in memory\r\n",
		"!LOADING Redis is loading the dataset in memory,"},
	{":0\r\n", "0,"},
	{":-9223372036854775808\r\n", "-9223372036854775808,"},
	{":9223372036854775807\r\n", "9223372036854775807,"},
	{"$5\r\nhello\r\n", "\"hello\","},
	{"$0\r\n\r\n", "\"\","},
	{"$-1\r\n", "nil,"},
	{"*-1\r\n", "nil,"},
	{"*0\r\n", "[],"},
	{"*3\r\n$1\r\na\r\n:5\r\n$-1\r\n", "[\"a\" 5 nil],"},
	{"*2\r\n*2\r\n+a\r\n*1\r\n:1\r\n*0\r\n", "[[\"a\" [1]] []],"},
	{"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:7\r\n", "[[[[[[[7]]]]]]],"},
	{"*2\r\n-FENCED 5\r\n$2\r\n\r\n\r\n", "[!FENCED 5 \"\r\n\"],"},
	{"+a\r\n:1\r\n$1\r\nb\r\n*1\r\n+c\r\n-d\r\n", "\"a\",1,\"b\",[\"c\"],!d,"},
};

CASE("replies, cut at every two places")
{
	struct buffer text = {0};

	for (size_t i = 0; i < ARRAY_COUNT(replies); i++) {
		struct slice wire = slice_of(replies[i].wire);

		for (size_t cut = 0; cut <= wire.size; cut++) {
			for (size_t other = cut; other <= wire.size; other++) {
				CHECK(read_cut(wire, cut, other, &text));
				if (!CHECK_SLICE(
					    buffer_contents(&text), replies[i].text))
					return;
			}
		}
	}
	buffer_finish(&text);
}

CASE("replies byte by byte, and given up at every byte")
{
	struct buffer text = {0};

	for (size_t i = 0; i < ARRAY_COUNT(replies); i++) {
		struct slice wire = slice_of(replies[i].wire);

		for (size_t end = 0; end <= wire.size; end++) {
			struct resp_reader *reader = resp_reader_create();

			buffer_clear(&text);
			for (size_t at = 0; at < end; at++) {
				CHECK(resp_reader_feed(
					reader, slice_part(wire, at, 1)));
				CHECK(read_all(reader, &text));
			}
			if (end == wire.size)
				CHECK_SLICE(buffer_contents(&text), replies[i].text);
			resp_reader_destroy(&reader);
		}
	}
	buffer_finish(&text);
}

CASE("what is no reply ends the reader")
{
	static const char *const wires[] = {
		"HTTP/1.1 400 Bad Request\r\n",
		"\r\n",
		":\r\n",
		":abc\r\n",
		":99999999999999999999\r\n",
		"$abc\r\n",
		"$-2\r\n",
		"*abc\r\n",
		"*-2\r\n",
		"*99999999999\r\n",
		"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:7\r\n",
	};
	struct buffer text = {0};

	for (size_t i = 0; i < ARRAY_COUNT(wires); i++) {
		failure_clear();
		CHECK(!read_cut(slice_of(wires[i]), 0, 0, &text));
		if (!CHECK_NUMBER(failure_kind_last(), FAILURE_PROTOCOL))
			fprintf(stderr, "%s\n", wires[i]);
	}
	buffer_finish(&text);
}

CASE("RESP_REPLY_ELEMENTS_MAX: a list promised larger takes no memory for it")
{
	struct buffer text = {0};

	CHECK(!read_cut(SLICE("*1048577\r\n"), 0, 0, &text));
	CHECK_SLICE(slice_of(failure_last()->text),
		"a reply of more than 1048576 elements");
	/* Nor many that are each within it. */
	CHECK(!read_cut(SLICE("*1000000\r\n*1000000\r\n"), 0, 0, &text));
	CHECK(read_cut(SLICE("*1000000\r\n"), 0, 0, &text));
	buffer_finish(&text);
}

CASE("RESP_REPLY_BYTES_MAX: one reply is bounded, many are not")
{
	struct resp_reader *reader = resp_reader_create();
	size_t size = 1 << 20;
	char *bytes = memory_allocate(size), head[32];
	struct redis_reply *reply;

	memset(bytes, 'x', size);
	for (unsigned i = 0; i < 100; i++) {
		snprintf(head, sizeof(head), "$%zu\r\n", size);
		CHECK(resp_reader_feed(reader, slice_of(head)));
		CHECK_NUMBER(resp_reader_next(reader, &reply), 0);
		CHECK(resp_reader_feed(reader, slice_make(bytes, size)));
		CHECK(resp_reader_feed(reader, SLICE("\r\n")));
		if (!CHECK_NUMBER(resp_reader_next(reader, &reply), 1))
			return;
		CHECK_NUMBER(redis_reply_text(reply).size, size);
		redis_reply_free(&reply);
	}
	CHECK(resp_reader_feed(reader, SLICE("$100000000\r\n")));
	for (unsigned i = 0; i < 63; i++) {
		CHECK(resp_reader_feed(reader, slice_make(bytes, size)));
		CHECK_NUMBER(resp_reader_next(reader, &reply), 0);
	}
	CHECK(!resp_reader_feed(reader, slice_make(bytes, size)));
	CHECK_NUMBER(failure_kind_last(), FAILURE_LIMIT);
	resp_reader_destroy(&reader);
	memory_free(bytes);
}

CASE("asking a reply for what it is not")
{
	struct resp_reader *reader = resp_reader_create();
	struct redis_reply *reply;

	CHECK(resp_reader_feed(reader, SLICE("*2\r\n$2\r\n42\r\n:7\r\n")));
	CHECK_NUMBER(resp_reader_next(reader, &reply), 1);
	CHECK_NUMBER(redis_reply_number(redis_reply_at(reply, 0)), 42);
	CHECK_NUMBER(redis_reply_number(redis_reply_at(reply, 1)), 7);
	CHECK(!redis_reply_at(reply, 2));
	CHECK_NUMBER(redis_reply_text(reply).size, 0);
	CHECK_NUMBER(redis_reply_number(reply), 0);
	CHECK_NUMBER(redis_reply_text(redis_reply_at(reply, 1)).size, 0);
	CHECK_NUMBER(redis_reply_kind(NULL), REDIS_NOTHING);
	CHECK_NUMBER(redis_reply_number(redis_reply_at(redis_reply_at(NULL, 1), 5)), 0);
	redis_reply_free(&reply);
	resp_reader_destroy(&reader);
}

CASE("error replies as failures")
{
	static const struct {
		const char *wire, *text;
		enum failure_kind kind;
	} table[] = {
		{"-FENCED epoch 7\r\n", "FENCED epoch 7", FAILURE_FENCED},
		{"-OOM command not allowed\r\n", "Redis: OOM command not allowed",
			FAILURE_STORE},
		{"-LOADING x\r\n", "Redis: LOADING x", FAILURE_STORE},
		{"+OK\r\n", "an unexpected reply from Redis", FAILURE_STORE},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct resp_reader *reader = resp_reader_create();
		struct redis_reply *reply;

		CHECK(resp_reader_feed(reader, slice_of(table[i].wire)));
		CHECK_NUMBER(resp_reader_next(reader, &reply), 1);
		CHECK(!redis_reply_fail(reply));
		CHECK_NUMBER(failure_kind_last(), table[i].kind);
		CHECK_SLICE(slice_of(failure_last()->text), table[i].text);
		redis_reply_free(&reply);
		resp_reader_destroy(&reader);
	}
}

CASE("commands: few arguments and many, empty ones, any byte")
{
	struct slice few[] = {SLICE("SET"), SLICE("a\0\r\n"), SLICE_EMPTY}, many[500],
		     command;
	struct buffer want = {0};

	command = resp_format(3, few);
	CHECK(slice_equal(
		command, SLICE("*3\r\n$3\r\nSET\r\n$4\r\na\0\r\n\r\n$0\r\n\r\n")));
	resp_free(&command);
	CHECK(!command.at);
	buffer_append_format(&want, "*500\r\n");
	for (unsigned i = 0; i < 500; i++) {
		many[i] = SLICE("xy");
		buffer_append_format(&want, "$2\r\nxy\r\n");
	}
	command = resp_format(500, many);
	CHECK(slice_equal(command, buffer_contents(&want)));
	resp_free(&command);
	buffer_finish(&want);
}

/* Puts a command of about SIZE bytes that begins with its number. */
static bool put_command(struct redis_outbox *outbox, unsigned number, size_t size)
{
	char *value = memory_allocate(size + 8);
	struct slice argv[2] = {SLICE("x")}, command;

	memset(value, 'v', size + 8);
	snprintf(value, 8, "%06u,", number);
	argv[1] = slice_make(value, size + 7);
	command = resp_format(2, argv);
	memory_free(value);
	bool put = redis_outbox_put(outbox, &command);

	CHECK(!command.at);
	return put;
}

CASE("the outbox keeps the order of small and large commands")
{
	static const size_t sizes[] = {
		1, 70000, 5, 100, 16000, 17000, 60000, 3, 200000};
	struct redis_outbox outbox;
	struct resp_reader *reader = resp_reader_create();
	struct redis_piece *piece;
	struct redis_reply *reply;
	unsigned number = 0, pieces = 0;

	redis_outbox_init(&outbox);
	for (unsigned i = 0; i < 300; i++)
		CHECK(put_command(&outbox, i, sizes[i % ARRAY_COUNT(sizes)]));
	while ((piece = redis_outbox_take(&outbox))) {
		pieces++;
		CHECK(resp_reader_feed(reader, redis_piece_bytes(piece)));
		redis_outbox_give_back(&outbox, piece);
		while (resp_reader_next(reader, &reply) > 0) {
			char want[8];

			snprintf(want, sizeof(want), "%06u,", number++);
			CHECK(slice_starts(redis_reply_text(redis_reply_at(reply, 1)),
				slice_of(want)));
			redis_reply_free(&reply);
		}
	}
	CHECK_NUMBER(number, 300);
	CHECK(pieces < 300);
	CHECK_NUMBER(outbox.bytes, 0);
	redis_outbox_finish(&outbox);
	resp_reader_destroy(&reader);
}

CASE("REDIS_OUTBOX_MAX: what does not fit is refused, the rest stays")
{
	struct redis_outbox outbox;
	unsigned fit = 0;

	redis_outbox_init(&outbox);
	while (put_command(&outbox, fit, 1 << 20))
		fit++;
	CHECK_NUMBER(fit, 63);
	CHECK_NUMBER(failure_kind_last(), FAILURE_STORE);
	CHECK(put_command(&outbox, 0, 10));
	CHECK(outbox.bytes <= REDIS_OUTBOX_MAX);
	redis_outbox_finish(&outbox);
	CHECK_NUMBER(outbox.bytes, 0);
}

CHECK_MAIN()
