/*
 * The fields of RFC 9477, made and read; see complaint_fields.h.
 *
 * The identifier is an envelope sender's local part (verp.h), '!' for its dots,
 * which the RFC's grammar has no room for, and behind a ':' the recipient in
 * hexadecimal, XORed with SipHash of a counter: the message's id makes each stream
 * one of its own, and the token's tag of the recipient shows that it was not
 * changed.
 */
#include "feedback/complaint_fields.h"

#include <endian.h>
#include <string.h>

#include "base/encode.h"
#include "base/memory.h"

#define RECIPIENT_MAX 320
#define LINE_MAX      74 /* of hexadecimal digits */

static struct siphash_key stream_key(const struct verp_secret *secret)
{
	return (struct siphash_key){
		siphash_24(secret->tag, SLICE("complaint fields, low")),
		siphash_24(secret->tag, SLICE("complaint fields, high")),
	};
}

/* The same again undoes it. */
static void encipher(const struct verp_secret *secret, const struct message_id *id,
	char *bytes, size_t size)
{
	struct siphash_key key = stream_key(secret);
	char input[MESSAGE_ID_SIZE + 2], word[8];

	memcpy(input, id->text, MESSAGE_ID_SIZE);
	for (size_t i = 0; i < size; i++) {
		if (i % 8 == 0) {
			uint64_t block;

			input[MESSAGE_ID_SIZE] = (char)(i / 8);
			input[MESSAGE_ID_SIZE + 1] = (char)(i / 8 >> 8);
			block = htole64(
				siphash_24(key, slice_make(input, sizeof(input))));
			memcpy(word, &block, sizeof(word));
		}
		bytes[i] = (char)(bytes[i] ^ word[i % 8]);
	}
	memory_wipe(&key, sizeof(key));
	memory_wipe(word, sizeof(word));
}

static struct slice hidden_recipient(struct arena *arena,
	const struct verp_secret *secret, const struct verp_subject *subject)
{
	struct slice recipient = subject->recipient;
	char bytes[RECIPIENT_MAX], *hex;

	if (!recipient.size || recipient.size > sizeof(bytes))
		return SLICE_EMPTY;
	memcpy(bytes, recipient.at, recipient.size);
	encipher(secret, subject->id, bytes, recipient.size);
	hex = arena_take(arena, 2 * recipient.size + 1);
	hex_encode(slice_make(bytes, recipient.size), hex);
	return slice_make(hex, 2 * recipient.size);
}

/* Folds may stand anywhere in it (RFC 9477 3.5). */
static struct slice folded(struct arena *arena, struct slice digits)
{
	char *text = arena_take(arena, digits.size + digits.size / LINE_MAX * 3 + 8);
	size_t size = 0;

	for (size_t i = 0; i < digits.size; i++) {
		if (i % LINE_MAX == 0) {
			memcpy(text + size, "\r\n ", 3);
			size += 3;
		}
		text[size++] = digits.at[i];
	}
	return slice_make(text, size);
}

struct slice complaint_fields_write(struct arena *arena,
	const struct verp_secret *secret, struct slice address,
	const struct verp_subject *subject)
{
	char text[VERP_ADDRESS_MAX + 1];
	struct verp_subject about = *subject;
	struct slice hidden = hidden_recipient(arena, secret, subject), token;

	about.domain = SLICE("");
	token = verp_write(secret, &about, text);

	token.size--; /* its '@' */
	for (size_t i = 0; i < token.size; i++)
		if (text[i] == '.')
			text[i] = '!';
	return arena_format(arena,
		"CFBL-Address: %.*s; report=arf\r\n"
		"CFBL-Feedback-ID: %.*s%s%.*s\r\n",
		SLICE_PRINT(address), SLICE_PRINT(token), hidden.size ? ":" : "",
		SLICE_PRINT(folded(arena, hidden)));
}

/* VALUE without folds and comments' like: what is no digit or letter of ours. */
static struct slice compact(struct arena *arena, struct slice value)
{
	char *text = arena_take(arena, value.size + 1);
	size_t size = 0;

	for (size_t i = 0; i < value.size; i++)
		if (!memchr(" \t\r\n", value.at[i], 4))
			text[size++] = value.at[i] == '!' ? '.' : value.at[i];
	return slice_make(text, size);
}

bool complaint_fields_read(struct arena *arena, const struct verp_secret *secret,
	struct slice feedback_id, struct verp_token *token_r, struct slice *recipient_r)
{
	struct slice rest = compact(arena, slice_part(feedback_id, 0, 2000));
	struct slice local = slice_cut(&rest, ':'), recipient;
	char *bytes;

	if (!verp_read(secret, local, token_r))
		return false;
	*recipient_r = SLICE_EMPTY;
	if (!rest.size || rest.size > 2 * RECIPIENT_MAX)
		return true;
	bytes = arena_take(arena, rest.size / 2 + 1);
	if (!hex_decode(rest, bytes))
		return true;
	recipient = slice_make(bytes, rest.size / 2);
	encipher(secret, &token_r->id, bytes, recipient.size);
	if (verp_is_about(token_r, recipient))
		*recipient_r = recipient;
	return true;
}
