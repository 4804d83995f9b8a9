/* What peers lack, break and limit, and what the sender hears of it. */
#include "check.h"
#include "relay_world.h"

/* ---- What the peer lacks ---- */

static void set_utf8(struct message *message, struct entry *entry)
{
	message->envelope.smtputf8 = true;
}

static void utf8(void)
{
	world_open("", "");
	world_send_as("a@one.test", MESSAGE, set_utf8);
	CHECK(eventually(world_taken, 1)); /* all of it is ASCII in the end */
	world_send_as("gr\xc3\xbc\xc3\x9f@one.test b@one.test", MESSAGE, set_utf8);
	CHECK(eventually(world_taken, 2));
	CHECK(eventually(world_bounced, 1));
	CHECK(world_said("5.6.7"));
	world_send_as("a@b\xc3\xbc"
		      "cher.test",
		MESSAGE, set_utf8);
	CHECK(eventually(world_taken, 3));
	CHECK(sink_heard(&world.sink, "RCPT TO:<a@xn--bcher-kva.test>"));
	world_close();
}

CASE("SMTPUTF8 to a peer without it")
{
	with_world(utf8);
}

static void set_eight_bit(struct message *message, struct entry *entry)
{
	message->envelope.eight_bit = true;
}

#define EIGHT_BIT                                     \
	"MIME-Version: 1.0\r\n"                       \
	"Content-Type: text/plain; charset=utf-8\r\n" \
	"Content-Transfer-Encoding: 8bit\r\n\r\n"     \
	"gr\xc3\xbc\xc3\x9f\r\n"

static void eight_bit(void)
{
	world.sink.extensions = "PIPELINING\nENHANCEDSTATUSCODES";
	world_open("", "");
	world_send_as("a@one.test", EIGHT_BIT, set_eight_bit);
	CHECK(eventually(world_taken, 1));
	CHECK(sink_got(&world.sink, "quoted-printable") ||
		sink_got(&world.sink, "base64"));
	CHECK(!sink_got(&world.sink, "\xc3"));
	CHECK(!sink_heard(&world.sink, "8BITMIME"));
	world_send_as("a@one.test", "DKIM-Signature: v=1; theirs\r\n" EIGHT_BIT,
		set_eight_bit);
	CHECK(eventually(world_bounced, 1));
	CHECK(world_said("5.6.3"));
	world_close();
}

CASE("8-bit text to a peer without 8BITMIME")
{
	with_world(eight_bit);
}

static bool sign(void *context, struct slice header, struct slice body,
	struct buffer *fields, struct deadline deadline)
{
	return buffer_append(fields, SLICE("DKIM-Signature: v=1; new\r\n"));
}

static void set_signed(struct message *message, struct entry *entry)
{
	struct slice head[] = {SLICE("DKIM-Signature: v=1; ours\r\n"),
		SLICE("Received: from test\r\n")};

	message->envelope.eight_bit = true;
	body_destroy(&message->body);
	message->body = body_create(queue_bodies(world.place.queue));
	body_set_id(message->body, message_id_shard(&message->envelope.id),
		message_id_slice(&message->envelope.id));
	body_append(message->body, SLICE(EIGHT_BIT), deadline_after_ms(1000));
	body_set_head(message->body, head, 2);
}

static void signed_again(void)
{
	world.sink.extensions = "PIPELINING";
	world.sign = sign;
	world_open("", "");
	world_send_as("a@one.test", "", set_signed);
	CHECK(eventually(world_taken, 1));
	CHECK(sink_got(&world.sink, "DKIM-Signature: v=1; new\r\nReceived: from test"));
	CHECK(!sink_got(&world.sink, "v=1; ours"));
	world_close();
}

CASE("our own signature is made anew over what was converted")
{
	with_world(signed_again);
}

static void too_large(void)
{
	world.sink.extensions = "PIPELINING\nSIZE 30";
	world_open("", "");
	world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_bounced, 1));
	CHECK(world_said("5.3.4 the message has"));
	CHECK_NUMBER(world.sink.messages, 0);
	CHECK(!sink_heard(&world.sink, "MAIL"));
	world_close();
}

CASE("more than SIZE allows is not even begun")
{
	with_world(too_large);
}

static void broken_tls(void)
{
	world.sink.extensions = PIPELINING "\nSTARTTLS";
	world_open("", "");
	for (unsigned i = 1; i <= 3; i++) {
		world_send("a@one.test", MESSAGE);
		CHECK(eventually(world_taken, i));
	}
	CHECK(world_said("tls_broken"));
	CHECK_NUMBER(world.sink.connections, 2);
	CHECK_NUMBER(world_deferred(), 0);
	world_close();
}

static const char *break_tls(struct sink *sink, struct slice line)
{
	return slice_equal(line, SLICE("STARTTLS")) ? "220 go" : NULL;
}

static void with_broken_tls(void)
{
	world.sink.answer = break_tls;
	broken_tls();
}

CASE("TLS that breaks is left out, where it may")
{
	with_world(with_broken_tls);
}

static void demanded_tls(void)
{
	world.sink.answer = break_tls;
	world.sink.extensions = PIPELINING "\nSTARTTLS";
	world_open("", ", tls: must");
	world_send("a@one.test", MESSAGE);
	CHECK(eventually(world_deferred, 1));
	CHECK_NUMBER(world.sink.messages, 0);
	CHECK(world_said("4.7.5"));
	world_close();
}

CASE("where it may not, the mail waits")
{
	with_world(demanded_tls);
}

/* ---- Recipients ---- */

static void many_recipients(void)
{
	char addresses[300] = "";

	world.sink.extensions = PIPELINING "\nLIMITS RCPTMAX=3";
	for (int i = 0; i < 10; i++)
		snprintf(addresses + strlen(addresses), 20, "%sr%d@one.test",
			i ? " " : "", i);
	world_open("", "");
	world_send(addresses, MESSAGE);
	CHECK(eventually(world_taken, 4));
	CHECK_NUMBER(world.sink.recipients, 10);
	CHECK_NUMBER(world.sink.connections, 1);
	CHECK(eventually(world_delivered, 10));
	world_close();
}

CASE("no more recipients at a time than the peer says")
{
	with_world(many_recipients);
}

static const char *four_at_most(struct sink *sink, struct slice line)
{
	static unsigned count;

	if (slice_starts(line, SLICE("MAIL")))
		count = 0;
	return slice_starts(line, SLICE("RCPT")) && ++count > 4
		       ? "452 4.5.3 too many recipients"
		       : NULL;
}

static void too_many(void)
{
	world.sink.answer = four_at_most;
	world_open("", "");
	world_send("a@one.test b@one.test c@one.test d@one.test e@one.test f@one.test",
		MESSAGE);
	CHECK(eventually(world_taken, 2));
	CHECK_NUMBER(world.sink.recipients, 6);
	CHECK(eventually(world_delivered, 6));
	CHECK_NUMBER(world_deferred(), 0);
	world_close();
}

CASE("452 4.5.3: the rest right away")
{
	with_world(too_many);
}

int main(void)
{
	return world_main(check_run);
}
