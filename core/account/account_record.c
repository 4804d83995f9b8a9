/*
 * An account as the JSON that is stored.
 *
 * Keys that are not known are refused, not dropped: a record written by a
 * newer version may say what an account may not do.
 */
#include "account/account_record.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/failure.h"
#include "base/memory.h"
#include "account/account_app.h"
#include "queue/envelope.h"

#define VERSION 1

static json_t *scram_to_json(const struct sasl_scram_keys *keys);
static json_t *texts_to_json(const struct slice *texts, size_t count);
static json_t *apps_to_json(const struct account *account);
static json_t *totp_to_json(const struct account *account);
static json_t *text_to_json(struct slice text);
static json_t *bytes_to_json(const uint8_t *bytes, size_t size);
static bool read_members(
	json_t *root, struct arena *arena, struct account *account_r, const char **why);
static bool read_scram(json_t *scram, struct sasl_scram_keys *keys_r);
static bool read_texts(json_t *list, size_t most, struct arena *arena,
	struct slice **texts_r, size_t *count_r);
static bool read_apps(json_t *apps, struct arena *arena, struct account *account_r);
static bool read_totp(json_t *totp, struct account *account_r);
static bool read_bytes(json_t *text, uint8_t *bytes, size_t size);

struct slice account_record_write(const struct account *account, struct arena *arena)
{
	json_t *root = json_object();
	struct slice record;
	char *text;

	json_object_set_new(root, "version", json_integer(VERSION));
	json_object_set_new(root, "hash", text_to_json(account->hash));
	if (account->scram.iterations)
		json_object_set_new(root, "scram", scram_to_json(&account->scram));
	if (account->cram_password.size)
		json_object_set_new(root, "cram", text_to_json(account->cram_password));
	if (account->disabled)
		json_object_set_new(root, "disabled", json_true());
	if (account->sender_count)
		json_object_set_new(root, "senders",
			texts_to_json(account->senders, account->sender_count));
	if (account->address_count)
		json_object_set_new(root, "addresses",
			texts_to_json(account->addresses, account->address_count));
	if (account->quota_bytes)
		json_object_set_new(root, "quota_bytes",
			json_integer((json_int_t)account->quota_bytes));
	if (account->quota_messages)
		json_object_set_new(root, "quota_messages",
			json_integer((json_int_t)account->quota_messages));
	if (account->app_count)
		json_object_set_new(root, "apps", apps_to_json(account));
	if (account->has_totp)
		json_object_set_new(root, "totp", totp_to_json(account));
	if (account->tenant.size)
		json_object_set_new(root, "tenant", text_to_json(account->tenant));
	json_object_set_new(root, "messages_per_hour",
		json_integer((json_int_t)account->messages_per_hour));
	json_object_set_new(root, "recipients_per_message",
		json_integer((json_int_t)account->recipients_per_message));
	json_object_set_new(
		root, "sessions", json_integer((json_int_t)account->sessions));
	json_object_set_new(root, "created_ms", json_integer(account->created_ms));
	json_object_set_new(root, "changed_ms", json_integer(account->changed_ms));
	text = json_dumps(root, JSON_COMPACT);
	record = arena_copy(arena, slice_of(text));
	if (text)
		memory_wipe(text, strlen(text));
	free(text);
	json_decref(root);
	return record;
}

bool account_record_read(struct slice record, struct slice name, struct arena *arena,
	struct account *account_r)
{
	struct account account = {.name = arena_copy(arena, name)};
	const char *why = "it is not JSON";
	json_error_t error;
	json_t *root = json_loadb(
		record.at, record.size, JSON_REJECT_DUPLICATES, &error);
	bool read = json_is_object(root) && read_members(root, arena, &account, &why);

	json_decref(root);
	if (!read)
		return fail(FAILURE_STORE,
			"the record of account %.*s cannot be understood: %s",
			SLICE_PRINT(name), why);
	*account_r = account;
	return true;
}

