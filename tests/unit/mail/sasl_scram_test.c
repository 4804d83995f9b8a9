/* SCRAM-SHA-256 with and without PLUS: RFC 5802, 7677, 9266. */
#include "mail/sasl_server.h"

#include "base/encode.h"
#include "base/memory.h"
#include "check.h"
#include "mail/sasl_client.h"
#include "mail/sasl_gsasl.h"

#define EXPORTER "0123456789abcdef0123456789ABCDEF"

static struct arena arena;
static const struct sasl_binding tls13 = {.tls_exporter = SLICE(EXPORTER)};
static const struct sasl_binding tls12 = {.tls_unique = SLICE("twelve bytes")};

static struct sasl_account account_of(const char *password)
{
	static const uint8_t salt[SASL_SALT_SIZE] = {0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12,
		0x35, 0x8e, 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81};
	struct sasl_account account = {.password = SLICE_EMPTY};

	CHECK(sasl_scram_keys(
		slice_of(password), salt, SASL_ITERATIONS, &account.scram));
	return account;
}

static struct slice encoded(struct slice bytes)
{
	return base64_encode_in(&arena, bytes);
}

static struct slice decoded(struct slice text)
{
	struct slice bytes = SLICE("not base64");

	base64_decode_in(&arena, text, &bytes);
	return bytes;
}

CASE("RFC 7677 3: the keys of user and pencil")
{
	struct sasl_account account = account_of("pencil"), other;

	CHECK_SLICE(encoded(slice_make(account.scram.stored_key, SASL_KEY_SIZE)),
		"WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=");
	CHECK_SLICE(encoded(slice_make(account.scram.server_key, SASL_KEY_SIZE)),
		"wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
	/* Passwords are prepared first, RFC 5802 2.2. */
	account = account_of("IX");
	other = account_of("\xe2\x85\xa8");
	CHECK(memcmp(&account.scram, &other.scram, sizeof(other.scram)) == 0);
	CHECK(!sasl_scram_keys(SLICE(""), account.scram.salt, 1, &other.scram));
	CHECK(!sasl_scram_keys(SLICE("\x07"), account.scram.salt, 1, &other.scram));
	CHECK(!sasl_scram_keys(SLICE("a\0b"), account.scram.salt, 1, &other.scram));
	arena_finish(&arena);
}

/* A whole conversation; where it ended, and whether the client was content. */
static enum sasl_progress converse(const char *username, const char *password,
	const struct sasl_account *account, bool *complete_r)
{
	struct sasl_server *server = sasl_server_create(
		SASL_SCRAM_SHA_256, NULL, false);
	struct sasl_client *client = sasl_client_create(
		SASL_SCRAM_SHA_256, slice_of(username), slice_of(password));
	enum sasl_progress progress;

	CHECK(sasl_client_has_initial(client));
	progress = sasl_server_start(server, sasl_client_output(client));
	CHECK_NUMBER(progress, SASL_NEED_ACCOUNT);
	CHECK_SLICE(sasl_server_username(server), username);
	progress = sasl_server_give_account(server, account);
	while (progress == SASL_CONTINUE) {
		if (sasl_client_step(client, sasl_server_output(server)) !=
			SASL_CONTINUE)
			break;
		progress = sasl_server_step(server, sasl_client_output(client));
	}
	CHECK_SLICE(sasl_server_username(server), username);
	*complete_r = sasl_client_is_complete(client);
	if (progress == SASL_FAILED)
		CHECK_NUMBER(sasl_server_refusal(server).code, 535);
	sasl_client_destroy(&client);
	sasl_server_destroy(&server);
	return progress;
}

CASE("RFC 5802: a whole conversation, right, wrong, unknown, strange names")
{
	static const char *const names[] = {
		"user", "a,b=c", "j\xc3\xb6rg", "tim@example.com", "=2C"};
	struct sasl_account account = account_of("pencil"), fake;
	bool complete;

	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		CHECK_NUMBER(
			converse(names[i], "pencil", &account, &complete), SASL_DONE);
		CHECK(complete);
		CHECK_NUMBER(
			converse(names[i], "Pencil", &account, &complete), SASL_FAILED);
		CHECK(!complete);
	}
	sasl_fake_account(SLICE("secret"), SLICE("user"), &fake);
	CHECK_NUMBER(converse("user", "pencil", &fake, &complete), SASL_FAILED);
	account.fake = true; /* and if somebody knew its keys */
	CHECK_NUMBER(converse("user", "pencil", &account, &complete), SASL_FAILED);
}

