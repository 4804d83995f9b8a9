/*
 * Tokens: the keys of issuers, and questions to them.
 */
#include "account/token.h"

#include "base/buffer.h"
#include "base/encode.h"
#include "base/event.h"
#include "base/failure.h"
#include "base/map.h"
#include "base/memory.h"
#include "io/fetch.h"
#include "run/fiber.h"
#include "run/worker.h"
#include "account/token_jws.h"

#define ANSWER_MAX  (256u << 10)
#define FETCH_MS    10000
#define ISSUERS_MAX 200 /* of this and earlier configurations */

struct issuer {
	char *url;		   /* of its keys */
	struct jws_keys *keys;	   /* NULL: none so far */
	int64_t read_us, tried_us; /* 0: never */
	bool fetching;
	struct condition fetched;
};

struct tokens {
	struct dns *dns;
	struct map issuers; /* by the URL of their keys */
};

struct tokens *tokens_create(struct dns *dns)
{
	struct tokens *tokens = NEW(struct tokens);

	tokens->dns = dns;
	return tokens;
}

void tokens_destroy(struct tokens **tokens)
{
	struct tokens *old = *tokens;
	struct map_cursor cursor = {0};
	struct slice key;
	void *value;

	*tokens = NULL;
	if (!old)
		return;
	while (map_next(&old->issuers, &cursor, &key, &value)) {
		struct issuer *issuer = value;

		jws_keys_free(&issuer->keys);
		memory_free(issuer->url);
		memory_free(issuer);
	}
	map_finish(&old->issuers);
	memory_free(old);
}

/* --- Keys --- */

static struct issuer *issuer_of(struct tokens *tokens, const struct config_oauth *oauth)
{
	struct issuer *issuer = map_find(&tokens->issuers, slice_of(oauth->jwks));

	if (issuer || tokens->issuers.count >= ISSUERS_MAX)
		return issuer;
	issuer = NEW(struct issuer);
	issuer->url = memory_copy_text(slice_of(oauth->jwks));
	condition_init(&issuer->fetched);
	map_set(&tokens->issuers, slice_of(issuer->url), issuer);
	return issuer;
}

static bool is_younger(int64_t us, int64_t ms)
{
	return us && worker_now_us() - us < ms * 1000;
}

static bool ask(struct tokens *tokens, const struct config_oauth *oauth,
	const char *url, struct fetch_options *options, struct arena *arena,
	struct fetch_response *response_r, struct deadline deadline)
{
	options->url = slice_of(url);
	options->size_max = ANSWER_MAX;
	options->ca_file = oauth->ca_file;
	options->private_addresses = oauth->private_addresses;
	options->dns = tokens->dns;
	if (!fetch(options, arena, response_r,
		    deadline_earlier(deadline, deadline_after_ms(FETCH_MS))))
		return false;
	return response_r->status == 200 ||
	       fail(FAILURE_NETWORK, "%s answered %u", url, response_r->status);
}

static void tell_trouble(const struct config_oauth *oauth)
{
	struct event event;

	event_begin(&event, EVENT_WARNING, "issuer_failed");
	event_text(&event, "issuer", slice_of(oauth->issuer));
	event_text(&event, "reason", slice_of(failure_last()->text));
	event_end(&event);
}

/* One fiber fetches, others wait for it. */
static void fetch_keys(struct tokens *tokens, const struct config_oauth *oauth,
	struct issuer *issuer, struct deadline deadline)
{
	struct fetch_options options = {.body = SLICE_EMPTY};
	struct fetch_response response;
	struct arena arena = {0};
	struct jws_keys *keys = NULL;

	if (issuer->fetching) {
		condition_wait(&issuer->fetched, deadline);
		return;
	}
	issuer->fetching = true;
	issuer->tried_us = worker_now_us();
	if (ask(tokens, oauth, oauth->jwks, &options, &arena, &response, deadline))
		keys = jws_keys_read(response.body);
	if (keys) {
		jws_keys_free(&issuer->keys);
		issuer->keys = keys;
		issuer->read_us = worker_now_us();
	} else {
		tell_trouble(oauth);
	}
	issuer->fetching = false;
	condition_broadcast(&issuer->fetched);
	arena_finish(&arena);
}

/* Keys that may be used; ANEW: the present ones are not enough. */
static const struct jws_keys *find_keys(struct tokens *tokens,
	const struct config_oauth *oauth, bool anew, struct deadline deadline)
{
	struct issuer *issuer = issuer_of(tokens, oauth);

	if (!issuer) {
		fail(FAILURE_LIMIT, "more than %d issuers", ISSUERS_MAX);
		return NULL;
	}
	if ((anew || !is_younger(issuer->read_us, TOKEN_KEYS_FRESH_MS)) &&
		(issuer->fetching ||
			!is_younger(issuer->tried_us, TOKEN_KEYS_AGAIN_MS)))
		fetch_keys(tokens, oauth, issuer, deadline);
	if (issuer->keys && is_younger(issuer->read_us, TOKEN_KEYS_STALE_MS))
		return issuer->keys;
	fail(FAILURE_NETWORK, "the keys of %s cannot be had", oauth->issuer);
	return NULL;
}

