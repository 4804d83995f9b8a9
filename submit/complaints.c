/*
 * Where complaints go, told to receivers in the message itself (RFC 9477).
 *
 * Only of signed messages: a receiver looks at the fields where a signature of
 * the author's domain is over them. And only where the address is in that domain,
 * above or below it, as others would have to sign for it, too.
 */
#include "feedback/complaint_fields.h"
#include "feedback/verp_keeper.h"
#include "mail/domain.h"
#include "submit/transaction.h"

#define DAY_MS (24 * 3600 * INT64_C(1000))

static bool is_aligned(struct slice address, struct slice author_domain)
{
	struct slice domain = slice_from(address, slice_index_last(address, '@') + 1);

	return author_domain.size && (domain_is_within(domain, author_domain) ||
					     domain_is_within(author_domain, domain));
}

/* The sender's own, for his own feedback. */
static bool has_own(const struct header *header)
{
	return header_find_text(header, SLICE("CFBL-Address"), NULL) ||
	       header_find_text(header, SLICE("CFBL-Feedback-ID"), NULL);
}

struct slice transaction_complaint_fields(struct smtp_session *session)
{
	struct transaction *transaction = transaction_of(session);
	const struct config_bounces *bounces = &session->config->bounces;
	const struct envelope *envelope = &transaction->message->envelope;
	struct slice address = slice_of(bounces->complaints_to);
	const struct verp_secret *secret;
	struct verp_subject subject = {
		.id = &envelope->id,
		.tenant = envelope->tenant,
		.days = (unsigned)(bounces->verp_valid_ms / DAY_MS),
	};

	if (!address.size || !transaction->signing_count ||
		!is_aligned(address, transaction->author_domain) ||
		has_own(&transaction->header))
		return SLICE_EMPTY;
	secret = verp_keeper_secret(submission_of(session)->submission->verp);
	if (!secret)
		return SLICE_EMPTY;
	if (transaction->recipients.count == 1)
		subject.recipient = transaction->recipients.at[0].address;
	return complaint_fields_write(&transaction->arena, secret, address, &subject);
}