CASE("a fake account is the same each time, and another for another name")
{
	struct sasl_account a, b;

	sasl_fake_account(SLICE("secret"), SLICE("nobody"), &a);
	sasl_fake_account(SLICE("secret"), SLICE("nobody"), &b);
	CHECK(memcmp(&a.scram, &b.scram, sizeof(a.scram)) == 0 && a.fake);
	CHECK_NUMBER(a.scram.iterations, SASL_ITERATIONS);
	CHECK(memcmp(a.scram.salt, a.scram.stored_key, SASL_SALT_SIZE) != 0);
	sasl_fake_account(SLICE("secret"), SLICE("nobody2"), &b);
	CHECK(memcmp(a.scram.salt, b.scram.salt, SASL_SALT_SIZE) != 0);
	sasl_fake_account(SLICE("Secret"), SLICE("nobody"), &b);
	CHECK(memcmp(a.scram.salt, b.scram.salt, SASL_SALT_SIZE) != 0);
	sasl_fake_account(SLICE("secret"), SLICE(""), &b);
}

/* PLUS on both sides; CLIENT_BINDING may be another's. */
static enum sasl_progress converse_plus(const struct sasl_binding *binding,
	enum sasl_property property, struct slice client_binding)
{
	struct sasl_account account = account_of("pencil");
	struct sasl_server *server = sasl_server_create(
		SASL_SCRAM_SHA_256_PLUS, binding, true);
	struct sasl_engine *client = sasl_engine_create(SASL_SCRAM_SHA_256_PLUS, false);
	enum sasl_progress progress;
	enum sasl_result result;
	struct slice output;

	sasl_engine_set(client, SASL_PROPERTY_USERNAME, SLICE("user"));
	sasl_engine_set(client, SASL_PROPERTY_PASSWORD, SLICE("pencil"));
	sasl_engine_set_base64(client, property, client_binding);
	CHECK_NUMBER(sasl_engine_step(client, SLICE_EMPTY, &output), SASL_RESULT_MORE);
	CHECK(slice_starts(output, SLICE("p=tls-")));
	progress = sasl_server_start(server, encoded(output));
	if (progress == SASL_NEED_ACCOUNT)
		progress = sasl_server_give_account(server, &account);
	while (progress == SASL_CONTINUE) {
		result = sasl_engine_step(
			client, decoded(sasl_server_output(server)), &output);
		CHECK(result == SASL_RESULT_MORE || result == SASL_RESULT_OK);
		progress = sasl_server_step(server, encoded(output));
	}
	sasl_engine_destroy(&client);
	sasl_server_destroy(&server);
	arena_finish(&arena);
	return progress;
}

CASE("RFC 9266, RFC 5929: PLUS binds the exchange to this connection")
{
	struct sasl_binding both = {
		.tls_unique = tls12.tls_unique, .tls_exporter = tls13.tls_exporter};

	CHECK_NUMBER(converse_plus(&tls13, SASL_PROPERTY_TLS_EXPORTER, SLICE(EXPORTER)),
		SASL_DONE);
	CHECK_NUMBER(
		converse_plus(&tls12, SASL_PROPERTY_TLS_UNIQUE, SLICE("twelve bytes")),
		SASL_DONE);
	CHECK_NUMBER(
		converse_plus(&both, SASL_PROPERTY_TLS_UNIQUE, SLICE("twelve bytes")),
		SASL_DONE);
	CHECK_NUMBER(converse_plus(&both, SASL_PROPERTY_TLS_EXPORTER, SLICE(EXPORTER)),
		SASL_DONE);
	/* somebody in the middle */
	CHECK_NUMBER(converse_plus(&tls13, SASL_PROPERTY_TLS_EXPORTER,
			     SLICE("0123456789abcdef0123456789ABCDEf")),
		SASL_FAILED);
	CHECK_NUMBER(converse_plus(&tls13, SASL_PROPERTY_TLS_EXPORTER, SLICE("x")),
		SASL_FAILED);
	CHECK_NUMBER(
		converse_plus(&tls12, SASL_PROPERTY_TLS_UNIQUE, SLICE("Twelve bytes")),
		SASL_FAILED);
	/* the other kind of binding */
	CHECK_NUMBER(converse_plus(&tls12, SASL_PROPERTY_TLS_EXPORTER, SLICE(EXPORTER)),
		SASL_FAILED);
	CHECK_NUMBER(
		converse_plus(&tls13, SASL_PROPERTY_TLS_UNIQUE, SLICE("twelve bytes")),
		SASL_FAILED);
	CHECK(!sasl_server_create(SASL_SCRAM_SHA_256_PLUS, NULL, true));
}

