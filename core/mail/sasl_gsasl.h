/*
 * GNU SASL, below sasl*.c only: one side of one exchange, bytes in and out.
 */
#ifndef RINGPOST_MAIL_SASL_GSASL_H
#define RINGPOST_MAIL_SASL_GSASL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "mail/sasl.h"

struct sasl_engine;

enum sasl_property {
	SASL_PROPERTY_USERNAME,
	SASL_PROPERTY_AUTHZID,
	SASL_PROPERTY_PASSWORD,
	SASL_PROPERTY_ITERATIONS,
	SASL_PROPERTY_SALT, /* base64, like those below */
	SASL_PROPERTY_STORED_KEY,
	SASL_PROPERTY_SERVER_KEY,
	SASL_PROPERTY_TLS_UNIQUE,
	SASL_PROPERTY_TLS_EXPORTER,
};

enum sasl_result {
	SASL_RESULT_MORE,  /* send the output, feed the answer */
	SASL_RESULT_OK,	   /* this side is content; there may be output to send */
	SASL_RESULT_ASKS,  /* server: a password is there to be verified */
	SASL_RESULT_ERROR, /* malformed or not authentic */
};

/* NULL: the library was built without the mechanism. */
struct sasl_engine *sasl_engine_create(enum sasl_mechanism mechanism, bool server);
/* Wipes what secrets the library lets us see. */
void sasl_engine_destroy(struct sasl_engine **engine);

/* TEXT holds no NUL. A property not set is not there: nothing calls back. */
void sasl_engine_set(
	struct sasl_engine *engine, enum sasl_property property, struct slice text);
void sasl_engine_set_base64(
	struct sasl_engine *engine, enum sasl_property property, struct slice bytes);
/* What a server needs to know for SCRAM. */
void sasl_engine_set_keys(
	struct sasl_engine *engine, const struct sasl_scram_keys *keys);
/* Empty when not set; valid until the next call. */
struct slice sasl_engine_get(struct sasl_engine *engine, enum sasl_property property);

/* *output_r: valid until the next step or destroy; maybe empty. */
enum sasl_result sasl_engine_step(
	struct sasl_engine *engine, struct slice input, struct slice *output_r);

/* PBKDF2 and RFC 5802 3 with SHA-256; false when SASLprep refuses PASSWORD. */
bool sasl_engine_derive(const char *password, struct slice salt, unsigned iterations,
	uint8_t stored_key[SASL_KEY_SIZE], uint8_t server_key[SASL_KEY_SIZE]);
/* As sasl_prepare; TEXT is NUL-terminated. */
bool sasl_engine_prepare(
	const char *text, char *prepared, size_t size, struct slice *prepared_r);

#endif
