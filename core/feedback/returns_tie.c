/*
 * Which message, tenant and recipient a report is about.
 *
 * What is signed by us decides: the address the report came to; else one that
 * stands in what it returns, as the envelope sender or as RFC 9477's identifier.
 */
#include "base/clock.h"
#include "base/failure.h"
#include "feedback/complaint_fields.h"
#include "feedback/returns_core.h"
#include "feedback/verp_keeper.h"

static const char no_secret[] =
	"what envelope senders are signed with is not known yet";

static bool read_address(const struct verp_secret *secret, struct slice address,
	struct verp_token *token_r)
{
	struct slice local = slice_part(address, 0, slice_index_last(address, '@'));

	return local.size && verp_read(secret, local, token_r);
}

/* In the report itself: the one that says most. Of a message to several, only
 * the envelope sender may be of one. */
static bool find_token(struct returns_case *self, const struct verp_secret *secret)
{
	const struct report *report = &self->report;
	struct verp_token sender;
	bool found = report->original.feedback_id.size &&
		     complaint_fields_read(&self->arena, secret,
			     report->original.feedback_id, &self->token,
			     &self->recipient);

	if (found && self->token.recipient_tag)
		return true;
	if (!read_address(secret, report->complaint.mail_from, &sender) &&
		!read_address(secret, report->original.return_path, &sender))
		return found;
	if (!found || sender.recipient_tag)
		self->token = sender;
	return true;
}

/* By name; a tenant that the configuration no longer has keeps its mail's. */
static struct slice tenant_of(const struct config *config,
	const struct verp_token *token, struct arena *arena)
{
	for (size_t i = 0; token->tenant_tag && i < config->tenant_count; i++) {
		struct slice name = slice_of(config->tenants[i].name);

		if (verp_is_of_tenant(token, name))
			return name;
	}
	return arena_copy(arena, slice_of(token->tenant));
}

/* The one of ADDRESSES that the token was made for; empty: none. */
static struct slice recipient_of(
	const struct verp_token *token, const struct slice *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (verp_is_about(token, addresses[i]))
			return addresses[i];
	}
	return SLICE_EMPTY;
}

bool returns_tie(struct returns_case *self)
{
	const struct verp_secret *secret = verp_keeper_secret(
		self->returns->options.verp);

	if (self->arrival->token) {
		self->token = *self->arrival->token;
	} else if (!self->returns->options.verp) {
		self->trouble = "no envelope senders are ours";
	} else if (!secret) {
		return fail(FAILURE_STORE, "%s", no_secret);
	} else if (!find_token(self, secret)) {
		self->trouble = "it names no message of ours";
	}
	if (self->trouble)
		return true;
	if (verp_is_expired(&self->token, clock_wall_ms())) {
		self->trouble = "it comes too late";
		return true;
	}
	self->tenant = tenant_of(
		self->returns->options.config, &self->token, &self->arena);
	if (!self->recipient.size)
		self->recipient = recipient_of(&self->token, self->report.addresses,
			self->report.address_count);
	return true;
}

size_t returns_item_count(const struct returns_case *self)
{
	size_t count = self->report.recipient_count;

	/* A token of one recipient is about him alone. */
	return self->token.recipient_tag || !count ? 1 : count;
}

static enum returns_outcome outcome_of(
	const struct report *report, const struct report_recipient *said)
{
	if (report->kind == REPORT_COMPLAINT)
		return RETURNS_COMPLAINED;
	switch (said ? said->action : DSN_FAILED) {
	case DSN_FAILED:
		return RETURNS_BOUNCED;
	case DSN_DELAYED:
		return RETURNS_DELAYED;
	default:
		return RETURNS_DELIVERED;
	}
}

/* What the report says of the one recipient: under his address, else of the
 * one it names, where his mail was sent on to. */
static const struct report_recipient *said_of(const struct returns_case *self)
{
	const struct report *report = &self->report;

	for (size_t i = 0; self->recipient.size && i < report->recipient_count; i++) {
		const struct report_recipient *said = &report->recipients[i];

		if (verp_is_about(&self->token, said->address) ||
			verp_is_about(&self->token, said->original))
			return said;
	}
	return report->recipient_count ? &report->recipients[0] : NULL;
}

void returns_item_of(
	const struct returns_case *self, size_t index, struct returns_item *item_r)
{
	const struct report *report = &self->report;

	*item_r = (struct returns_item){.category = CATEGORY_OTHER};
	if (self->token.recipient_tag) {
		item_r->said = said_of(self);
		item_r->address = self->recipient;
		item_r->sure = self->recipient.size > 0;
	} else if (index < report->recipient_count) {
		item_r->said = &report->recipients[index];
		item_r->address = item_r->said->original.size ? item_r->said->original
							      : item_r->said->address;
	}
	item_r->outcome = outcome_of(report, item_r->said);
}

static bool read_any(const struct verp_secret *secret, const struct slice *addresses,
	size_t count, struct verp_token *token_r)
{
	for (size_t i = 0; i < count; i++) {
		if (read_address(secret, addresses[i], token_r))
			return true;
	}
	return false;
}

bool returns_look(struct returns *returns, struct arena *arena,
	const struct slice *addresses, size_t count, struct slice feedback_id,
	struct returns_about *about_r)
{
	const struct verp_secret *secret = verp_keeper_secret(returns->options.verp);
	struct slice recipient = SLICE_EMPTY;
	struct verp_token token;

	failure_clear();
	if (!secret && returns->options.verp)
		return fail(FAILURE_STORE, "%s", no_secret);
	if (!secret || !(complaint_fields_read(
				 arena, secret, feedback_id, &token, &recipient) ||
			       read_any(secret, addresses, count, &token)))
		return false;
	if (!recipient.size)
		recipient = recipient_of(&token, addresses, count);
	*about_r = (struct returns_about){
		.id = token.id,
		.tenant = tenant_of(returns->options.config, &token, arena),
		.recipient = recipient,
		.one = token.recipient_tag != 0,
		.expires_ms = token.expires_ms,
	};
	return true;
}
