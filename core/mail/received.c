/* Writes the Received field (RFC 5321 4.4); see fixup.h. */
#include "mail/fixup.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "mail/text.h"

#define LINE_MAX 77

/* Text that grows in room that was measured before. */
struct writer {
	char *at;
	size_t size;
	size_t column;
};

/* Which bytes of a fact may stand where. */
enum place {
	IN_WORD,    /* domains, ids, protocol: atoms, dots, literals */
	IN_COMMENT, /* printable, ( ) \ quoted */
};

static void write_from(struct writer *writer, const struct fixup_facts *facts);
static void write_with(struct writer *writer, const struct fixup_facts *facts);
static void write_priority(struct writer *writer, int priority);
static void write_for(struct writer *writer, struct slice recipient, bool utf8);
static size_t room_for(const struct fixup_facts *facts);
static void put(struct writer *writer, struct slice text);
static void put_clean(
	struct writer *writer, struct slice text, enum place place, bool utf8);
static void put_literal(struct writer *writer, struct slice address);
static void start_word(struct writer *writer, size_t size);
static void fold(struct writer *writer);
static bool may_stand(char c, enum place place, bool utf8);

struct slice fixup_protocol(bool extended, bool utf8, bool tls, bool authenticated)
{
	static const struct slice words[2][4] = {
		{{"ESMTP", 5}, {"ESMTPA", 6}, {"ESMTPS", 6}, {"ESMTPSA", 7}},
		{{"UTF8SMTP", 8}, {"UTF8SMTPA", 9}, {"UTF8SMTPS", 9},
			{"UTF8SMTPSA", 10}},
	};

	if (!extended)
		return SLICE("SMTP");
	return words[utf8][tls * 2 + authenticated];
}

struct slice fixup_received(struct arena *arena, const struct fixup_facts *facts)
{
	struct writer writer = {.at = arena_take(arena, room_for(facts))};
	char date[CLOCK_TEXT_SIZE];

	put(&writer, SLICE("Received:"));
	write_from(&writer, facts);
	if (writer.column > 9)
		fold(&writer);
	else
		put(&writer, SLICE(" "));
	put(&writer, SLICE("by "));
	put_clean(&writer, facts->hostname, IN_WORD, facts->utf8);
	write_with(&writer, facts);
	put(&writer, SLICE(";"));
	fold(&writer);
	put(&writer, clock_format_mail(facts->date_ms, date));
	put(&writer, SLICE("\r\n"));
	return (struct slice){writer.at, writer.size};
}

/* from helo (name [address]) */
static void write_from(struct writer *writer, const struct fixup_facts *facts)
{
	bool name = facts->client_name.size, address = facts->client_address.size;

	if (!facts->helo.size && !name && !address)
		return;
	put(writer, SLICE(" from "));
	if (facts->helo.size)
		put_clean(writer, facts->helo, IN_WORD, facts->utf8);
	else
		put(writer, SLICE("unknown"));
	if (!name && !address)
		return;
	start_word(writer, facts->client_name.size + facts->client_address.size + 10);
	put(writer, SLICE("("));
	put_clean(writer, facts->client_name, IN_WORD, facts->utf8);
	if (name && address)
		put(writer, SLICE(" "));
	if (address)
		put_literal(writer, facts->client_address);
	put(writer, SLICE(")"));
}

/* with protocol (version cipher) (authenticated as account) id … for … tls …
 * priority … */
static void write_with(struct writer *writer, const struct fixup_facts *facts)
{
	bool clause = slice_starts(facts->tls_cipher, SLICE("TLS_"));

	if (facts->protocol.size) {
		start_word(writer, facts->protocol.size + 5);
		put(writer, SLICE("with "));
		put_clean(writer, facts->protocol, IN_WORD, false);
	}
	if (facts->tls_version.size) {
		start_word(writer, facts->tls_version.size +
					   (clause ? 2 : facts->tls_cipher.size + 3));
		put(writer, SLICE("("));
		put_clean(writer, facts->tls_version, IN_COMMENT, false);
		if (!clause && facts->tls_cipher.size) {
			start_word(writer, facts->tls_cipher.size + 1);
			put_clean(writer, facts->tls_cipher, IN_COMMENT, false);
		}
		put(writer, SLICE(")"));
	}
	if (facts->account.size) {
		start_word(writer, facts->account.size + 19);
		put(writer, SLICE("(authenticated as "));
		put_clean(writer, facts->account, IN_COMMENT, facts->utf8);
		put(writer, SLICE(")"));
	}
	if (facts->queue_id.size) {
		start_word(writer, facts->queue_id.size + 3);
		put(writer, SLICE("id "));
		put_clean(writer, facts->queue_id, IN_WORD, false);
	}
	write_for(writer, facts->recipient, facts->utf8);
	if (clause) {
		start_word(writer, facts->tls_cipher.size + 4);
		put(writer, SLICE("tls "));
		put_clean(writer, facts->tls_cipher, IN_WORD, false);
	}
	if (facts->priority)
		write_priority(writer, facts->priority);
}