static json_t *scram_to_json(const struct sasl_scram_keys *keys)
{
	json_t *scram = json_object();

	json_object_set_new(scram, "iterations", json_integer(keys->iterations));
	json_object_set_new(scram, "salt", bytes_to_json(keys->salt, SASL_SALT_SIZE));
	json_object_set_new(
		scram, "stored_key", bytes_to_json(keys->stored_key, SASL_KEY_SIZE));
	json_object_set_new(
		scram, "server_key", bytes_to_json(keys->server_key, SASL_KEY_SIZE));
	return scram;
}

static json_t *texts_to_json(const struct slice *texts, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, text_to_json(texts[i]));
	return list;
}

static json_t *totp_to_json(const struct account *account)
{
	json_t *totp = json_object();

	json_object_set_new(
		totp, "secret", bytes_to_json(account->totp, TOTP_SECRET_SIZE));
	json_object_set_new(totp, "used", json_integer((json_int_t)account->totp_used));
	return totp;
}

static json_t *apps_to_json(const struct account *account)
{
	json_t *list = json_array();

	for (size_t i = 0; i < account->app_count; i++) {
		const struct account_app *app = &account->apps[i];
		json_t *object = json_object();

		json_object_set_new(object, "label", text_to_json(app->label));
		json_object_set_new(object, "scopes",
			text_to_json(account_scopes_print(app->scopes)));
		json_object_set_new(object, "scram", scram_to_json(&app->scram));
		json_object_set_new(
			object, "created_ms", json_integer(app->created_ms));
		if (app->has_sealed)
			json_object_set_new(object, "sealed",
				bytes_to_json(app->sealed, ACCOUNT_APP_SEALED));
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *text_to_json(struct slice text)
{
	return json_stringn(text.at ? text.at : "", text.size);
}

static json_t *bytes_to_json(const uint8_t *bytes, size_t size)
{
	char text[BASE64_SIZE(ACCOUNT_APP_SEALED)];
	size_t length = base64_encode(slice_make(bytes, size), text);

	return json_stringn(text, length);
}

static struct slice text_of(json_t *value, struct arena *arena)
{
	return arena_copy(
		arena, slice_make(json_string_value(value), json_string_length(value)));
}

static bool count_of(json_t *value, uint64_t *count_r)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*count_r = (uint64_t)json_integer_value(value);
	return true;
}

static bool read_tenant(json_t *value, struct arena *arena, struct account *account_r)
{
	account_r->tenant = text_of(value, arena);
	return flow_name_is_valid(account_r->tenant, TENANT_SIZE_MAX);
}

static bool read_member(
	const char *key, json_t *value, struct arena *arena, struct account *account_r)
{
	if (strcmp(key, "version") == 0)
		return json_integer_value(value) == VERSION;
	if (strcmp(key, "hash") == 0)
		account_r->hash = text_of(value, arena);
	else if (strcmp(key, "cram") == 0)
		account_r->cram_password = text_of(value, arena);
	else if (strcmp(key, "disabled") == 0)
		account_r->disabled = !json_is_false(value);
	else if (strcmp(key, "scram") == 0)
		return read_scram(value, &account_r->scram);
	else if (strcmp(key, "senders") == 0)
		return read_texts(value, ACCOUNT_SENDERS_MAX, arena,
			&account_r->senders, &account_r->sender_count);
	else if (strcmp(key, "addresses") == 0)
		return read_texts(value, ACCOUNT_ADDRESSES_MAX, arena,
			&account_r->addresses, &account_r->address_count);
	else if (strcmp(key, "quota_bytes") == 0)
		return count_of(value, &account_r->quota_bytes);
	else if (strcmp(key, "quota_messages") == 0)
		return count_of(value, &account_r->quota_messages);
	else if (strcmp(key, "totp") == 0)
		return read_totp(value, account_r);
	else if (strcmp(key, "apps") == 0)
		return read_apps(value, arena, account_r);
	else if (strcmp(key, "tenant") == 0)
		return read_tenant(value, arena, account_r);
	else if (strcmp(key, "messages_per_hour") == 0)
		return count_of(value, &account_r->messages_per_hour);
	else if (strcmp(key, "recipients_per_message") == 0)
		return count_of(value, &account_r->recipients_per_message);
	else if (strcmp(key, "sessions") == 0)
		return count_of(value, &account_r->sessions);
	else if (strcmp(key, "created_ms") == 0)
		account_r->created_ms = json_integer_value(value);
	else if (strcmp(key, "changed_ms") == 0)
		account_r->changed_ms = json_integer_value(value);
	else
		return false;
	return true;
}

static bool read_members(
	json_t *root, struct arena *arena, struct account *account_r, const char **why)
{
	const char *key;
	json_t *value;

	*why = "it has no version";
	if (!json_object_get(root, "version"))
		return false;
	json_object_foreach(root, key, value)
	{
		*why = arena_format(arena, "its \"%s\" is not known here", key).at;
		if (!read_member(key, value, arena, account_r))
			return false;
	}
	return true;
}

static bool read_scram(json_t *scram, struct sasl_scram_keys *keys_r)
{
	json_int_t iterations = json_integer_value(
		json_object_get(scram, "iterations"));

	if (iterations < 1 || iterations > UINT32_MAX)
		return false;
	keys_r->iterations = (unsigned)iterations;
	return read_bytes(
		       json_object_get(scram, "salt"), keys_r->salt, SASL_SALT_SIZE) &&
	       read_bytes(json_object_get(scram, "stored_key"), keys_r->stored_key,
		       SASL_KEY_SIZE) &&
	       read_bytes(json_object_get(scram, "server_key"), keys_r->server_key,
		       SASL_KEY_SIZE);
}

static bool read_texts(json_t *list, size_t most, struct arena *arena,
	struct slice **texts_r, size_t *count_r)
{
	size_t count = json_array_size(list);

	if (!json_is_array(list) || count > most)
		return false;
	*texts_r = arena_take_array(arena, count, sizeof(**texts_r));
	for (size_t i = 0; i < count; i++)
		(*texts_r)[i] = text_of(json_array_get(list, i), arena);
	*count_r = count;
	return true;
}

static bool read_totp(json_t *totp, struct account *account_r)
{
	account_r->has_totp = true;
	return count_of(json_object_get(totp, "used"), &account_r->totp_used) &&
	       read_bytes(json_object_get(totp, "secret"), account_r->totp,
		       TOTP_SECRET_SIZE);
}

static bool read_apps(json_t *apps, struct arena *arena, struct account *account_r)
{
	size_t count = json_array_size(apps);

	if (!json_is_array(apps) || count > ACCOUNT_APPS_MAX)
		return false;
	account_r->apps = arena_take_array(arena, count, sizeof(struct account_app));
	for (size_t i = 0; i < count; i++) {
		json_t *from = json_array_get(apps, i);
		struct account_app *app = &account_r->apps[i];

		*app = (struct account_app){
			.label = text_of(json_object_get(from, "label"), arena),
			.scopes = account_scopes_parse(
				text_of(json_object_get(from, "scopes"), arena)),
			.created_ms = json_integer_value(
				json_object_get(from, "created_ms"))};
		app->has_sealed = json_object_get(from, "sealed") != NULL;
		if (!app->label.size || !app->scopes ||
			!read_scram(json_object_get(from, "scram"), &app->scram) ||
			(app->has_sealed && !read_bytes(json_object_get(from, "sealed"),
						    app->sealed, ACCOUNT_APP_SEALED)))
			return false;
	}
	account_r->app_count = count;
	return true;
}

static bool read_bytes(json_t *text, uint8_t *bytes, size_t size)
{
	struct slice encoded = slice_make(
		json_string_value(text), json_string_length(text));
	char decoded[BASE64_SIZE(ACCOUNT_APP_SEALED)];
	size_t decoded_size;

	if (encoded.size != BASE64_SIZE(size) ||
		!base64_decode(encoded, decoded, &decoded_size) || decoded_size != size)
		return false;
	memcpy(bytes, decoded, size);
	memory_wipe(decoded, sizeof(decoded));
	return true;
}