static const struct first_row {
	const char *message;
	enum sasl_mechanism mechanism;
	bool plus_offered;
	const char *username; /* NULL: refused */
} firsts[] = {
	{"n,,n=user,r=rOprNGfwEbeRWgbNEkqO", SASL_SCRAM_SHA_256, true, "user"},
	{"n,a=user,n=user,r=abc", SASL_SCRAM_SHA_256, true, "user"},
	{"n,,n=a=2Cb=3Dc,r=abc", SASL_SCRAM_SHA_256, false, "a,b=c"},
	{"y,,n=user,r=abc", SASL_SCRAM_SHA_256, false, "user"},
	{"n,,n=user,r=abc,x=ext", SASL_SCRAM_SHA_256, false, "user"},
	/* RFC 5802 6: the client can bind, thinks we cannot, but we said so */
	{"y,,n=user,r=abc", SASL_SCRAM_SHA_256, true, NULL},
	{"n,a=other,n=user,r=abc", SASL_SCRAM_SHA_256, false, NULL},
	{"n,,n=user,r=abc", SASL_SCRAM_SHA_256_PLUS, true, NULL},
	{"y,,n=user,r=abc", SASL_SCRAM_SHA_256_PLUS, true, NULL},
	{"p=tls-server-end-point,,n=user,r=abc", SASL_SCRAM_SHA_256_PLUS, true, NULL},
	{"p=tls-exporter,,n=user,r=abc", SASL_SCRAM_SHA_256_PLUS, true, "user"},
	{"n,,n=,r=abc", SASL_SCRAM_SHA_256, false, NULL},
	{"n,,n=user,r=", SASL_SCRAM_SHA_256, false, NULL},
	{"n,,n=user", SASL_SCRAM_SHA_256, false, NULL},
	{"n,,m=1,n=user,r=abc", SASL_SCRAM_SHA_256, false, NULL},
	{"n,,n=us\ner,r=abc", SASL_SCRAM_SHA_256, false, NULL},
	{"n,,n=us\xff,r=abc", SASL_SCRAM_SHA_256, false, NULL},
	{"n,,n=a=2,r=abc", SASL_SCRAM_SHA_256, false, NULL},
	{"x,,n=user,r=abc", SASL_SCRAM_SHA_256, false, NULL},
	{"n=user,r=abc", SASL_SCRAM_SHA_256, false, NULL},
	{",,,,,,", SASL_SCRAM_SHA_256, false, NULL},
};

CASE("first messages: who it is, who may not, and every cut")
{
	struct sasl_account account = account_of("pencil");

	for (size_t i = 0; i < ARRAY_COUNT(firsts); i++)
		for (size_t n = strlen(firsts[i].message); n > 0; n--) {
			bool whole = firsts[i].message[n] == '\0';
			struct sasl_server *server = sasl_server_create(
				firsts[i].mechanism, &tls13, firsts[i].plus_offered);
			enum sasl_progress progress = sasl_server_start(
				server, encoded(slice_make(firsts[i].message, n)));

			if (whole && (progress == SASL_NEED_ACCOUNT) !=
					     (firsts[i].username != NULL))
				CHECK_SLICE(
					slice_of(firsts[i].message), "judged rightly");
			if (whole && progress == SASL_NEED_ACCOUNT)
				CHECK_SLICE(sasl_server_username(server),
					firsts[i].username);
			if (progress == SASL_NEED_ACCOUNT) {
				progress = sasl_server_give_account(server, &account);
				CHECK_NUMBER(progress, SASL_CONTINUE);
				/* Any second message of ours is wrong. */
				progress = sasl_server_step(
					server, encoded(SLICE("c=biws,r=abc,p=abcd")));
			}
			CHECK_NUMBER(progress, SASL_FAILED);
			sasl_server_destroy(&server);
		}
	arena_finish(&arena);
}

