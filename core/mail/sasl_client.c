/*
 * The client's side of a SASL exchange, for smarthosts that want a password.
 */
#include "mail/sasl_client.h"

#include <string.h>

#include "base/encode.h"
#include "base/memory.h"
#include "mail/sasl_gsasl.h"
#include "mail/sasl_scram.h"

struct sasl_client {
	enum sasl_mechanism mechanism;
	struct sasl_engine *engine;
	bool has_initial;
	bool complete;
	bool cancelled;
	bool checked; /* SCRAM: the server's first message was looked at */
	char *output; /* base64 */
	size_t output_size;
};

static bool is_usable(struct slice text, size_t max);
static enum sasl_progress advance(struct sasl_client *client, struct slice message);
static void set_output(struct sasl_client *client, struct slice bytes);
static enum sasl_progress cancel(struct sasl_client *client);
static void drop_output(struct sasl_client *client);

bool sasl_client_choose(unsigned offered, bool tls, enum sasl_mechanism *mechanism_r)
{
	static const struct {
		enum sasl_mechanism mechanism;
		bool needs_tls;
	} order[] = {{SASL_SCRAM_SHA_256, false}, {SASL_PLAIN, true},
		{SASL_LOGIN, true}, {SASL_CRAM_MD5, false}};

	for (size_t i = 0; i < ARRAY_COUNT(order); i++) {
		if (!(offered & SASL_BIT(order[i].mechanism)) ||
			(order[i].needs_tls && !tls))
			continue;
		*mechanism_r = order[i].mechanism;
		return true;
	}
	return false;
}

struct sasl_client *sasl_client_create(
	enum sasl_mechanism mechanism, struct slice username, struct slice password)
{
	struct sasl_client *client;

	if (mechanism >= SASL_SCRAM_SHA_256_PLUS ||
		!is_usable(username, SASL_NAME_MAX) ||
		!is_usable(password, SASL_PASSWORD_MAX))
		return NULL;
	client = NEW(struct sasl_client);
	client->mechanism = mechanism;
	client->engine = sasl_engine_create(mechanism, false);
	if (!client->engine) {
		sasl_client_destroy(&client);
		return NULL;
	}
	sasl_engine_set(client->engine, SASL_PROPERTY_USERNAME, username);
	sasl_engine_set(client->engine, SASL_PROPERTY_PASSWORD, password);
	client->has_initial = mechanism == SASL_PLAIN ||
			      mechanism == SASL_SCRAM_SHA_256;
	if (client->has_initial && advance(client, SLICE_EMPTY) != SASL_CONTINUE)
		sasl_client_destroy(&client);
	return client;
}

void sasl_client_destroy(struct sasl_client **client)
{
	if (!*client)
		return;
	sasl_engine_destroy(&(*client)->engine);
	drop_output(*client);
	memory_free(*client);
	*client = NULL;
}

bool sasl_client_has_initial(const struct sasl_client *client)
{
	return client->has_initial;
}

enum sasl_progress sasl_client_step(struct sasl_client *client, struct slice challenge)
{
	enum sasl_progress progress;
	size_t size;
	char *bytes;

	if (client->cancelled || challenge.size > SASL_LINE_MAX)
		return cancel(client);
	bytes = memory_allocate(challenge.size + 1);
	/* LOGIN's prompts are for nobody; some servers forget to encode them. */
	if (client->mechanism == SASL_LOGIN)
		progress = advance(client, SLICE("prompt"));
	else if (base64_decode(challenge, bytes, &size))
		progress = advance(client, slice_make(bytes, size));
	else
		progress = cancel(client);
	memory_free(bytes);
	return progress;
}

struct slice sasl_client_output(const struct sasl_client *client)
{
	return slice_make(client->output ? client->output : "", client->output_size);
}

bool sasl_client_is_complete(const struct sasl_client *client)
{
	return client->complete;
}

/* The library stops at a NUL. */
static bool is_usable(struct slice text, size_t max)
{
	return text.size > 0 && text.size <= max && !memchr(text.at, '\0', text.size);
}

static enum sasl_progress advance(struct sasl_client *client, struct slice message)
{
	struct slice output;

	if (client->complete)
		return cancel(client);
	if (client->mechanism == SASL_SCRAM_SHA_256 && message.size > 0 &&
		!client->checked) {
		if (!sasl_scram_challenge_is_sound(message))
			return cancel(client);
		client->checked = true;
	}
	switch (sasl_engine_step(client->engine, message, &output)) {
	case SASL_RESULT_OK:
		client->complete = true;
		set_output(client, output);
		return SASL_CONTINUE;
	case SASL_RESULT_MORE:
		set_output(client, output);
		return SASL_CONTINUE;
	default:
		return cancel(client);
	}
}

static void set_output(struct sasl_client *client, struct slice bytes)
{
	drop_output(client);
	client->output_size = BASE64_SIZE(bytes.size);
	client->output = memory_allocate(client->output_size + 1);
	base64_encode(bytes, client->output);
}

static enum sasl_progress cancel(struct sasl_client *client)
{
	drop_output(client);
	client->complete = false;
	client->cancelled = true;
	client->output = memory_copy_text(SLICE("*"));
	client->output_size = 1;
	return SASL_FAILED;
}

static void drop_output(struct sasl_client *client)
{
	if (client->output)
		memory_wipe(client->output, client->output_size);
	memory_free(client->output);
	client->output = NULL;
	client->output_size = 0;
}
