/* PLAIN, LOGIN, CRAM-MD5: RFC 4616, 2195, and RFC 4954 4 around them. */
#include "mail/sasl_server.h"

#include "base/encode.h"
#include "base/memory.h"
#include "check.h"
#include "mail/sasl_client.h"

static struct arena arena;

/* TEXT in base64; NUL bytes are written as '|'. */
static struct slice encoded(const char *text)
{
	char *bytes = memory_copy_text(slice_of(text));
	struct slice result;

	for (char *c = bytes; *c; c++)
		if (*c == '|')
			*c = '\0';
	result = base64_encode_in(&arena, slice_make(bytes, strlen(text)));
	memory_free(bytes);
	return result;
}

static struct slice decoded(struct slice text)
{
	struct slice bytes = SLICE("not base64");

	base64_decode_in(&arena, text, &bytes);
	return bytes;
}

static struct sasl_server *server_of(enum sasl_mechanism mechanism)
{
	struct sasl_server *server = sasl_server_create(mechanism, NULL, false);

	CHECK(server != NULL);
	return server;
}

CASE("mechanisms by name")
{
	enum sasl_mechanism mechanism;

	for (unsigned i = 0; i < SASL_MECHANISMS; i++) {
		CHECK(sasl_mechanism_find(
			slice_of(sasl_mechanism_name((enum sasl_mechanism)i)),
			&mechanism));
		CHECK_NUMBER(mechanism, i);
	}
	CHECK(sasl_mechanism_find(SLICE("cram-md5"), &mechanism));
	CHECK_NUMBER(mechanism, SASL_CRAM_MD5);
	CHECK(!sasl_mechanism_find(SLICE("SCRAM-SHA-1"), &mechanism));
	CHECK(!sasl_mechanism_find(SLICE(""), &mechanism));
}

static const struct plain_row {
	const char *message;
	const char *username, *password; /* NULL: refused */
} plains[] = {
	/* RFC 4616 4 */
	{"|tim|tanstaaftanstaaf", "tim", "tanstaaftanstaaf"},
	{"tim|tim|x", "tim", "x"},
	{"|\xc3\xbc|\xe2\x82\xac", "\xc3\xbc", "\xe2\x82\xac"},
	/* RFC 4013 3: the soft hyphen goes, the ordinal becomes a letter */
	{"|I\xc2\xadX|\xc2\xaa", "IX", "a"},
	{"Ursel|Kurt|xipj3plmq", NULL, NULL}, /* RFC 4616 4, not allowed here */
	{"TIM|tim|x", NULL, NULL},
	{"|tim|", NULL, NULL},
	{"||x", NULL, NULL},
	{"|tim", NULL, NULL},
	{"tim", NULL, NULL},
	{"|", NULL, NULL},
	{"||", NULL, NULL},
	{"|||", NULL, NULL},
	{"|tim|a|b", NULL, NULL},
	{"|tim\nx|x", NULL, NULL},
	{"|tim|a\x01", NULL, NULL},
	{"|t\xff|x", NULL, NULL},
	{"|tim|\xff", NULL, NULL},
};

CASE("RFC 4616: PLAIN asks for the password to be verified, and never lies")
{
	for (size_t i = 0; i < ARRAY_COUNT(plains); i++)
		for (int initial = 0; initial < 2; initial++)
			for (int right = 0; right < 2; right++) {
				struct sasl_server *server = server_of(SASL_PLAIN);
				struct slice message = encoded(plains[i].message);
				enum sasl_progress progress;

				progress = sasl_server_start(
					server, initial ? message : SLICE_EMPTY);
				if (!initial) {
					CHECK_NUMBER(progress, SASL_CONTINUE);
					CHECK_SLICE(sasl_server_output(server), "");
					progress = sasl_server_step(server, message);
				}
				if (!plains[i].username) {
					CHECK_NUMBER(progress, SASL_FAILED);
					CHECK_NUMBER(
						sasl_server_refusal(server).code, 535);
					sasl_server_destroy(&server);
					continue;
				}
				CHECK_NUMBER(progress, SASL_NEED_PASSWORD_CHECK);
				CHECK_SLICE(sasl_server_username(server),
					plains[i].username);
				CHECK_SLICE(sasl_server_password(server),
					plains[i].password);
				CHECK_NUMBER(sasl_server_give_verdict(server, right),
					right ? SASL_DONE : SASL_FAILED);
				CHECK_SLICE(sasl_server_username(server),
					plains[i].username);
				CHECK_SLICE(sasl_server_password(server), "");
				sasl_server_destroy(&server);
				CHECK(server == NULL);
			}
	arena_finish(&arena);
}