CASE("final messages: cut, altered, with something behind the end")
{
	struct sasl_account account = account_of("pencil");

	for (size_t n = 0;; n++) {
		struct sasl_server *server = sasl_server_create(
			SASL_SCRAM_SHA_256, NULL, false);
		struct sasl_client *client = sasl_client_create(
			SASL_SCRAM_SHA_256, SLICE("user"), SLICE("pencil"));
		struct slice final, altered;
		enum sasl_progress progress;
		char *bytes;

		sasl_server_start(server, sasl_client_output(client));
		sasl_server_give_account(server, &account);
		sasl_client_step(client, sasl_server_output(server));
		final = decoded(sasl_client_output(client));
		/* Two bits of the digit before the '=' mean nothing. */
		if (n + 2 == final.size)
			n++;
		if (n > final.size) {
			sasl_client_destroy(&client);
			sasl_server_destroy(&server);
			break;
		}
		bytes = memory_copy_text(final);
		altered = slice_make(bytes, final.size);
		if (n < final.size)
			bytes[n] ^= 1;
		progress = sasl_server_step(server, encoded(altered));
		memory_free(bytes);
		CHECK_NUMBER(progress, n < final.size ? SASL_FAILED : SASL_CONTINUE);
		if (progress == SASL_CONTINUE) {
			CHECK(slice_starts(
				decoded(sasl_server_output(server)), SLICE("v=")));
			CHECK_NUMBER(sasl_server_step(server, encoded(SLICE("more"))),
				SASL_FAILED);
		}
		sasl_client_destroy(&client);
		sasl_server_destroy(&server);
	}
	arena_finish(&arena);
}

CASE("an account without SCRAM keys is refused")
{
	struct sasl_account account = {.password = SLICE("pencil")};
	struct sasl_server *server = sasl_server_create(
		SASL_SCRAM_SHA_256, NULL, false);

	CHECK_NUMBER(sasl_server_start(server, encoded(SLICE("n,,n=user,r=abc"))),
		SASL_NEED_ACCOUNT);
	CHECK_NUMBER(sasl_server_give_account(server, &account), SASL_FAILED);
	sasl_server_destroy(&server);
	arena_finish(&arena);
}

CASE("a client does not believe every server")
{
	static const char *const tails[] = {",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1",
		",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4000000000",
		",s=W22ZaJ0SNY7soEsUEjb6gQ==", ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=",
		",i=4096"};
	struct sasl_client *client;

	for (size_t i = 0; i < ARRAY_COUNT(tails); i++) {
		struct slice first, challenge;

		client = sasl_client_create(
			SASL_SCRAM_SHA_256, SLICE("user"), SLICE("pencil"));
		first = decoded(sasl_client_output(client));
		first = slice_from(first, slice_find(first, SLICE("r=")));
		challenge = arena_format(
			&arena, "%.*sXYZ%s", SLICE_PRINT(first), tails[i]);
		CHECK_NUMBER(sasl_client_step(client, encoded(challenge)), SASL_FAILED);
		CHECK(!sasl_client_is_complete(client));
		sasl_client_destroy(&client);
	}
	/* another's nonce */
	client = sasl_client_create(SASL_SCRAM_SHA_256, SLICE("user"), SLICE("pencil"));
	CHECK_NUMBER(
		sasl_client_step(client,
			encoded(SLICE("r=abcdef,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"))),
		SASL_FAILED);
	sasl_client_destroy(&client);
	/* a server that knows the stored key only cannot prove itself */
	{
		struct sasl_account account = account_of("pencil");
		bool complete;

		account.scram.server_key[0] ^= 1;
		CHECK(converse("user", "pencil", &account, &complete) != SASL_DONE);
		CHECK(!complete);
	}
	arena_finish(&arena);
}

CHECK_MAIN()