/* RFC 6710 4.1 and 8. */
static void write_priority(struct writer *writer, int priority)
{
	char text[16];
	int size = snprintf(text, sizeof(text), "PRIORITY %d", priority);

	start_word(writer, (size_t)size);
	put(writer, slice_make(text, (size_t)size));
}

/* "for <user@example.org>", left out if it could not stand as it is. */
static void write_for(struct writer *writer, struct slice recipient, bool utf8)
{
	if (!recipient.size || recipient.size > FIXUP_TEXT_MAX ||
		(utf8 && !text_is_utf8(recipient)))
		return;
	for (size_t i = 0; i < recipient.size; i++) {
		unsigned char c = (unsigned char)recipient.at[i];

		if (c <= ' ' || c == 0x7f || (c > 0x7f && !utf8))
			return;
	}
	start_word(writer, recipient.size + 6);
	put(writer, SLICE("for <"));
	put(writer, recipient);
	put(writer, SLICE(">"));
}

static size_t room_for(const struct fixup_facts *facts)
{
	const struct slice texts[] = {facts->hostname, facts->helo, facts->client_name,
		facts->client_address, facts->protocol, facts->tls_version,
		facts->tls_cipher, facts->account, facts->queue_id, facts->recipient};
	size_t room = 288; /* words, folds and the date */

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		room += (texts[i].size < FIXUP_TEXT_MAX ? texts[i].size
							: FIXUP_TEXT_MAX) *
			2;
	return room;
}

static void put(struct writer *writer, struct slice text)
{
	if (!text.size)
		return;
	memcpy(writer->at + writer->size, text.at, text.size);
	writer->size += text.size;
	writer->column += text.size;
}

static void put_clean(
	struct writer *writer, struct slice text, enum place place, bool utf8)
{
	char *at = writer->at + writer->size;
	size_t size = 0;

	text = slice_part(text, 0, FIXUP_TEXT_MAX);
	utf8 = utf8 && text_is_utf8(text);
	for (size_t i = 0; i < text.size; i++) {
		char c = text.at[i];

		if (place == IN_COMMENT && (c == '(' || c == ')' || c == '\\'))
			at[size++] = '\\';
		at[size++] = may_stand(c, place, utf8) ? c : '?';
	}
	writer->size += size;
	writer->column += size;
}

/* RFC 5321 4.1.3. */
static void put_literal(struct writer *writer, struct slice address)
{
	bool six = slice_index(address, ':') < address.size;

	put(writer, six ? SLICE("[IPv6:") : SLICE("["));
	put_clean(writer, address, IN_WORD, false);
	put(writer, SLICE("]"));
}

/* A space, or a fold if SIZE bytes more would make the line too long. */
static void start_word(struct writer *writer, size_t size)
{
	if (writer->column + 1 + size > LINE_MAX)
		fold(writer);
	else
		put(writer, SLICE(" "));
}

static void fold(struct writer *writer)
{
	put(writer, SLICE("\r\n\t"));
	writer->column = 8;
}

static bool may_stand(char c, enum place place, bool utf8)
{
	/* From '!' on: atoms (RFC 5322 3.2.3), dots and literals. */
	static const char in_word[] = "!.#$%&'..*+.-./0123456789:..=.?"
				      ".ABCDEFGHIJKLMNOPQRSTUVWXYZ[.]^_"
				      "`abcdefghijklmnopqrstuvwxyz{|}~";

	if ((unsigned char)c > 0x7f)
		return utf8;
	if (place == IN_COMMENT)
		return c >= ' ' && c <= '~';
	return c > ' ' && c <= '~' && in_word[c - '!'] == c;
}
