/*
 * The only user of GNU SASL: sessions, key derivation, SASLprep.
 *
 * The library's own state is made once and never changed after, so threads
 * share it. Its one callback never gets an answer from outside: what a session
 * needs is set as properties before the step that needs it, and a password to
 * verify is noted and refused, so the library alone never lets anybody in.
 */
#include "mail/sasl_gsasl.h"

#include <assert.h>
#include <gsasl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/memory.h"

struct sasl_engine {
	Gsasl_session *session;
	bool asked; /* a password is there to be verified */
	char *output;
	size_t output_size;
};

static Gsasl *library;
static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void start_library(void);
static int call_back(Gsasl *context, Gsasl_session *session, Gsasl_property property);
static Gsasl_property property_of(enum sasl_property property);
static void wipe_property(Gsasl_session *session, Gsasl_property property);
static void drop_output(struct sasl_engine *engine);

struct sasl_engine *sasl_engine_create(enum sasl_mechanism mechanism, bool server)
{
	struct sasl_engine *engine = NEW(struct sasl_engine);
	const char *name = sasl_mechanism_name(mechanism);
	int result;

	pthread_once(&library_once, start_library);
	result = server ? gsasl_server_start(library, name, &engine->session)
			: gsasl_client_start(library, name, &engine->session);
	if (result != GSASL_OK) {
		memory_free(engine);
		return NULL;
	}
	gsasl_session_hook_set(engine->session, engine);
	return engine;
}

void sasl_engine_destroy(struct sasl_engine **engine)
{
	if (!*engine)
		return;
	drop_output(*engine);
	wipe_property((*engine)->session, GSASL_PASSWORD);
	wipe_property((*engine)->session, GSASL_SCRAM_SALTED_PASSWORD);
	wipe_property((*engine)->session, GSASL_SCRAM_STOREDKEY);
	wipe_property((*engine)->session, GSASL_SCRAM_SERVERKEY);
	gsasl_finish((*engine)->session);
	memory_free(*engine);
	*engine = NULL;
}

void sasl_engine_set(
	struct sasl_engine *engine, enum sasl_property property, struct slice text)
{
	int result = gsasl_property_set_raw(
		engine->session, property_of(property), text.at, text.size);

	assert(result == GSASL_OK);
}

void sasl_engine_set_base64(
	struct sasl_engine *engine, enum sasl_property property, struct slice bytes)
{
	char text[BASE64_SIZE(SASL_KEY_SIZE * 2)];

	assert(bytes.size <= SASL_KEY_SIZE * 2);
	sasl_engine_set(engine, property, slice_make(text, base64_encode(bytes, text)));
	memory_wipe(text, sizeof(text));
}

void sasl_engine_set_keys(
	struct sasl_engine *engine, const struct sasl_scram_keys *keys)
{
	char iterations[24];

	snprintf(iterations, sizeof(iterations), "%u", keys->iterations);
	sasl_engine_set(engine, SASL_PROPERTY_ITERATIONS, slice_of(iterations));
	sasl_engine_set_base64(
		engine, SASL_PROPERTY_SALT, slice_make(keys->salt, SASL_SALT_SIZE));
	sasl_engine_set_base64(engine, SASL_PROPERTY_STORED_KEY,
		slice_make(keys->stored_key, SASL_KEY_SIZE));
	sasl_engine_set_base64(engine, SASL_PROPERTY_SERVER_KEY,
		slice_make(keys->server_key, SASL_KEY_SIZE));
}

struct slice sasl_engine_get(struct sasl_engine *engine, enum sasl_property property)
{
	return slice_of(gsasl_property_fast(engine->session, property_of(property)));
}

enum sasl_result sasl_engine_step(
	struct sasl_engine *engine, struct slice input, struct slice *output_r)
{
	int result;

	drop_output(engine);
	engine->asked = false;
	result = gsasl_step(engine->session, input.at ? input.at : "", input.size,
		&engine->output, &engine->output_size);
	*output_r = slice_make(engine->output, engine->output_size);
	if (engine->asked)
		return SASL_RESULT_ASKS;
	if (result == GSASL_NEEDS_MORE)
		return SASL_RESULT_MORE;
	return result == GSASL_OK ? SASL_RESULT_OK : SASL_RESULT_ERROR;
}

