/* Claims of tokens, as JSON. */
#include "account/token_claims.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/failure.h"

#define TIME_MOST 1e11 /* seconds: what is beyond is no time */

static struct slice text_of(json_t *value)
{
	return slice_make(json_string_value(value), json_string_length(value));
}

static json_t *parse(struct slice claims)
{
	json_t *root = json_loadb(
		claims.at ? claims.at : "", claims.size, JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(root))
		return root;
	json_decref(root);
	return NULL;
}

struct slice token_issuer(struct slice claims, struct arena *arena)
{
	json_t *root = parse(claims);
	struct slice issuer = arena_copy(arena, text_of(json_object_get(root, "iss")));

	json_decref(root);
	return issuer;
}

/* "aud" is a text or a list of them. */
static bool names_audience(json_t *audience, const char *wanted)
{
	if (json_is_string(audience))
		return slice_equal(text_of(audience), slice_of(wanted));
	for (size_t i = 0; i < json_array_size(audience); i++)
		if (slice_equal(text_of(json_array_get(audience, i)), slice_of(wanted)))
			return true;
	return false;
}

/* "scope" is words in one text (RFC 8693 4.2); "scp" what some call it, also as
 * a list. */
static bool has_scope(json_t *root, const char *wanted)
{
	json_t *scope = json_object_get(root, "scope");
	struct slice words;

	if (!scope)
		scope = json_object_get(root, "scp");
	for (size_t i = 0; i < json_array_size(scope); i++)
		if (slice_equal(text_of(json_array_get(scope, i)), slice_of(wanted)))
			return true;
	words = text_of(scope);
	while (words.size)
		if (slice_equal(slice_cut(&words, ' '), slice_of(wanted)))
			return true;
	return false;
}

/* A claim of seconds since 1970. False: it is there and makes no sense. */
static bool read_time(json_t *root, const char *name, int64_t *ms_r)
{
	json_t *value = json_object_get(root, name);
	double seconds = json_number_value(value);

	*ms_r = 0;
	if (!value)
		return true;
	if (!json_is_number(value) || !isfinite(seconds) || seconds <= 0 ||
		seconds > TIME_MOST)
		return false;
	*ms_r = (int64_t)(seconds * 1000);
	return true;
}

static bool check_times(
	json_t *root, bool introspected, int64_t now_ms, struct token_facts *facts)
{
	int64_t before_ms;

	if (!read_time(root, "exp", &facts->expires_ms) ||
		!read_time(root, "nbf", &before_ms))
		return fail(FAILURE_DATA, "token with times that make no sense");
	if (!facts->expires_ms && !introspected)
		return fail(FAILURE_DATA, "token that never expires");
	if (facts->expires_ms && facts->expires_ms + TOKEN_LEEWAY_MS <= now_ms)
		return fail(FAILURE_DATA, "token expired");
	if (before_ms > now_ms + TOKEN_LEEWAY_MS)
		return fail(FAILURE_DATA, "token not valid yet");
	return true;
}

static bool check(const struct config_oauth *oauth, json_t *root, bool introspected,
	int64_t now_ms, struct token_facts *facts)
{
	json_t *issuer = json_object_get(root, "iss"), *account, *verified;

	if (introspected && !json_is_true(json_object_get(root, "active")))
		return fail(FAILURE_DATA, "token not active");
	if ((issuer || !introspected) &&
		!slice_equal(text_of(issuer), slice_of(oauth->issuer)))
		return fail(FAILURE_DATA, "token of another issuer");
	if (!check_times(root, introspected, now_ms, facts))
		return false;
	if (oauth->audience &&
		!names_audience(json_object_get(root, "aud"), oauth->audience))
		return fail(FAILURE_DATA, "token for another audience");
	if (oauth->scope && !has_scope(root, oauth->scope))
		return fail(FAILURE_DATA, "token without the scope %s", oauth->scope);
	account = json_object_get(root, oauth->account_claim);
	facts->account = text_of(account);
	if (!facts->account.size)
		return fail(FAILURE_DATA, "token without the claim %s",
			oauth->account_claim);
	/* OpenID Connect 5.1: anybody may have written such an address. */
	verified = json_object_get(root, "email_verified");
	if (strcmp(oauth->account_claim, "email") == 0 && verified &&
		!json_is_true(verified) &&
		!slice_equal(text_of(verified), SLICE("true")))
		return fail(FAILURE_DATA, "token with an email that is not verified");
	return true;
}

bool token_claims_check(const struct config_oauth *oauth, struct slice claims,
	bool introspected, int64_t now_ms, struct arena *arena,
	struct token_facts *facts_r)
{
	struct token_facts facts = {.account = SLICE_EMPTY};
	json_t *root = parse(claims);
	bool good = root ? check(oauth, root, introspected, now_ms, &facts)
			 : fail(FAILURE_DATA, "token without claims");

	facts.account = good ? arena_copy(arena, facts.account) : SLICE_EMPTY;
	json_decref(root);
	if (good)
		*facts_r = facts;
	return good;
}
