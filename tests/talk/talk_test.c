/*
 * The talk runner on itself: a small dialogue with transcripts that it keeps
 * to, and others that must be found out.
 */
#include "check.h"

#include <unistd.h>

#include "base/memory.h"
#include "io/material.h"
#include "io/tls.h"
#include "run/fiber.h"
#include "talk.h"

#define COMMAND_MS 300000

struct counts {
	unsigned begun, ended;
};

/* STARTTLS, where the transcript has it. */
static struct stream *secure(struct stream *stream)
{
	struct tls_pair pair = {material_path("talk.example", "pem"),
		material_path("talk.example", "key")};
	struct tls_server *server;
	size_t which;

	server = tls_server_create(&pair, 1, "1.2", NULL, &which);
	stream_write(stream, SLICE("220 go ahead\r\n"));
	stream = tls_accept(&stream, server, deadline_after_ms(COMMAND_MS));
	tls_server_release(&server);
	return stream;
}

/* A greeting; "add A B", "text" with lines up to a dot, "quit". */
static void answer(struct stream *stream, struct slice line)
{
	struct slice rest = slice_trim_all(line);
	struct slice verb = slice_cut(&rest, ' ');
	uint64_t a, b;

	if (slice_equal(verb, SLICE("add")) &&
		slice_to_u64(slice_cut(&rest, ' '), &a) && slice_to_u64(rest, &b)) {
		stream_write_format(
			stream, "250 %llu\r\n", (unsigned long long)(a + b));
	} else if (slice_equal(verb, SLICE("text"))) {
		size_t count = 0;

		stream_write(stream, SLICE("354 go on\r\n"));
		while (stream_read_line(
			       stream, 1000, &line, deadline_after_ms(COMMAND_MS)) &&
			!slice_equal(line, SLICE(".\r\n")))
			count++;
		stream_write_format(stream, "250 %zu lines\r\n", count);
	} else {
		stream_write(stream, SLICE("500 what?\r\n"));
	}
}

/* The next command; a peer that is silent for too long hears why it ends. */
static bool hear(struct stream *stream, struct slice *line_r)
{
	if (stream_wait(stream, deadline_after_ms(COMMAND_MS)))
		return stream_read_line(
			stream, 1000, line_r, deadline_after_ms(COMMAND_MS));
	if (failure_kind_last() == FAILURE_TIMEOUT)
		stream_write(stream, SLICE("421 too long\r\n"));
	return false;
}

static void calculate(struct stream *stream, void *context)
{
	struct counts *counts = context;
	const char *name = talk_setting("name");
	struct slice line;

	counts->begun++;
	stream_write_format(stream, "220 %s\r\n", name ? name : "ready");
	while (stream && hear(stream, &line)) {
		if (slice_equal(line, SLICE("quit\r\n"))) {
			stream_write(stream, SLICE("221 bye\r\n"));
			break;
		}
		if (slice_equal(line, SLICE("starttls\r\n")))
			stream = secure(stream);
		else
			answer(stream, line);
	}
	stream_finish(&stream, deadline_after_ms(1000));
	counts->ended++;
}

static void goes_on(struct stream *stream, void *context)
{
	fiber_sleep(deadline_after_ms(INT64_C(100000000)));
	stream_close(&stream);
}

CASE("every transcript is kept to, whatever the cuts")
{
	struct counts counts = {0};

	material_make(&(struct material_wish){
		.name = "talk.example", .names = "DNS:talk.example"});
	CHECK(talk_check_folder(TALKS, calculate, &counts, stderr));
	CHECK(counts.begun > 150);
	CHECK_NUMBER(counts.begun, counts.ended);
}

CASE("each way to run one")
{
	struct counts counts = {0};

	CHECK(talk_run(TALKS "/sums.talk", calculate, &counts, stderr));
	CHECK(talk_run_cut(TALKS "/sums.talk", 5, calculate, &counts, stderr));
	CHECK(talk_run_cut(
		TALKS "/sums.talk", TALK_EACH_BYTE, calculate, &counts, stderr));
	CHECK(talk_run_disconnect(TALKS "/sums.talk", 4, calculate, &counts, stderr));
	CHECK_NUMBER(counts.ended, 4);
	CHECK_NUMBER(talk_bytes(TALKS "/hang-up.talk", stderr), 9);
	CHECK_NUMBER(talk_lines(TALKS "/hang-up.talk", stderr), 4);
}