CASE("PLAIN at every cut of the message")
{
	const char *message = "|tim|tanstaaf";

	for (size_t n = 0; n < strlen(message); n++) {
		char *cut = memory_copy_text(slice_make(message, n));
		struct sasl_server *server = server_of(SASL_PLAIN);
		enum sasl_progress progress = sasl_server_start(
			server, n ? encoded(cut) : SLICE("="));

		CHECK_NUMBER(progress, n > 5 ? SASL_NEED_PASSWORD_CHECK : SASL_FAILED);
		sasl_server_destroy(&server);
		memory_free(cut);
	}
	arena_finish(&arena);
}

CASE("names and passwords too long, lines too long")
{
	char message[2 + 300 + SASL_PASSWORD_MAX + 10], *line;
	struct sasl_server *server;

	memset(message, 'a', sizeof(message));
	message[0] = message[1 + SASL_NAME_MAX] = '|';
	message[2 + SASL_NAME_MAX + SASL_PASSWORD_MAX] = '\0';
	server = server_of(SASL_PLAIN);
	CHECK_NUMBER(
		sasl_server_start(server, encoded(message)), SASL_NEED_PASSWORD_CHECK);
	CHECK_NUMBER(sasl_server_password(server).size, SASL_PASSWORD_MAX);
	sasl_server_destroy(&server);

	message[2 + SASL_NAME_MAX + SASL_PASSWORD_MAX] = 'a';
	message[3 + SASL_NAME_MAX + SASL_PASSWORD_MAX] = '\0';
	server = server_of(SASL_PLAIN);
	CHECK_NUMBER(sasl_server_start(server, encoded(message)), SASL_FAILED);
	sasl_server_destroy(&server);

	message[1 + SASL_NAME_MAX] = 'a';
	message[2 + SASL_NAME_MAX] = '|';
	message[20 + SASL_NAME_MAX] = '\0';
	server = server_of(SASL_PLAIN);
	CHECK_NUMBER(sasl_server_start(server, encoded(message)), SASL_FAILED);
	sasl_server_destroy(&server);

	line = malloc(SASL_LINE_MAX + 4);
	memset(line, 'A', SASL_LINE_MAX + 4);
	server = server_of(SASL_PLAIN);
	CHECK_NUMBER(sasl_server_start(server, slice_make(line, SASL_LINE_MAX + 4)),
		SASL_FAILED);
	CHECK_NUMBER(sasl_server_refusal(server).code, 500);
	CHECK_NUMBER(sasl_server_refusal(server).enhanced.subject, 5);
	CHECK_NUMBER(sasl_server_refusal(server).enhanced.detail, 6);
	sasl_server_destroy(&server);
	server = server_of(SASL_PLAIN);
	CHECK_NUMBER(sasl_server_start(server, slice_make(line, SASL_LINE_MAX)),
		SASL_FAILED);
	CHECK_NUMBER(sasl_server_refusal(server).code, 535);
	sasl_server_destroy(&server);
	free(line);
	arena_finish(&arena);
}

