/* What may be given to others; see giver.h. */
#include "admin/giver.h"

#include <stdio.h>

#include "base/failure.h"
#include "mail/domain.h"

bool admin_mark(struct admin_call *call, enum admin_refusal refusal, const char *member)
{
	if (failure_kind_last() == FAILURE_DATA) {
		call->refusal = refusal;
		call->member = member;
	}
	return false;
}

struct slice admin_words(
	const struct value *request, const char *name, struct arena *arena)
{
	const struct value *value = value_get(request, name);
	struct buffer text = {0};
	struct slice words;

	if (value_text(value).at)
		return value_text(value);
	value_join(value, ",", &text);
	words = arena_copy(arena, buffer_contents(&text));
	buffer_finish(&text);
	return words;
}

struct value *admin_words_list(struct slice text)
{
	struct value *list = value_list();

	while (text.size)
		value_append_text(list, slice_cut(&text, ','));
	return list;
}

struct value *admin_key_value(const struct api_key *key)
{
	struct value *object = value_object(), *senders = value_list();

	for (size_t i = 0; i < key->sender_count; i++)
		value_append_text(senders, key->senders[i]);
	value_set_text(object, "name", key->name);
	value_set_text(object, "id", key->id);
	value_set(object, "scopes", admin_words_list(api_scopes_print(key->scopes)));
	if (key->tenant.size)
		value_set_text(object, "tenant", key->tenant);
	value_set(object, "senders", senders);
	value_set_number(object, "messages_per_hour", (int64_t)key->messages_per_hour);
	value_set_number(
		object, "recipients_per_message", (int64_t)key->recipients_per_message);
	value_set_truth(object, "disabled", key->disabled);
	value_set_number(object, "created_ms", key->created_ms);
	if (key->expires_ms)
		value_set_number(object, "expires_ms", key->expires_ms);
	return object;
}

struct giver giver_of(const struct admin_call *call, struct arena *arena)
{
	const struct value *key = value_get(call->request, "giver");
	const struct value *senders = value_get(key, "senders");
	struct giver giver = {
		.limited = key != NULL,
		.scopes = api_scopes_parse(admin_words(key, "scopes", arena)),
		.tenant = value_get_text(key, "tenant"),
		.sender_count = value_count(senders),
		.messages_per_hour = (uint64_t)value_get_number(
			key, "messages_per_hour"),
		.recipients_per_message = (uint64_t)value_get_number(
			key, "recipients_per_message"),
		.expires_ms = value_get_number(key, "expires_ms"),
	};

	giver.senders = arena_take_array(
		arena, giver.sender_count, sizeof(*giver.senders));
	for (size_t i = 0; i < giver.sender_count; i++)
		giver.senders[i] = value_text(value_at(senders, i));
	return giver;
}

bool giver_sees(const struct giver *giver, struct slice tenant)
{
	return !giver->limited || !giver->tenant.size ||
	       slice_equal(giver->tenant, tenant);
}

/* ADDRESS: as account_sender_prepare makes it; "@domain" and "*" are more. */
static bool covers(const struct giver *giver, struct slice address)
{
	for (size_t i = 0; i < giver->sender_count; i++)
		if (account_sender_admits(giver->senders[i], address))
			return true;
	return false;
}

static bool cover_all(const struct giver *giver, struct admin_call *call,
	const char *member, const struct slice *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!covers(giver, list[i]))
			return admin_refuse(call, ADMIN_NOT_ALLOWED, member,
				"%.*s: this API key has no right to send as it, and "
				"cannot give it",
				SLICE_PRINT(list[i]));
	return true;
}

static bool cover_tenant(
	const struct giver *giver, struct admin_call *call, struct slice tenant)
{
	return giver_sees(giver, tenant) ||
	       admin_refuse(call, ADMIN_NOT_ALLOWED, "tenant",
		       "this API key is of the tenant %.*s",
		       SLICE_PRINT(giver->tenant));
}

/* Its own name and addresses are who it may send as, without senders; and whose mail
 * it gets. */
bool giver_covers_account(const struct giver *giver, struct admin_call *call,
	const struct account *account)
{
	size_t named = slice_index(account->name, '@') < account->name.size;

	return !giver->limited ||
	       (cover_tenant(giver, call, account->tenant) &&
		       cover_all(giver, call, "name", &account->name, named) &&
		       cover_all(giver, call, "senders", account->senders,
			       account->sender_count) &&
		       cover_all(giver, call, "addresses", account->addresses,
			       account->address_count));
}

bool giver_covers_domain(
	const struct giver *giver, struct admin_call *call, struct slice domain)
{
	char text[DOMAIN_MAX + 2];
	struct slice all;

	snprintf(text, sizeof(text), "@%.*s", SLICE_PRINT(domain));
	all = slice_of(text);
	return !giver->limited || cover_all(giver, call, "domain", &all, 1);
}

/* 0: no limit of its own. */
static bool cover_limit(
	struct admin_call *call, const char *member, uint64_t own, uint64_t given)
{
	return !own || (given && given <= own) ||
	       admin_refuse(call, ADMIN_NOT_ALLOWED, member,
		       "this API key has %llu, and cannot give more",
		       (unsigned long long)own);
}

bool giver_covers_key(
	const struct giver *giver, struct admin_call *call, const struct api_key *key)
{
	if (!giver->limited)
		return true;
	if (key->scopes & ~giver->scopes)
		return admin_refuse(call, ADMIN_NOT_ALLOWED, "scopes",
			"this API key is for %.*s, and cannot give more",
			SLICE_PRINT(api_scopes_print(giver->scopes)));
	if (giver->expires_ms &&
		(!key->expires_ms || key->expires_ms > giver->expires_ms))
		return admin_refuse(call, ADMIN_NOT_ALLOWED, "expires_ms",
			"this API key ends before that");
	return cover_tenant(giver, call, key->tenant) &&
	       cover_all(giver, call, "senders", key->senders, key->sender_count) &&
	       cover_limit(call, "messages_per_hour", giver->messages_per_hour,
		       key->messages_per_hour) &&
	       cover_limit(call, "recipients_per_message",
		       giver->recipients_per_message, key->recipients_per_message);
}
