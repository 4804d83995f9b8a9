/* Leaving a list by mail: addresses made and read back, what a message asks for, and
 * nothing that was not signed. */
#include "feedback/leaving_mail.h"

#include <string.h>

#include "base/memory.h"
#include "check.h"

#define SECRET	 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define AT_MS	 INT64_C(1795000000123)
#define DAY_MS	 (24 * 3600 * INT64_C(1000))
#define MAILTO	 SLICE("Leave@sender.test")
#define LOCAL_AT (sizeof("Leave-") - 1)

#define CONFIG                                                                     \
	"hostname: mail.sender.test\n"                                             \
	"listeners: [{ address: \"127.0.0.1:2525\", role: submission, tls: none, " \
	"require_auth: false }]\n"                                                 \
	"tenants: [ { name: shop }, { name: acme } ]\n"                            \
	"unsubscribe: { url: \"https://x.test\", mailto: Leave@sender.test }\n"

static struct verp_secret secret_of(const char *text)
{
	struct verp_secret made = {.sign = {0, 0}};

	CHECK(verp_secret_parse(slice_of(text), &made));
	return made;
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

CASE("the same address for ever: in old mail, and on other nodes")
{
	struct verp_secret secret = secret_of(SECRET);
	struct leaving leaving = leaving_of("acme", "bulk", "joe@example.org");
	char text[ADDRESS_MAX + 1];

	CHECK_SLICE(leaving_address_write(&secret, &leaving, MAILTO, text),
		"Leave-1m7q5cqkv0715nm70cgb9r96rqbaajffwe03vgmmpyzm6z2wk1n@sender."
		"test");
}

CASE("what was written is read, in any case of its letters")
{
	static const char *const names[] = {
		"", "a", "acme", "0123456789012345678901234567890"};
	static const char *const recipients[] = {
		"a@b", "Joe@Example.org", "\"a b\"@example.org", "j@b\xc3\xbc.example"};
	struct verp_secret secret = secret_of(SECRET);

	for (size_t i = 0; i < ARRAY_COUNT(names) * ARRAY_COUNT(names); i++)
		for (size_t k = 0; k < ARRAY_COUNT(recipients); k++) {
			struct leaving leaving = leaving_of(
				names[i % 4], names[i / 4], recipients[k]);
			char text[ADDRESS_MAX + 1];
			struct slice address = leaving_address_write(
				&secret, &leaving, MAILTO, text);
			struct leaving_tag tag;

			CHECK(leaving_address_is(MAILTO, address));
			for (size_t at = 0; at < address.size; at++)
				if (text[at] >= 'a' && text[at] <= 'z' && (at + i) % 2)
					text[at] = (char)(text[at] - 'a' + 'A');
			if (!CHECK(leaving_address_read(
				    &secret, MAILTO, address, &tag)))
				continue;
			CHECK(memcmp(tag.id.text, leaving.id.text,
				      sizeof(tag.id.text)) == 0);
			CHECK_NUMBER(tag.days, 400);
			CHECK(leaving_tag_is_about(&tag, leaving.recipient));
			CHECK(!leaving_tag_is_about(&tag, SLICE("ann@example.org")));
			CHECK(!leaving_tag_is_about(&tag, SLICE_EMPTY));
			for (size_t j = 0; j < ARRAY_COUNT(names); j++) {
				CHECK(leaving_tag_is_of_tenant(&tag,
					      slice_of(names[j])) == (j == i % 4));
				CHECK(leaving_tag_is_of_stream(&tag,
					      slice_of(names[j])) == (j == i / 4));
			}
		}
}

CASE("an address is one, or what it would be below is used as it is")
{
	static const struct {
		const char *mailto;
		bool fits;
	} table[] = {
		{"leave@x.test", true},
		{"unsubscribe1@x.test", true},
		{"unsubscribe.x@x.test", false},
		{"l.e+a_v-e@x.test", true},
		{"a&b@x.test", false},
		{"\"a b\"@x.test", false},
	};
	struct verp_secret secret = secret_of(SECRET);
	struct leaving leaving = leaving_of("acme", "bulk", "joe@example.org");
	char text[ADDRESS_MAX + 1];
	struct address parsed;
	struct leaving_tag tag;

	for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
		struct slice mailto = slice_of(table[i].mailto);
		struct slice made = leaving_address_write(
			&secret, &leaving, mailto, text);

		CHECK(address_parse(made, 0, &parsed) == ADDRESS_OK);
		CHECK(leaving_address_is(mailto, made));
		CHECK(leaving_address_is(mailto, mailto));
		CHECK(leaving_address_read(&secret, mailto, made, &tag) ==
			table[i].fits);
		CHECK(slice_equal(made, mailto) == !table[i].fits);
	}
	CHECK(!leaving_address_is(SLICE_EMPTY, SLICE("leave@x.test")));
	CHECK(!leaving_address_is(SLICE_EMPTY, SLICE_EMPTY));
	CHECK(!leaving_address_is(SLICE("leave@x.test"), SLICE("leave@y.test")));
	CHECK(!leaving_address_is(SLICE("leave@x.test"), SLICE("leaves@x.test")));
	CHECK(!leaving_address_is(SLICE("leave@x.test"), SLICE("leave-x@x.test")));
	CHECK(!leaving_address_is(SLICE("leave@x.test"), SLICE("leave")));
}