/* What the runner says of TEXT as a transcript. */
static void check_complaint(const char *text,
	void (*dialogue)(struct stream *stream, void *context), const char *complaint)
{
	struct counts counts = {0};
	char path[] = "/tmp/ringpost-talk-XXXXXX", *said;
	size_t size;
	FILE *file = fdopen(mkstemp(path), "w"), *errors = open_memstream(&said, &size);

	fputs(text, file);
	fclose(file);
	CHECK(!talk_run(path, dialogue, &counts, errors));
	fclose(errors);
	if (!strstr(said, complaint))
		CHECK_SLICE(slice_make(said, size), complaint);
	unlink(path);
	free(said);
}

/* Takes what arrives together for a command. */
static void read_carelessly(struct stream *stream, void *context)
{
	struct slice got;

	while (stream_read(stream, 1000, &got, deadline_after_ms(COMMAND_MS)))
		stream_write_format(stream, "250 %zu\r\n", got.size);
	stream_close(&stream);
}

/* Does not end when its peer does so too early. */
static void insist(struct stream *stream, void *context)
{
	struct slice line;

	while (!stream_read_line(stream, 1000, &line, deadline_after_ms(COMMAND_MS)))
		if (!fiber_sleep(deadline_after_ms(INT64_C(10000000))))
			break;
	stream_close(&stream);
}

static void check_thorough(const char *text,
	void (*dialogue)(struct stream *stream, void *context), const char *complaint)
{
	char path[] = "/tmp/ringpost-talk-XXXXXX", *said;
	size_t size;
	FILE *file = fdopen(mkstemp(path), "w"), *errors = open_memstream(&said, &size);

	fputs(text, file);
	fclose(file);
	CHECK(talk_run(path, dialogue, NULL, stderr));
	CHECK(!talk_check(path, dialogue, NULL, errors));
	fclose(errors);
	if (!strstr(said, complaint))
		CHECK_SLICE(slice_make(said, size), complaint);
	unlink(path);
	free(said);
}

CASE("a dialogue that depends on the cuts, or outlives its peer, is found")
{
	check_thorough("< noop\n> 250 6\nclose\n", read_carelessly,
		":2: byte by byte: want \"250 6\", got 250 1");
	check_thorough("wait 1s\n< noop\nexpect closed\n", insist,
		":1: hung up after line 1: the dialogue goes on for two hours");
}

CASE("whatever differs is found, with its line")
{
	static const struct {
		const char *text, *complaint;
	} table[] = {
		{"> 220 other\n", ":1: want \"220 other\", got 220 ready\n"},
		{"> 220 ready\n< add 1 2\n> 250 4\n",
			":3: want \"250 4\", got 250 3\n"},
		{">~ 22\n", ":1: want \"22\", got 220 ready\n"},
		{">~ 2(20|21 ready\n", ":1: Unmatched ( or \\("},
		{">raw \"220 x\"\n", ":1: want \"220 x\", got 220 r\n"},
		{"> 220 ready\n< quit\n> 221 bye\n> 500\n",
			":4: want \"500\", but the peer closed the connection\n"},
		{"> 220 ready\n< quit\n> 221 bye\nwait 1s\n", ":4: ended meanwhile: "},
		{"> 220 ready\n> 250\n", ":2: want \"250\", got 421 too long"},
		{"> 220 ready\n< quit\n> 221 bye\nexpect closed\n< add\n",
			":5: comes after the end"},
		{"> 220 ready\nclose\n< add\n", ":3: comes after the end"},
		{"wait 1s\n",
			":1: this is said instead of nothing: 220 ready\\x0d\\x0a\n"},
		{"expect closed\n", ":1: this is said instead of closing: 220 ready"},
		{"> 220 ready\n< add 1 2\n",
			":3: this is said instead of nothing: 250 3"},
		{"> 220 ready\nwait 301s\n",
			":2: this is said instead of nothing: 421"},
		{"> 220 ready\nwait 300\n", ":2: a time is a number and ms, s, m or h"},
		{"<x\n", ":1: after < comes a space"},
		{"<raw \"x\n", ":1: bytes are"},
		{"<raw \"\\q\"\n", ":1: bytes are"},
		{"<raw \"x\"*y\n", ":1: bytes are"},
		{"hello\n", ":1: a line is <, >,"},
		{"> 220 ready\ntls client\n", ":2: TLS: "},
	};

	for (size_t i = 0; i < ARRAY_COUNT(table); i++)
		check_complaint(table[i].text, calculate, table[i].complaint);
	check_complaint("close\n", goes_on, "the dialogue goes on for two hours");
	check_complaint(
		"> x\n", goes_on, ":1: want \"x\", but nothing is said for an hour");
	CHECK(!talk_run("/nowhere.talk", calculate, NULL, fopen("/dev/null", "w")));
}

CHECK_MAIN()