CASE("RFC 4954 4: cancelled, not base64, an empty answer")
{
	static const struct {
		const char *line;
		int code;
		unsigned subject, detail;
	} rows[] = {
		{"*", 501, 7, 0},
		{"abc", 501, 5, 2},
		{"AGE=A", 501, 5, 2},
		{"=", 501, 5, 2},
		{"A G E", 501, 5, 2},
		{"AGE\xff", 501, 5, 2},
		{"", 535, 7, 8},
		{"AAAA", 535, 7, 8},
	};

	for (unsigned m = 0; m <= SASL_SCRAM_SHA_256; m++)
		for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
			struct sasl_server *server = server_of((enum sasl_mechanism)m);
			struct reply refusal;

			CHECK_NUMBER(
				sasl_server_start(server, SLICE_EMPTY), SASL_CONTINUE);
			CHECK_NUMBER(sasl_server_step(server, slice_of(rows[i].line)),
				SASL_FAILED);
			refusal = sasl_server_refusal(server);
			CHECK_NUMBER(refusal.code, rows[i].code);
			CHECK_NUMBER(refusal.enhanced.subject, rows[i].subject);
			CHECK_NUMBER(refusal.enhanced.detail, rows[i].detail);
			sasl_server_destroy(&server);
		}
}

CASE("LOGIN: with and without the name on the AUTH line")
{
	for (int initial = 0; initial < 2; initial++) {
		struct sasl_server *server = server_of(SASL_LOGIN);
		enum sasl_progress progress = sasl_server_start(
			server, initial ? encoded("tim") : SLICE_EMPTY);

		if (!initial) {
			CHECK_NUMBER(progress, SASL_CONTINUE);
			CHECK_SLICE(decoded(sasl_server_output(server)), "Username:");
			progress = sasl_server_step(server, encoded("tim"));
		}
		CHECK_NUMBER(progress, SASL_CONTINUE);
		CHECK_SLICE(decoded(sasl_server_output(server)), "Password:");
		CHECK_NUMBER(sasl_server_step(server, encoded("secret\xc2\xad")),
			SASL_NEED_PASSWORD_CHECK);
		CHECK_SLICE(sasl_server_username(server), "tim");
		CHECK_SLICE(sasl_server_password(server), "secret");
		CHECK_NUMBER(sasl_server_give_verdict(server, initial == 0),
			initial == 0 ? SASL_DONE : SASL_FAILED);
		sasl_server_destroy(&server);
	}
	arena_finish(&arena);
}

CASE("LOGIN: an empty or odd name or password is refused")
{
	static const char *const odd[] = {"", "a|b", "a\nb", "\xff"};

	for (size_t i = 0; i < ARRAY_COUNT(odd); i++)
		for (int second = 0; second < 2; second++) {
			struct sasl_server *server = server_of(SASL_LOGIN);
			enum sasl_progress progress;

			CHECK_NUMBER(
				sasl_server_start(server, SLICE_EMPTY), SASL_CONTINUE);
			progress = sasl_server_step(
				server, encoded(second ? "tim" : odd[i]));
			if (progress == SASL_CONTINUE)
				progress = sasl_server_step(
					server, encoded(second ? odd[i] : "secret"));
			CHECK_NUMBER(progress, SASL_FAILED);
			sasl_server_destroy(&server);
		}
	arena_finish(&arena);
}

static enum sasl_progress cram(
	const char *client_password, const struct sasl_account *account)
{
	struct sasl_server *server = server_of(SASL_CRAM_MD5);
	struct sasl_client *client = sasl_client_create(
		SASL_CRAM_MD5, SLICE("tim"), slice_of(client_password));
	enum sasl_progress progress = sasl_server_start(server, SLICE_EMPTY);

	CHECK(!sasl_client_has_initial(client));
	CHECK_NUMBER(progress, SASL_CONTINUE);
	CHECK(decoded(sasl_server_output(server)).at[0] == '<');
	CHECK_NUMBER(
		sasl_client_step(client, sasl_server_output(server)), SASL_CONTINUE);
	CHECK(sasl_client_is_complete(client));
	progress = sasl_server_step(server, sasl_client_output(client));
	CHECK_NUMBER(progress, SASL_NEED_ACCOUNT);
	CHECK_SLICE(sasl_server_username(server), "tim");
	progress = sasl_server_give_account(server, account);
	if (progress == SASL_FAILED)
		CHECK_NUMBER(sasl_server_refusal(server).code, 535);
	sasl_client_destroy(&client);
	sasl_server_destroy(&server);
	return progress;
}

