/* Envelope senders of ours: made, read back, and nothing that was not made. */
#include "feedback/verp.h"

#include "base/memory.h"
#include "check.h"
#include "mail/address.h"

#define SECRET                             \
	"000102030405060708090a0b0c0d0e0f" \
	"101112131415161718191a1b1c1d1e1f"
#define AT_MS  INT64_C(1795000000123)
#define FORGED 35 /* a place in the signature */
#define DAY_MS (24 * 3600 * INT64_C(1000))

static struct verp_secret secret_of(const char *text)
{
	struct verp_secret secret = {.sign = {0, 0}};

	CHECK(verp_secret_parse(slice_of(text), &secret));
	return secret;
}

static struct slice write(const char *tenant, const char *recipient, char *text)
{
	struct verp_secret secret = secret_of(SECRET);
	struct message_id id = message_id_make(AT_MS, 7, 1234567);
	struct verp_subject subject = {.id = &id,
		.tenant = slice_of(tenant),
		.recipient = slice_of(recipient),
		.days = 21,
		.domain = SLICE("bounces.example.com")};

	return verp_write(&secret, &subject, text);
}

static bool read_back(struct slice address, struct verp_token *token_r)
{
	struct verp_secret secret = secret_of(SECRET);

	return verp_read(&secret, slice_cut(&address, '@'), token_r);
}

CASE("a secret is 64 hexadecimal digits")
{
	static const char *const wrong[] = {"", "00", SECRET "0", SECRET "00",
		"g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"};
	struct verp_secret secret = {.sign = {0, 0}};
	char text[VERP_SECRET_SIZE + 1];

	for (size_t i = 0; i < ARRAY_COUNT(wrong); i++)
		CHECK(!verp_secret_parse(slice_of(wrong[i]), &secret));
	verp_secret_make(text);
	CHECK(verp_secret_parse(slice_of(text), &secret));
	CHECK(secret.sign.low != secret.tag.low);
	secret = secret_of(SECRET);
	CHECK(secret.sign.low == 0x0706050403020100 &&
		secret.tag.high == 0x1f1e1d1c1b1a1918);
}

CASE("the same for ever: tokens of other versions and nodes are read")
{
	char text[VERP_ADDRESS_MAX + 1];

	CHECK_SLICE(write("acme", "joe@example.org", text),
		"rp-1m7q5cqkv0715nm70nb9r96rqb04yay5x8wkhr-acme@bounces.example.com");
	CHECK_SLICE(write("", "", text),
		"rp-1m7q5cqkv0715nm70n00000000e6a69n3g82qe@bounces.example.com");
}

CASE("what was written is read: message, tenant, recipient, until when")
{
	static const char *const tenants[] = {"", "a", "acme", "shop-7.example_x",
		"twenty-two-characters0", ".dot", "23-characters-of-tenant", "Capital",
		"end.", "two..dots",
		"0123456789012345678901234567890123456789012345678901234567890ab"};
	static const char *const recipients[] = {"", "joe@example.org",
		"\"a b\"@example.org",
		"j\xc3\xb6"
		"e@b\xc3\xbc"
		"cher.example"};
	char text[VERP_ADDRESS_MAX + 1];

	for (size_t i = 0; i < ARRAY_COUNT(tenants); i++) {
		for (size_t j = 0; j < ARRAY_COUNT(recipients); j++) {
			struct slice address = write(tenants[i], recipients[j], text);
			bool fits = i <= 5;
			struct verp_token token;
			struct address parsed;

			CHECK_NUMBER(address_parse(address, 0, &parsed), ADDRESS_OK);
			CHECK(!parsed.quoted && parsed.local.size <= VERP_LOCAL_MAX);
			if (!CHECK(read_back(address, &token)))
				continue;
			CHECK_NUMBER(message_id_time_ms(&token.id), AT_MS);
			CHECK_NUMBER(message_id_shard(&token.id), 7);
			CHECK_SLICE(slice_of(token.tenant), fits ? tenants[i] : "");
			CHECK((token.tenant_tag != 0) == !fits);
			CHECK(verp_is_of_tenant(&token, slice_of(tenants[i])));
			CHECK(!verp_is_of_tenant(&token, SLICE("other")));
			CHECK(verp_is_of_tenant(&token, SLICE_EMPTY) == (i == 0));
			CHECK_NUMBER(token.expires_ms, AT_MS + 21 * DAY_MS);
			CHECK(!verp_is_expired(&token, token.expires_ms - 1));
			CHECK(verp_is_expired(&token, token.expires_ms));
			CHECK((token.recipient_tag != 0) == (j != 0));
			CHECK(verp_is_about(&token, slice_of(recipients[j])) ==
				(j != 0));
			CHECK(!verp_is_about(&token, SLICE("jim@example.org")));
		}
	}
}

