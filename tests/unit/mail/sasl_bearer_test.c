/* OAUTHBEARER (RFC 7628) and XOAUTH2. */
#include "mail/sasl_bearer.h"

#include "base/encode.h"
#include "base/memory.h"
#include "check.h"
#include "mail/sasl_server.h"

static struct arena arena;

static const struct row {
	enum sasl_mechanism mechanism;
	const char *message;
	const char *user, *token; /* NULL: refused */
} rows[] = {
	/* RFC 7628 4.1, with its host and port */
	{SASL_OAUTHBEARER,
		"n,a=user@example.com,\1host=server.example.com\1port=143\1"
		"auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1",
		"user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="},
	{SASL_OAUTHBEARER, "n,,\1auth=Bearer x\1\1", "", "x"},
	{SASL_OAUTHBEARER, "y,,\1auth=bearer   a.b-c_d~e+f/=\1\1", "", "a.b-c_d~e+f/="},
	{SASL_OAUTHBEARER, "n,a=a=2Cb=3Dc,\1auth=Bearer x\1\1", "a,b=c", "x"},
	{SASL_OAUTHBEARER, "n,,\1", NULL, NULL},
	{SASL_OAUTHBEARER, "n,,\1\1", NULL, NULL},
	{SASL_OAUTHBEARER, "n,,\1auth=Bearer x\1", NULL, NULL},
	{SASL_OAUTHBEARER, "n,,\1auth=Bearer \1\1", NULL, NULL},
	{SASL_OAUTHBEARER, "n,,\1auth=Basic eA==\1\1", NULL, NULL},
	{SASL_OAUTHBEARER, "n,,\1auth=Bearer x y\1\1", NULL, NULL},
	{SASL_OAUTHBEARER, "n,,\1auth=Bearer =x\1\1", NULL, NULL},
	{SASL_OAUTHBEARER, "n,,\1auth=Bearer x\1auth=Bearer y\1\1", NULL, NULL},
	{SASL_OAUTHBEARER, "n,,\1nonsense\1auth=Bearer x\1\1", NULL, NULL},
	{SASL_OAUTHBEARER, "p=tls-unique,,\1auth=Bearer x\1\1", NULL, NULL},
	{SASL_OAUTHBEARER, "n,b=x,\1auth=Bearer x\1\1", NULL, NULL},
	{SASL_OAUTHBEARER, "n,a=x\1auth=Bearer x\1\1", NULL, NULL},
	{SASL_OAUTHBEARER, "n,a=x=2,\1auth=Bearer x\1\1", NULL, NULL},
	{SASL_OAUTHBEARER, "n,a=x=2d,\1auth=Bearer x\1\1", NULL, NULL},
	{SASL_OAUTHBEARER, "user=a\1auth=Bearer x\1\1", NULL, NULL},
	{SASL_XOAUTH2, "user=someuser@example.com\1auth=Bearer ya29.vF9dft4qmTc\1\1",
		"someuser@example.com", "ya29.vF9dft4qmTc"},
	{SASL_XOAUTH2, "user=a=b\1auth=Bearer x\1\1", "a=b", "x"},
	{SASL_XOAUTH2, "user=\1auth=Bearer x\1\1", "", "x"},
	{SASL_XOAUTH2, "auth=Bearer x\1\1", NULL, NULL},
	{SASL_XOAUTH2, "n,,\1auth=Bearer x\1\1", NULL, NULL},
	{SASL_XOAUTH2, "user=a\1auth=Bearer x\1", NULL, NULL},
	{SASL_XOAUTH2, "", NULL, NULL},
};

CASE("what a client says is taken apart, or refused")
{
	char text[SASL_NAME_MAX + 1];

	for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
		struct sasl_bearer bearer = {.user = SLICE_EMPTY};
		bool read = sasl_bearer_parse(
			rows[i].mechanism, slice_of(rows[i].message), text, &bearer);

		CHECK_NUMBER(read, rows[i].token != NULL);
		if (!read)
			continue;
		CHECK_SLICE(bearer.user, rows[i].user);
		CHECK_SLICE(bearer.token, rows[i].token);
	}
}

CASE("a name longer than any account's is refused")
{
	char text[SASL_NAME_MAX + 1], message[SASL_NAME_MAX + 64];
	struct sasl_bearer bearer;

	for (int more = 0; more < 2; more++) {
		int size = SASL_NAME_MAX + more;

		snprintf(message, sizeof(message), "user=%0*d\1auth=Bearer x\1\1", size,
			0);
		CHECK_NUMBER(sasl_bearer_parse(
				     SASL_XOAUTH2, slice_of(message), text, &bearer),
			!more);
		snprintf(message, sizeof(message), "n,a=%0*d,\1auth=Bearer x\1\1", size,
			0);
		CHECK_NUMBER(sasl_bearer_parse(SASL_OAUTHBEARER, slice_of(message),
				     text, &bearer),
			!more);
	}
}

/* RFC 7628 3.2.2, 3.2.3: a challenge of JSON, an answer, and only then no. */
CASE("the server asks for the token to be verified, and tells why it is refused")
{
	for (int xoauth2 = 0; xoauth2 < 2; xoauth2++)
		for (int initial = 0; initial < 2; initial++)
			for (int right = 0; right < 2; right++) {
				enum sasl_mechanism mechanism =
					xoauth2 ? SASL_XOAUTH2 : SASL_OAUTHBEARER;
				struct sasl_server *server = sasl_server_create(
					mechanism, NULL, false);
				struct slice message = base64_encode_in(&arena,
					xoauth2 ? SLICE("user=tim\1auth=Bearer x\1\1")
						: SLICE("n,a=tim,\1auth=Bearer "
							"x\1\1"));
				enum sasl_progress progress;

				CHECK(server != NULL);
				progress = sasl_server_start(
					server, initial ? message : SLICE_EMPTY);
				if (!initial) {
					CHECK_NUMBER(progress, SASL_CONTINUE);
					CHECK_SLICE(sasl_server_output(server), "");
					progress = sasl_server_step(server, message);
				}
				CHECK_NUMBER(progress, SASL_NEED_TOKEN_CHECK);
				CHECK_SLICE(sasl_server_username(server), "tim");
				CHECK_SLICE(sasl_server_token(server), "x");
				progress = sasl_server_give_verdict(server, right);
				CHECK_NUMBER(
					progress, right ? SASL_DONE : SASL_CONTINUE);
				CHECK_SLICE(sasl_server_token(server), "");
				if (!right) {
					CHECK(sasl_server_output(server).size > 0);
					CHECK_NUMBER(
						sasl_server_step(server, SLICE("AQ==")),
						SASL_FAILED);
					CHECK_NUMBER(
						sasl_server_refusal(server).code, 535);
				}
				sasl_server_destroy(&server);
			}
	arena_finish(&arena);
}

CASE("what cannot be read fails at once")
{
	struct sasl_server *server = sasl_server_create(SASL_XOAUTH2, NULL, false);

	CHECK_NUMBER(sasl_server_start(server, SLICE("dXNlcj0=")), SASL_FAILED);
	CHECK_NUMBER(sasl_server_refusal(server).code, 535);
	sasl_server_destroy(&server);
}

CHECK_MAIN()