CASE("nothing else is read: any other digit, any cut, another secret, a bounce address")
{
	static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz-=iluo";
	struct verp_secret secret = secret_of(SECRET), other = secret;
	struct leaving leaving = leaving_of("acme", "bulk", "joe@example.org");
	struct verp_subject subject = {.id = &leaving.id,
		.recipient = leaving.recipient,
		.days = 20,
		.domain = SLICE("sender.test")};
	char text[ADDRESS_MAX + 1], changed[ADDRESS_MAX + 1];
	char bounce[VERP_ADDRESS_MAX + 1];
	struct slice address = leaving_address_write(&secret, &leaving, MAILTO, text);
	struct verp_token token;
	struct leaving_tag tag;

	other.sign.low ^= 1;
	CHECK(leaving_address_read(&secret, MAILTO, address, &tag));
	CHECK(!leaving_address_read(&other, MAILTO, address, &tag));
	CHECK(!leaving_address_read(&secret, MAILTO, MAILTO, &tag));
	CHECK(!verp_read(
		&secret, slice_part(address, 0, LOCAL_AT + LEAVING_DIGITS), &token));
	CHECK(!leaving_address_read(
		&secret, MAILTO, verp_write(&secret, &subject, bounce), &tag));
	for (size_t i = 0; i < LEAVING_DIGITS; i++)
		for (const char *digit = digits; *digit; digit++) {
			memcpy(changed, address.at, address.size);
			changed[LOCAL_AT + i] = *digit;
			CHECK(leaving_address_read(&secret, MAILTO,
				      slice_make(changed, address.size),
				      &tag) == (*digit == address.at[LOCAL_AT + i]));
		}
	for (size_t i = 0; i < address.size; i++)
		CHECK(!leaving_address_read(
			&secret, MAILTO, slice_part(address, 0, i), &tag));
}

/* ---- Messages ---- */

static struct config *config;
static struct verp_secret secret;
static char token[LEAVING_TOKEN_MAX], address[ADDRESS_MAX + 1];

/* Its word; "" where it asks for what it has. */
static const char *read_mail(
	const char *to, const char *header, int64_t now_ms, const struct leaving *want)
{
	struct leaving_mail mail = {
		.recipient = slice_of(to), .reverse_path = SLICE("env@x.test")};
	struct arena arena = {0};
	struct header scanned;
	struct leaving got;
	const char *why;

	CHECK(header_scan(&arena, slice_of(header), 0, 0, &scanned));
	mail.header = &scanned;
	why = leaving_mail_read(&secret, config, &mail, now_ms, &arena, &got);
	if (!why) {
		CHECK(slice_equal(got.tenant, want->tenant));
		CHECK(slice_equal(got.stream, want->stream));
		CHECK(slice_equal(got.recipient, want->recipient));
		CHECK(memcmp(&got.id, &want->id, sizeof(got.id)) == 0);
	} else {
		CHECK(!got.recipient.size && !got.tenant.size && !got.stream.size);
	}
	arena_finish(&arena);
	return why ? why : "";
}

/* TEXT with the token for '$', its first half for '{', its second for '}'; in encoded
 * words as those have it (RFC 2047 4.2). */