CASE("RFC 2195: CRAM-MD5, right, wrong, unknown, not opted in")
{
	struct sasl_account account = {.password = SLICE("tanstaaftanstaaf")};
	struct sasl_account without = {.scram = {.iterations = SASL_ITERATIONS}}, fake;

	CHECK_NUMBER(cram("tanstaaftanstaaf", &account), SASL_DONE);
	CHECK_NUMBER(cram("tanstaaftanstaag", &account), SASL_FAILED);
	CHECK_NUMBER(cram("nobody", &without), SASL_FAILED);
	sasl_fake_account(SLICE("a secret of ours"), SLICE("tim"), &fake);
	CHECK_NUMBER(cram("nobody", &fake), SASL_FAILED);
	account.fake = true;
	CHECK_NUMBER(cram("tanstaaftanstaaf", &account), SASL_FAILED);
	arena_finish(&arena);
}

CASE("CRAM-MD5: malformed answers; no initial response")
{
	static const char *const odd[] = {" ", "tim", " 0123", "tim ",
		" 0123456789abcdef0123456789abcdef",
		"\n 0123456789abcdef0123456789abcdef"};
	struct sasl_account account = {.password = SLICE("x")};
	struct sasl_server *server;

	for (size_t i = 0; i < ARRAY_COUNT(odd); i++) {
		enum sasl_progress progress;

		server = server_of(SASL_CRAM_MD5);
		CHECK_NUMBER(sasl_server_start(server, SLICE_EMPTY), SASL_CONTINUE);
		progress = sasl_server_step(server, encoded(odd[i]));
		if (progress == SASL_NEED_ACCOUNT)
			progress = sasl_server_give_account(server, &account);
		CHECK_NUMBER(progress, SASL_FAILED);
		sasl_server_destroy(&server);
	}
	server = server_of(SASL_CRAM_MD5);
	CHECK_NUMBER(sasl_server_start(server, SLICE("=")), SASL_FAILED);
	CHECK_NUMBER(sasl_server_refusal(server).code, 501);
	sasl_server_destroy(&server);
	arena_finish(&arena);
}

CASE("clients of PLAIN and LOGIN say what servers expect")
{
	struct sasl_client *client = sasl_client_create(
		SASL_PLAIN, SLICE("tim"), SLICE("tanstaaf"));

	CHECK(sasl_client_has_initial(client) && sasl_client_is_complete(client));
	CHECK_SLICE(decoded(sasl_client_output(client)).size == 13 ? SLICE("13")
								   : SLICE("other"),
		"13");
	CHECK(slice_equal(
		decoded(sasl_client_output(client)), SLICE("\0tim\0tanstaaf")));
	/* A server that goes on asking is not to be trusted. */
	CHECK_NUMBER(sasl_client_step(client, SLICE("")), SASL_FAILED);
	CHECK_SLICE(sasl_client_output(client), "*");
	CHECK(!sasl_client_is_complete(client));
	sasl_client_destroy(&client);

	client = sasl_client_create(SASL_LOGIN, SLICE("tim"), SLICE("tanstaaf"));
	CHECK(!sasl_client_has_initial(client));
	CHECK_NUMBER(sasl_client_step(client, SLICE("VXNlcm5hbWU6")), SASL_CONTINUE);
	CHECK_SLICE(decoded(sasl_client_output(client)), "tim");
	CHECK(!sasl_client_is_complete(client));
	CHECK_NUMBER(sasl_client_step(client, SLICE("Password:")), SASL_CONTINUE);
	CHECK_SLICE(decoded(sasl_client_output(client)), "tanstaaf");
	CHECK(sasl_client_is_complete(client));
	CHECK_NUMBER(sasl_client_step(client, SLICE("VXNlcm5hbWU6")), SASL_FAILED);
	sasl_client_destroy(&client);

	client = sasl_client_create(SASL_CRAM_MD5, SLICE("tim"), SLICE("tanstaaf"));
	CHECK_NUMBER(sasl_client_step(client, SLICE("not base64")), SASL_FAILED);
	CHECK_NUMBER(sasl_client_step(client, encoded("<1@mx>")), SASL_FAILED);
	CHECK_SLICE(sasl_client_output(client), "*");
	sasl_client_destroy(&client);
	CHECK(!sasl_client_create(SASL_PLAIN, SLICE("t\0m"), SLICE("x")));
	CHECK(!sasl_client_create(SASL_PLAIN, SLICE("tim"), SLICE("")));
	CHECK(!sasl_client_create(SASL_SCRAM_SHA_256_PLUS, SLICE("tim"), SLICE("x")));
	arena_finish(&arena);
}

