/*
 * OAUTHBEARER: "n,a=user,^Ahost=h^Aport=p^Aauth=Bearer T^A^A"
 * XOAUTH2:     "user=NAME^Aauth=Bearer T^A^A"
 */
#include "mail/sasl_bearer.h"

#include <ctype.h>
#include <string.h>

#define SEPARATOR '\1'

/* RFC 6750 2.1: letters, digits, "-._~+/", then any number of '='. */
static bool is_token(struct slice token)
{
	size_t at = 0;

	while (at < token.size && token.at[at] &&
		(isalnum((unsigned char)token.at[at]) ||
			strchr("-._~+/", token.at[at])))
		at++;
	if (at == 0)
		return false;
	while (at < token.size && token.at[at] == '=')
		at++;
	return at == token.size;
}

/* RFC 5801 4: "=2C" is a comma, "=3D" an equals sign, no other escape. */
static bool unescape(struct slice name, char *text, struct slice *name_r)
{
	size_t size = 0;

	for (size_t at = 0; at < name.size; at++) {
		char c = name.at[at];

		if (c == '=') {
			struct slice escape = slice_part(name, at + 1, 2);

			if (!slice_equal(escape, SLICE("2C")) &&
				!slice_equal(escape, SLICE("3D")))
				return false;
			c = slice_equal(escape, SLICE("2C")) ? ',' : '=';
			at += 2;
		}
		if (size == SASL_NAME_MAX)
			return false;
		text[size++] = c;
	}
	text[size] = '\0';
	*name_r = slice_make(text, size);
	return true;
}

/* The GS2 header: no channel binding is possible with a bearer token. */
static bool read_header(struct slice *rest, char *text, struct slice *user_r)
{
	struct slice header = slice_cut(rest, SEPARATOR);
	struct slice flag = slice_cut(&header, ','), authzid;

	if (!slice_equal(flag, SLICE("n")) && !slice_equal(flag, SLICE("y")))
		return false;
	if (!slice_ends(header, SLICE(",")))
		return false;
	authzid = slice_part(header, 0, header.size - 1);
	if (authzid.size == 0)
		return true;
	return slice_starts(authzid, SLICE("a=")) &&
	       unescape(slice_from(authzid, 2), text, user_r);
}

static bool read_user(struct slice *rest, char *text, struct slice *user_r)
{
	struct slice pair = slice_cut(rest, SEPARATOR);

	if (!slice_starts(pair, SLICE("user=")))
		return false;
	pair = slice_from(pair, 5);
	if (pair.size > SASL_NAME_MAX)
		return false;
	memcpy(text, pair.at, pair.size);
	text[pair.size] = '\0';
	*user_r = slice_make(text, pair.size);
	return true;
}

bool sasl_bearer_parse(enum sasl_mechanism mechanism, struct slice message, char *text,
	struct sasl_bearer *bearer_r)
{
	struct sasl_bearer bearer = {.user = SLICE_EMPTY};
	struct slice rest = message, pair;

	if (!slice_ends(message, SLICE("\1\1")) ||
		!(mechanism == SASL_XOAUTH2 ? read_user(&rest, text, &bearer.user)
					    : read_header(&rest, text, &bearer.user)))
		return false;
	while (rest.size > 1) {
		pair = slice_cut(&rest, SEPARATOR);
		if (slice_index(pair, '=') >= pair.size)
			return false;
		if (!slice_starts_nocase(pair, SLICE("auth=")))
			continue;
		pair = slice_from(pair, 5);
		if (bearer.token.size || !slice_starts_nocase(pair, SLICE("Bearer ")))
			return false;
		bearer.token = slice_from(pair, 7);
		while (slice_starts(bearer.token, SLICE(" ")))
			bearer.token = slice_from(bearer.token, 1);
		if (!is_token(bearer.token))
			return false;
	}
	*bearer_r = bearer;
	return bearer.token.size > 0;
}

struct slice sasl_bearer_challenge(enum sasl_mechanism mechanism)
{
	return mechanism == SASL_XOAUTH2
		       ? SLICE("{\"status\":\"401\",\"schemes\":\"bearer\"}")
		       : SLICE("{\"status\":\"invalid_token\"}");
}