CASE("a recipient is known in any case, and by both forms of its domain")
{
	static const struct {
		const char *made, *found;
		bool about;
	} table[] = {
		{"Joe@Example.org", "joe@example.ORG", true},
		{"joe@b\xc3\xbc"
		 "cher.example",
			"joe@xn--bcher-kva.example", true},
		{"joe@xn--bcher-kva.example",
			"Joe@B\xc3\xbc"
			"cher.example",
			true},
		{"joe@example.org", "joe@example.or", false},
		{"joe@example.org", "oe@example.org", false},
		{"joe@example.org", "", false},
		{"joe", "joe", true},
	};
	char text[VERP_ADDRESS_MAX + 1];

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct verp_token token;

		if (CHECK(read_back(write("", table[i].made, text), &token)))
			CHECK(verp_is_about(&token, slice_of(table[i].found)) ==
				table[i].about);
	}
}

CASE("capitals do no harm")
{
	char text[VERP_ADDRESS_MAX + 1];
	struct slice address = write("acme", "joe@example.org", text);
	struct verp_token token;

	for (size_t i = 0; i < address.size; i++)
		if (text[i] >= 'a' && text[i] <= 'z')
			text[i] = (char)(text[i] - 'a' + 'A');
	CHECK(read_back(address, &token));
	CHECK_SLICE(slice_of(token.tenant), "acme");
	CHECK(verp_is_about(&token, SLICE("joe@example.org")));
}

CASE("another character anywhere, one less, one more: no token of ours")
{
	static const char *const tenants[] = {"", "acme", "Acme"};
	char text[VERP_ADDRESS_MAX + 1];

	for (size_t i = 0; i < ARRAY_COUNT(tenants); i++) {
		struct slice local = write(tenants[i], "joe@example.org", text);
		struct verp_secret secret = secret_of(SECRET);
		char copy[VERP_LOCAL_MAX + 1];
		struct verp_token token;

		local = slice_part(local, 0, slice_index(local, '@'));
		for (size_t at = 0; at < local.size; at++) {
			static const char others[] = "0az-=._~Z\x80";

			for (size_t c = 0; c < sizeof(others); c++) {
				memcpy(copy, local.at, local.size);
				copy[at] = others[c];
				if (ascii_lower(copy[at]) == local.at[at])
					continue;
				CHECK(!verp_read(
					&secret, slice_make(copy, local.size), &token));
			}
			CHECK(!verp_read(&secret, slice_part(local, 0, at), &token));
			CHECK(!verp_read(&secret, slice_from(local, at + 1), &token));
		}
		memcpy(copy, local.at, local.size);
		copy[local.size] = 'x';
		CHECK(!verp_read(&secret, slice_make(copy, local.size + 1), &token));
	}
}

CASE("another secret reads nothing, and tags of one message say nothing of another")
{
	struct verp_secret other = secret_of(
		"100102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
	struct verp_secret secret = secret_of(SECRET);
	struct message_id id = message_id_make(AT_MS, 7, 1);
	struct verp_subject subject = {.id = &id,
		.recipient = SLICE("joe@example.org"),
		.days = 5000,
		.domain = SLICE("b.test")};
	char text[VERP_ADDRESS_MAX + 1], more[VERP_ADDRESS_MAX + 1];
	struct slice address = write("acme", "joe@example.org", text);
	struct verp_token token, second;

	CHECK(!verp_read(
		&other, slice_part(address, 0, slice_index(address, '@')), &token));
	CHECK(read_back(address, &token));
	CHECK(read_back(verp_write(&secret, &subject, more), &second));
	CHECK(token.recipient_tag != second.recipient_tag);
	CHECK(verp_is_about(&second, SLICE("joe@example.org")));
	CHECK_NUMBER(second.expires_ms, AT_MS + VERP_DAYS_MAX * DAY_MS);
}

CASE("the message it says it is about, signed or not")
{
	char text[VERP_ADDRESS_MAX + 1];
	struct slice address = write("", "", text);
	struct message_id id, same = message_id_make(AT_MS, 7, 1234567);

	text[FORGED] ^= 1;
	text[0] = 'R';
	CHECK(verp_id(slice_part(address, 0, slice_index(address, '@')), &id));
	CHECK_SLICE(message_id_slice(&id), same.text);
	text[5] = 'u'; /* no digit */
	CHECK(!verp_id(slice_part(address, 0, slice_index(address, '@')), &id));
	CHECK(!verp_id(SLICE("rp-joe"), &id));
}

CASE("what looks like one")
{
	char text[VERP_ADDRESS_MAX + 1];
	struct slice address = write("", "", text);

	CHECK(verp_looks_like(slice_part(address, 0, slice_index(address, '@'))));
	CHECK(!verp_looks_like(SLICE("rp-joe")));
	CHECK(!verp_looks_like(SLICE("postmaster")));
	CHECK(!verp_looks_like(SLICE_EMPTY));
}

CHECK_MAIN()
