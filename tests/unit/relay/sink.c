/* The test's SMTP server. */
#include "sink.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "io/stream.h"
#include "mail/dot.h"

struct visitor {
	struct sink *sink;
	int fd;
	struct stream *stream;
	unsigned recipients; /* of this transaction … */
	struct buffer names; /* … and who */
	bool open;	     /* MAIL was accepted */
	bool ended;
};

static bool say(struct visitor *visitor, const char *reply)
{
	if (strcmp(reply, "close") == 0) {
		visitor->ended = true;
		return false;
	}
	stream_write_format(visitor->stream, "%s\r\n", reply);
	if (visitor->sink->socket_bytes)
		stream_flush(visitor->stream, deadline_after_ms(60000));
	visitor->ended |= strncmp(reply, "421", 3) == 0;
	return reply[0] == '2' || reply[0] == '3';
}

static bool answer(struct visitor *visitor, struct slice line, const char *usual)
{
	struct sink *sink = visitor->sink;
	const char *own;

	sink->peer = stream_facts(visitor->stream)->peer_address;
	own = sink->answer ? sink->answer(sink, line) : NULL;

	return say(visitor, own ? own : usual);
}

static void end_transaction(struct visitor *visitor)
{
	visitor->open = false;
	visitor->recipients = 0;
	buffer_clear(&visitor->names);
}

static void take(struct visitor *visitor)
{
	struct sink *sink = visitor->sink;
	struct slice rest = buffer_contents(&sink->last), line = SLICE_EMPTY;

	while (rest.size && !slice_starts(line, SLICE("Subject:")))
		line = slice_trim_all(slice_cut(&rest, '\n'));
	sink->messages++;
	buffer_append(&sink->taken, line);
	buffer_append(&sink->taken, buffer_contents(&visitor->names));
	buffer_append_byte(&sink->taken, '\n');
}

static void read_data(struct visitor *visitor)
{
	struct sink *sink = visitor->sink;
	struct dot_decoder decoder;
	struct slice input, run;

	buffer_clear(&sink->last);
	dot_decoder_init(&decoder, 0);
	while (!decoder.ended &&
		stream_read(visitor->stream, 65536, &input, deadline_after_ms(20000))) {
		while (dot_decode(&decoder, &input, &run))
			buffer_append(&sink->last, run);
		stream_unread(visitor->stream, input.size);
	}
	if (!decoder.ended)
		visitor->ended = true;
	else if (answer(visitor, SLICE("."), "250 2.0.0 taken"))
		take(visitor);
	end_transaction(visitor);
}

static void read_chunk(struct visitor *visitor, size_t size)
{
	struct sink *sink = visitor->sink;
	struct slice input;

	buffer_clear(&sink->last);
	while (size &&
		stream_read(visitor->stream, size, &input, deadline_after_ms(20000))) {
		buffer_append(&sink->last, input);
		size -= input.size;
	}
	if (size)
		visitor->ended = true;
	else if (!visitor->recipients)
		say(visitor, "503 5.5.1 for whom?");
	else {
		if (answer(visitor, SLICE("."), "250 2.0.0 taken"))
			take(visitor);
		end_transaction(visitor);
	}
}

static void greet_extended(struct visitor *visitor, struct slice line)
{
	struct sink *sink = visitor->sink;
	struct slice rest = slice_of(sink->extensions);
	const char *own = sink->answer ? sink->answer(sink, line) : NULL;

	if (own) {
		say(visitor, own);
		return;
	}
	if (!sink->extensions) {
		say(visitor, "502 5.5.1 what?");
		return;
	}
	stream_write_format(
		visitor->stream, "250%csink.test\r\n", rest.size ? '-' : ' ');
	while (rest.size) {
		struct slice word = slice_cut(&rest, '\n');

		stream_write_format(visitor->stream, "250%c%.*s\r\n",
			rest.size ? '-' : ' ', SLICE_PRINT(word));
	}
}

static void add_recipient(struct visitor *visitor, struct slice line)
{
	if (!visitor->open) {
		say(visitor, "503 5.5.1 MAIL first");
		return;
	}
	if (!answer(visitor, line, "250 2.1.5 fine"))
		return;
	visitor->recipients++;
	visitor->sink->recipients++;
	buffer_append_byte(&visitor->names, ' ');
	buffer_append(&visitor->names, slice_from(line, 8));
}