static bool check_signature(struct tokens *tokens, const struct config_oauth *oauth,
	struct jws *jws, struct deadline deadline)
{
	for (int anew = 0; anew < 2; anew++) {
		const struct jws_keys *keys = find_keys(tokens, oauth, anew, deadline);
		enum jws_verdict verdict;

		if (!keys)
			return false;
		verdict = jws_verify(jws, keys);
		if (verdict == JWS_GOOD)
			return true;
		if (verdict == JWS_BAD)
			break;
	}
	return fail(FAILURE_DATA, "token with a wrong signature");
}

/* --- Introspection (RFC 7662) --- */

/* application/x-www-form-urlencoded */
static void append_encoded(struct buffer *into, struct slice text)
{
	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.at[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			     (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
			     c == '_' || c == '~';

		if (plain)
			buffer_append_byte(into, (char)c);
		else
			buffer_append_format(into, "%%%02X", c);
	}
}

struct secret_job {
	const struct config *config;
	const struct config_oauth *oauth;
	struct buffer secret;
	bool read;
	struct failure failure;
};

static void read_secret_job(void *arg)
{
	struct secret_job *job = arg;

	job->read = config_read_secret(job->config, job->oauth->mark,
		job->oauth->client_secret_file, &job->secret);
	if (!job->read)
		job->failure = *failure_last();
}

/* "Authorization: Basic …" (RFC 6749 2.3.1); the file is read each time, so that a
 * new secret needs no reload. */
static bool make_authorization(const struct config *config,
	const struct config_oauth *oauth, struct buffer *header,
	struct deadline deadline)
{
	struct secret_job job = {.config = config, .oauth = oauth};
	struct buffer both = {0};
	struct arena arena = {0};
	bool made = offload(read_secret_job, &job, deadline);

	if (made && !job.read)
		made = fail(job.failure.kind, "%s", job.failure.text);
	if (made) {
		append_encoded(&both, slice_of(oauth->client_id));
		buffer_append_byte(&both, ':');
		append_encoded(&both, buffer_contents(&job.secret));
		buffer_append(header, SLICE("Authorization: Basic "));
		buffer_append(header, base64_encode_in(&arena, buffer_contents(&both)));
	}
	buffer_wipe(&both);
	buffer_wipe(&job.secret);
	arena_finish(&arena);
	return made;
}

static bool introspect(struct tokens *tokens, const struct config *config,
	const struct config_oauth *oauth, struct slice token, struct arena *arena,
	struct token_facts *facts_r, struct deadline deadline)
{
	struct buffer body = {0}, authorization = {0};
	struct slice headers[] = {
		SLICE("Content-Type: application/x-www-form-urlencoded"),
		SLICE("Accept: application/json"), SLICE_EMPTY};
	struct fetch_options options = {.headers = headers, .header_count = 2};
	struct fetch_response response;
	bool good;

	buffer_append(&body, SLICE("token_type_hint=access_token&token="));
	append_encoded(&body, token);
	options.body = buffer_contents(&body);
	good = !oauth->client_id ||
	       make_authorization(config, oauth, &authorization, deadline);
	if (good && oauth->client_id) {
		headers[2] = buffer_contents(&authorization);
		options.header_count = 3;
	}
	good = good && ask(tokens, oauth, oauth->introspection, &options, arena,
			       &response, deadline);
	if (!good)
		tell_trouble(oauth);
	buffer_wipe(&body);
	buffer_wipe(&authorization);
	return good && token_claims_check(oauth, response.body, true, worker_wall_ms(),
			       arena, facts_r);
}

/* --- Which way --- */

/* A token that says its issuer is that one's; any other, of who can be asked. */
static const struct config_oauth *find_issuer(
	const struct config *config, struct slice issuer)
{
	for (size_t i = 0; i < config->oauth_count; i++) {
		const struct config_oauth *oauth = &config->oauth[i];

		if (issuer.size ? slice_equal(issuer, slice_of(oauth->issuer))
				: oauth->introspection != NULL)
			return oauth;
	}
	return NULL;
}

bool token_check(struct tokens *tokens, const struct config *config, struct slice token,
	struct arena *arena, struct token_facts *facts_r, struct deadline deadline)
{
	struct jws *jws = jws_open(token);
	struct slice issuer = jws ? token_issuer(jws_payload(jws), arena) : SLICE_EMPTY;
	const struct config_oauth *oauth = find_issuer(config, issuer);
	bool good;

	if (!oauth)
		good = fail(FAILURE_DATA, "token of an issuer that is not configured");
	else if (jws && oauth->jwks)
		good = check_signature(tokens, oauth, jws, deadline) &&
		       token_claims_check(oauth, jws_payload(jws), false,
			       worker_wall_ms(), arena, facts_r);
	else if (oauth->introspection)
		good = introspect(
			tokens, config, oauth, token, arena, facts_r, deadline);
	else
		good = fail(FAILURE_DATA, "token that is not signed");
	jws_close(&jws);
	return good;
}