static void fill(const char *text, struct slice signed_for, char *header)
{
	size_t half = signed_for.size / 2, size = 0;
	bool encoded = strstr(text, "=?") != NULL;

	for (; *text; text++) {
		struct slice part = *text == '$'   ? signed_for
				    : *text == '{' ? slice_part(signed_for, 0, half)
				    : *text == '}' ? slice_from(signed_for, half)
						   : slice_make(text, 1);

		for (size_t i = 0; i < part.size; i++) {
			if (encoded && part.at[i] == '_') {
				memcpy(header + size, "=5F", 3);
				size += 3;
			} else {
				header[size++] = part.at[i];
			}
		}
	}
	header[size] = 0;
}

struct mail_row {
	bool below; /* to the address that has digits */
	const char *header;
	int days;
	const char *why;
};

static const struct mail_row rows[] = {
	{false, "Subject: $\r\n", 1, ""},
	{false, "Subject: Re:  unsubscribe\r\n\t$ x\r\n", 1, ""},
	{false, "Subject: =?utf-8?q?$?=\r\n", 1, ""},
	{false, "Subject: =?utf-8?q?{?=\r\n =?utf-8?q?}?=\r\n", 1, ""},
	{false, "Subject: {\r\n }\r\n", 1, ""},
	{false, "Subject: {\r\n", 1, "unsigned"},
	{false, "Subject: x$\r\n", 1, "unsigned"},
	{false, "Subject: a b c d e f g h i j k l m n o p $\r\n", 1, "unsigned"},
	{false, "From: joe@example.org\r\n", 1, "unsigned"},
	{false, "", 1, "unsigned"},
	{false, "Subject: $\r\n", 401, "expired"},
	{true, "From: a@x.test\r\nSubject: $\r\n", 1, ""},
	{true, "From: J <JOE@EXAMPLE.org>\r\nSubject: unsubscribe\r\n", 1, ""},
	{true, "From: a@x.test\r\nSender: JOE@example.org\r\n", 1, ""},
	{true, "From: a@x.test, JOE@example.org\r\n", 1, ""},
	{true, "Reply-To: JOE@example.org\r\n", 1, ""},
	{true, "From: joe@example.org\r\n", 401, "expired"},
	{true, "From: ann@example.org\r\nTo: joe@example.org\r\n", 1, "sender"},
	{true, "", 1, "sender"},
};

static void check_mail(struct leaving leaving)
{
	struct slice signed_for = leaving_write(&secret, &leaving, token);
	char header[1000];

	leaving_address_write(&secret, &leaving, MAILTO, address);
	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		const struct mail_row *row = &rows[i];
		struct leaving want = leaving;

		fill(row->header, signed_for, header);
		if (strstr(header, "JOE@"))
			want.recipient = SLICE("JOE@example.org");
		if (!CHECK_SLICE(slice_of(read_mail(
					 row->below ? address : "leave@sender.test",
					 header, AT_MS + row->days * DAY_MS, &want)),
			    row->why))
			fprintf(stderr, "row %zu: %s", i, header);
	}
}

CASE("what a message asks for: its Subject's token, else its address and its sender")
{
	struct leaving leaving = leaving_of("", "", "joe@example.org");
	char *errors = NULL;

	secret = secret_of(SECRET);
	config = config_parse_text("t.yaml", SLICE(CONFIG), &errors);
	if (!CHECK(config != NULL))
		fprintf(stderr, "%s", errors);
	memory_free(errors);
	if (!config)
		return;
	check_mail(leaving);
	check_mail(leaving_of("acme", "bulk", "joe@example.org"));
	check_mail(leaving_of("shop", "", "joe@example.org"));
	check_mail(leaving_of("", "transactional", "joe@example.org"));
	/* The envelope sender, and what is not configured any more. */
	leaving.recipient = SLICE("env@x.test");
	leaving_address_write(&secret, &leaving, MAILTO, address);
	CHECK_SLICE(slice_of(read_mail(address, "", AT_MS, &leaving)), "");
	leaving.tenant = SLICE("gone");
	leaving_address_write(&secret, &leaving, MAILTO, address);
	CHECK_SLICE(slice_of(read_mail(address, "", AT_MS, &leaving)), "list");
	leaving.tenant = SLICE_EMPTY;
	leaving.stream = SLICE("gone");
	leaving_address_write(&secret, &leaving, MAILTO, address);
	CHECK_SLICE(slice_of(read_mail(address, "", AT_MS, &leaving)), "list");
	config_release(&config);
}

CHECK_MAIN()