bool sasl_engine_derive(const char *password, struct slice salt, unsigned iterations,
	uint8_t stored_key[SASL_KEY_SIZE], uint8_t server_key[SASL_KEY_SIZE])
{
	char salted[GSASL_HASH_MAX_SIZE], client[GSASL_HASH_MAX_SIZE];
	char server[GSASL_HASH_MAX_SIZE], stored[GSASL_HASH_MAX_SIZE];
	int result;

	static_assert(GSASL_HASH_SHA256_SIZE == SASL_KEY_SIZE, "keys are SHA-256");
	pthread_once(&library_once, start_library);
	result = gsasl_scram_secrets_from_password(GSASL_HASH_SHA256, password,
		iterations, salt.at, salt.size, salted, client, server, stored);
	if (result == GSASL_OK) {
		memcpy(stored_key, stored, SASL_KEY_SIZE);
		memcpy(server_key, server, SASL_KEY_SIZE);
	}
	memory_wipe(salted, sizeof(salted));
	memory_wipe(client, sizeof(client));
	memory_wipe(server, sizeof(server));
	memory_wipe(stored, sizeof(stored));
	return result == GSASL_OK;
}

bool sasl_engine_prepare(
	const char *text, char *prepared, size_t size, struct slice *prepared_r)
{
	char *found = NULL;
	size_t length;
	bool fits;

	pthread_once(&library_once, start_library);
	if (gsasl_saslprep(text, GSASL_ALLOW_UNASSIGNED, &found, NULL) != GSASL_OK)
		return false;
	length = strlen(found);
	fits = length < size;
	if (fits) {
		memcpy(prepared, found, length + 1);
		*prepared_r = slice_make(prepared, length);
	}
	memory_wipe(found, length);
	gsasl_free(found);
	return fits;
}

static void start_library(void)
{
	int result = gsasl_init(&library);

	assert(result == GSASL_OK);
	gsasl_callback_set(library, call_back);
}

static int call_back(Gsasl *context, Gsasl_session *session, Gsasl_property property)
{
	struct sasl_engine *engine = gsasl_session_hook_get(session);

	if (property != GSASL_VALIDATE_SIMPLE || !engine)
		return GSASL_NO_CALLBACK;
	engine->asked = true;
	return GSASL_AUTHENTICATION_ERROR;
}

static Gsasl_property property_of(enum sasl_property property)
{
	static const Gsasl_property properties[] = {
		[SASL_PROPERTY_USERNAME] = GSASL_AUTHID,
		[SASL_PROPERTY_AUTHZID] = GSASL_AUTHZID,
		[SASL_PROPERTY_PASSWORD] = GSASL_PASSWORD,
		[SASL_PROPERTY_ITERATIONS] = GSASL_SCRAM_ITER,
		[SASL_PROPERTY_SALT] = GSASL_SCRAM_SALT,
		[SASL_PROPERTY_STORED_KEY] = GSASL_SCRAM_STOREDKEY,
		[SASL_PROPERTY_SERVER_KEY] = GSASL_SCRAM_SERVERKEY,
		[SASL_PROPERTY_TLS_UNIQUE] = GSASL_CB_TLS_UNIQUE,
		[SASL_PROPERTY_TLS_EXPORTER] = GSASL_CB_TLS_EXPORTER,
	};

	return properties[property];
}

/* The library frees its copies as they are: overwrite them while we can. */
static void wipe_property(Gsasl_session *session, Gsasl_property property)
{
	const char *text = gsasl_property_fast(session, property);

	if (text)
		memory_wipe((char *)(uintptr_t)text, strlen(text));
}

static void drop_output(struct sasl_engine *engine)
{
	if (engine->output)
		memory_wipe(engine->output, engine->output_size);
	gsasl_free(engine->output);
	engine->output = NULL;
	engine->output_size = 0;
}
