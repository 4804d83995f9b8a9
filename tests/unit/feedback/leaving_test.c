/* Links to leave a list: made, read back, and nothing that was not made. */
#include "feedback/leaving.h"

#include <string.h>

#include "base/memory.h"
#include "check.h"

#define SECRET                             \
	"000102030405060708090a0b0c0d0e0f" \
	"101112131415161718191a1b1c1d1e1f"
#define AT_MS  INT64_C(1795000000123)
#define DAY_MS (24 * 3600 * INT64_C(1000))

static struct verp_secret secret_of(const char *text)
{
	struct verp_secret secret = {.sign = {0, 0}};

	CHECK(verp_secret_parse(slice_of(text), &secret));
	return secret;
}

static struct leaving leaving_of(
	const char *tenant, const char *stream, const char *recipient)
{
	return (struct leaving){.id = message_id_make(AT_MS, 7, 1234567),
		.tenant = slice_of(tenant),
		.stream = slice_of(stream),
		.recipient = slice_of(recipient),
		.days = 400};
}

CASE("the same for ever: links in old mail, and of other nodes, work")
{
	struct verp_secret secret = secret_of(SECRET);
	struct leaving leaving = leaving_of("acme", "bulk", "joe@example.org");
	char text[LEAVING_TOKEN_MAX];

	CHECK_SLICE(leaving_write(&secret, &leaving, text),
		"AQ0PcrLz2A4S1ocBkARhY21lBGJ1bGtqb2VAZXhhbXBsZS5vcmeeoUypBIBdFJKs7H8");
}

CASE("what was written is read")
{
	static const char *const names[] = {
		"", "a", "acme", "0123456789012345678901234567890"};
	static const char *const recipients[] = {"a@b", "joe@example.org",
		"\"a b\"@example.org",
		"j\xc3\xb6"
		"e@b\xc3\xbc"
		"cher.example"};
	struct verp_secret secret = secret_of(SECRET);
	char text[LEAVING_TOKEN_MAX];
	struct arena arena = {0};

	for (size_t i = 0; i < ARRAY_COUNT(names); i++)
		for (size_t j = 0; j < ARRAY_COUNT(names); j++)
			for (size_t k = 0; k < ARRAY_COUNT(recipients); k++) {
				struct leaving leaving = leaving_of(
					names[i], names[j], recipients[k]);
				struct leaving read;
				struct slice token = leaving_write(
					&secret, &leaving, text);

				for (size_t at = 0; at < token.size; at++)
					CHECK(ascii_is_alnum(token.at[at]) ||
						token.at[at] == '-' ||
						token.at[at] == '_');
				if (!CHECK(leaving_read(&secret, token, &arena, &read)))
					continue;
				CHECK_SLICE(read.tenant, names[i]);
				CHECK_SLICE(read.stream, names[j]);
				CHECK_SLICE(read.recipient, recipients[k]);
				CHECK(memcmp(read.id.text, leaving.id.text,
					      sizeof(read.id.text)) == 0);
				CHECK(!leaving_is_expired(
					&read, AT_MS + 400 * DAY_MS - 1));
				CHECK(leaving_is_expired(&read, AT_MS + 400 * DAY_MS));
			}
	arena_finish(&arena);
}

CASE("good for ever, if so made; never longer than a line")
{
	struct verp_secret secret = secret_of(SECRET);
	struct leaving leaving = leaving_of("acme", "bulk", "joe@example.org"), read;
	char text[LEAVING_TOKEN_MAX], longest[ADDRESS_MAX + 2];
	struct arena arena = {0};

	leaving.days = 0;
	CHECK(leaving_read(
		&secret, leaving_write(&secret, &leaving, text), &arena, &read));
	CHECK(!leaving_is_expired(&read, INT64_MAX));
	memset(longest, 'a', sizeof(longest));
	leaving.recipient = slice_make(longest, ADDRESS_MAX);
	CHECK(leaving_write(&secret, &leaving, text).size > ADDRESS_MAX);
	leaving.recipient.size++;
	CHECK_NUMBER(leaving_write(&secret, &leaving, text).size, 0);
	leaving.recipient = SLICE_EMPTY;
	CHECK_NUMBER(leaving_write(&secret, &leaving, text).size, 0);
	arena_finish(&arena);
}

CASE("nothing else is read: any other character, any cut, another secret")
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/.";
	struct verp_secret secret = secret_of(SECRET), other = secret;
	struct leaving leaving = leaving_of("acme", "bulk", "joe@example.org"), read;
	char text[LEAVING_TOKEN_MAX], changed[LEAVING_TOKEN_MAX + 1];
	struct slice token = leaving_write(&secret, &leaving, text);
	struct arena arena = {0};

	other.sign.high ^= 1;
	CHECK(leaving_read(&secret, token, &arena, &read));
	CHECK(!leaving_read(&other, token, &arena, &read));
	other = secret;
	other.tag.low ^= 1;
	CHECK(!leaving_read(&other, token, &arena, &read));
	for (size_t size = 0; size < token.size; size++)
		CHECK(!leaving_read(
			&secret, slice_part(token, 0, size), &arena, &read));
	for (size_t i = 0; i < token.size; i++)
		for (const char *digit = digits; *digit; digit++) {
			memcpy(changed, token.at, token.size);
			changed[i] = *digit;
			CHECK(leaving_read(&secret, slice_make(changed, token.size),
				      &arena, &read) == (*digit == token.at[i]));
		}
	memcpy(changed, token.at, token.size);
	changed[token.size] = 'A';
	CHECK(!leaving_read(
		&secret, slice_make(changed, token.size + 1), &arena, &read));
	arena_finish(&arena);
}

CHECK_MAIN()