CASE("RFC 2195 2: the example's digest")
{
	struct sasl_client *client = sasl_client_create(
		SASL_CRAM_MD5, SLICE("tim"), SLICE("tanstaaftanstaaf"));

	CHECK_NUMBER(sasl_client_step(client,
			     encoded("<1896.697170952@postoffice.reston.mci.net>")),
		SASL_CONTINUE);
	CHECK_SLICE(decoded(sasl_client_output(client)),
		"tim b913a602c7eda7a495b4e6e7334d3890");
	sasl_client_destroy(&client);
	arena_finish(&arena);
}

CASE("the best mechanism, and no password in the clear")
{
	enum sasl_mechanism m;
	unsigned all = SASL_BIT(SASL_MECHANISMS) - 1;
	unsigned clear = SASL_BIT(SASL_PLAIN) | SASL_BIT(SASL_LOGIN);

	CHECK(sasl_client_choose(all, false, &m) && m == SASL_SCRAM_SHA_256);
	CHECK(sasl_client_choose(clear | SASL_BIT(SASL_CRAM_MD5), true, &m) &&
		m == SASL_PLAIN);
	CHECK(sasl_client_choose(clear | SASL_BIT(SASL_CRAM_MD5), false, &m) &&
		m == SASL_CRAM_MD5);
	CHECK(sasl_client_choose(SASL_BIT(SASL_LOGIN), true, &m) && m == SASL_LOGIN);
	CHECK(!sasl_client_choose(clear, false, &m));
	CHECK(!sasl_client_choose(0, true, &m));
}

CASE("RFC 4013 3: SASLprep")
{
	static const struct {
		const char *text, *prepared; /* NULL: refused */
	} rows[] = {
		{"I\xc2\xadX", "IX"},
		{"user", "user"},
		{"USER", "USER"},
		{"\xc2\xaa", "a"},
		{"\xe2\x85\xa8", "IX"},
		{"\x07", NULL},
		{"\xd8\xa7\x31", NULL}, /* bidirectional check */
		{"\xff", NULL},
		{"a\xc2\xa0"
		 "b",
			"a b"},
	};
	char text[16];
	struct slice prepared;

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		bool right = sasl_prepare(
			slice_of(rows[i].text), text, sizeof(text), &prepared);

		CHECK_NUMBER(right, rows[i].prepared != NULL);
		if (right)
			CHECK_SLICE(prepared, rows[i].prepared);
	}
	CHECK(!sasl_prepare(SLICE("a\0b"), text, sizeof(text), &prepared));
	CHECK(!sasl_prepare(SLICE("0123456789abcdef"), text, sizeof(text), &prepared));
	CHECK(sasl_prepare(SLICE("0123456789abcde"), text, sizeof(text), &prepared));
}

CHECK_MAIN()