static void reset(struct visitor *visitor, struct slice line)
{
	if (answer(visitor, line, "250 2.0.0 fine"))
		end_transaction(visitor);
}

static void begin_transaction(struct visitor *visitor, struct slice line)
{
	if (visitor->open)
		say(visitor, "503 5.5.1 nested MAIL");
	else
		visitor->open = answer(visitor, line, "250 2.1.0 fine");
}

static void obey(struct visitor *visitor, struct slice line)
{
	if (slice_starts(line, SLICE("EHLO")))
		greet_extended(visitor, line);
	else if (slice_starts(line, SLICE("MAIL")))
		begin_transaction(visitor, line);
	else if (slice_starts(line, SLICE("RCPT")))
		add_recipient(visitor, line);
	else if (slice_equal(line, SLICE("RSET")))
		reset(visitor, line);
	else if (slice_starts(line, SLICE("BDAT")))
		read_chunk(visitor, (size_t)strtoul(line.at + 5, NULL, 10));
	else if (slice_equal(line, SLICE("QUIT")))
		visitor->ended = (answer(visitor, line, "221 bye"), true);
	else if (!slice_equal(line, SLICE("DATA")))
		answer(visitor, line, "250 2.0.0 fine");
	else if (answer(visitor, line,
			 visitor->recipients ? "354 go on" : "554 5.5.1 for whom?"))
		read_data(visitor);
}

static struct deadline patience(const struct sink *sink, bool served)
{
	return deadline_after_ms(
		sink->close_idle_ms && served ? sink->close_idle_ms : 60000);
}

static void serve(struct visitor *visitor)
{
	struct sink *sink = visitor->sink;
	uint64_t before = sink->messages;
	struct slice line;

	visitor->ended = !answer(visitor, SLICE(""), "220 sink.test ESMTP");
	while (!visitor->ended && stream_read_line(visitor->stream, 4096, &line,
					  patience(sink, sink->messages > before))) {
		char text[512] = "";

		slice_to_text(
			slice_part(slice_trim_all(line), 0, 500), text, sizeof(text));
		sink->commands++;
		buffer_append_format(&sink->said, "%s\n", text);
		obey(visitor, slice_of(text));
	}
	stream_finish(&visitor->stream, deadline_after_ms(1000));
}

static void visit(void *arg)
{
	struct visitor *visitor = arg;

	visitor->stream = stream_from_socket(visitor->fd);
	if (visitor->stream)
		buffer_append_format(&visitor->sink->peers, "%s ",
			stream_facts(visitor->stream)->peer_address);
	visitor->sink->open++;
	serve(visitor);
	visitor->sink->open--;
	buffer_finish(&visitor->names);
	memory_free(visitor);
}

static void accept_all(void *arg)
{
	struct sink *sink = arg;
	int fd;

	while ((fd = ring_acceptor_wait(sink->acceptor, deadline_none())) >= 0) {
		struct visitor *visitor = NEW(struct visitor);
		int bytes = sink->socket_bytes;

		if (bytes) {
			setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
			setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
		}

		visitor->sink = sink;
		visitor->fd = fd;
		sink->connections++;
		scope_spawn(&sink->scope, "visitor", visit, visitor);
	}
	ring_acceptor_close(&sink->acceptor);
}

void sink_open(struct sink *sink, const char *address)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(sink->port)};
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	inet_pton(AF_INET, address, &at.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, 100) != 0 ||
		getsockname(fd, (struct sockaddr *)&at, &size) != 0) {
		perror("sink");
		abort();
	}
	sink->port = ntohs(at.sin_port);
	scope_init(&sink->scope);
	sink->acceptor = ring_acceptor_open(fd);
	scope_spawn(&sink->scope, "sink", accept_all, sink);
}

void sink_close(struct sink *sink)
{
	scope_cancel(&sink->scope);
	scope_finish(&sink->scope, deadline_after_ms(0));
	buffer_finish(&sink->peers);
	buffer_finish(&sink->last);
	buffer_finish(&sink->said);
	buffer_finish(&sink->taken);
}

bool sink_heard(const struct sink *sink, const char *text)
{
	struct slice said = buffer_contents(&sink->said);

	return slice_find(said, slice_of(text)) < said.size;
}
