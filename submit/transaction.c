/*
 * The message in hand, from MAIL to its 250.
 *
 * The header is collected (it is small and has a cap); the body streams past
 * the signer's hash into the queue's body store. At the end the header is put
 * right, signed, set in front, and the queue makes it all durable at once.
 * Only then is the answer 250.
 */
#include <string.h>

#include "base/event.h"
#include "base/map.h"
#include "base/memory.h"
#include "dkim/keyring.h"
#include "mail/domain.h"
#include "mail/fixup.h"
#include "run/worker.h"
#include "submit/author.h"
#include "submit/session.h"

#define HEADER_FIELDS_MAX 10000

struct transaction {
	struct arena arena;
	struct message *message;      /* NULL once committed */
	struct dkim_keyring *keyring; /* held */
	struct dkim_signer *signer;
	struct recipient *recipients;
	struct slice *domains; /* of each recipient, A-labels, lower case */
	size_t recipient_count, recipient_room;

	struct buffer header; /* the message until its header's end is found */
	struct header_end end;
	struct reply refusal; /* code 0: content is still being kept */
	enum dkim_canon header_canon, body_canon;
};

static struct transaction *hand(struct smtp_session *session)
{
	return submission_of(session)->transaction;
}

void transaction_begin(struct smtp_session *session, const struct smtp_command *mail)
{
	struct submission_session *self = submission_of(session);
	struct transaction *transaction = NEW(struct transaction);
	struct message *message = message_create();
	struct envelope *envelope = &message->envelope;

	envelope->reverse_path = address_print_in(&message->arena, &mail->path);
	envelope->envelope_id = arena_copy(&message->arena, mail->envid);
	envelope->account = arena_copy(&message->arena, session->account);
	envelope->client = arena_copy(
		&message->arena, slice_of(stream_facts(session->stream)->peer_address));
	envelope->return_set = mail->ret != SMTP_RET_NONE;
	envelope->return_full = mail->ret == SMTP_RET_FULL;
	envelope->smtputf8 = mail->smtputf8;
	transaction->message = message;
	transaction->keyring = dkim_keyring_hold(self->submission->keyring);
	self->transaction = transaction;
}

void transaction_destroy(struct submission_session *self)
{
	struct transaction *old = self->transaction;

	self->transaction = NULL;
	if (!old)
		return;
	if (self->submission->spare_signer)
		dkim_signer_destroy(&old->signer);
	else
		self->submission->spare_signer = old->signer;
	message_release(&old->message);
	dkim_keyring_release(&old->keyring);
	buffer_finish(&old->header);
	arena_finish(&old->arena);
	memory_free(old);
}

/* The domain mail for ADDRESS goes to, in the transaction's arena. */
static struct slice destination(struct transaction *transaction,
	const struct address *address, const char *hostname)
{
	char *text = arena_take(&transaction->arena, DOMAIN_MAX + 1);
	struct slice ascii;

	if (address->literal)
		return arena_copy(&transaction->arena, address->domain);
	if (address->domain.size == 0) /* Postmaster: ours */
		return arena_copy(&transaction->arena, slice_of(hostname));
	if (!domain_to_ascii(address->domain, text, &ascii))
		return SLICE_EMPTY;
	return ascii;
}

static void add_recipient(struct transaction *transaction,
	const struct recipient *recipient, struct slice domain)
{
	size_t count = transaction->recipient_count;

	if (count == transaction->recipient_room) {
		size_t room = count ? 2 * count : 4;
		struct recipient *recipients = arena_take_array(
			&transaction->arena, room, sizeof(*recipients));
		struct slice *domains = arena_take_array(
			&transaction->arena, room, sizeof(*domains));

		if (count) {
			memcpy(recipients, transaction->recipients,
				count * sizeof(*recipients));
			memcpy(domains, transaction->domains, count * sizeof(*domains));
		}
		transaction->recipients = recipients;
		transaction->domains = domains;
		transaction->recipient_room = room;
	}
	transaction->recipients[count] = *recipient;
	transaction->domains[count] = domain;
	transaction->recipient_count++;
}

void transaction_rcpt(struct smtp_session *session, const struct smtp_command *command,
	struct reply *reply)
{
	struct transaction *transaction = hand(session);
	const struct address *path = &command->path;
	struct slice domain = destination(transaction, path, session->config->hostname);
	struct recipient recipient = {.notify = command->notify};

	if (path->literal && !session->config->relay.address_literals) {
		*reply = REPLY(550, 5, 1, 2, "Address literals are not delivered to");
	} else if (domain.size == 0) {
		*reply = REPLY(550, 5, 1, 2, "No such domain can exist");
	} else if (transaction->recipient_count >= rights_recipients_max(session)) {
		*reply = REPLY(452, 4, 5, 3, "Too many recipients");
	} else {
		recipient.address = address_print_in(&transaction->arena, path);
		if (path->domain.size == 0)
			recipient.address = arena_format(&transaction->arena, "%.*s@%s",
				SLICE_PRINT(recipient.address),
				session->config->hostname);
		if (command->orcpt.type.at)
			recipient.original = arena_format(&transaction->arena,
				"%.*s;%.*s", SLICE_PRINT(command->orcpt.type),
				SLICE_PRINT(command->orcpt.address));
		add_recipient(transaction, &recipient, domain);
	}
}

void transaction_content_begin(struct smtp_session *session)
{
	struct transaction *transaction = hand(session);
	struct submission *submission = submission_of(session)->submission;
	struct message *message = transaction->message;

	message->envelope.id = queue_new_id(submission->queue);
	message->body = body_create(queue_bodies(submission->queue));
	body_set_id(message->body, message_id_shard(&message->envelope.id),
		message_id_slice(&message->envelope.id));
	buffer_init(&transaction->header, session->config->submission.header_size + 4);
	transaction->signer = submission->spare_signer;
	submission->spare_signer = NULL;
	if (!transaction->signer)
		transaction->signer = dkim_signer_create();
	dkim_canon_parse(slice_of(session->config->dkim_canonicalization),
		&transaction->header_canon, &transaction->body_canon);
	dkim_signer_begin(transaction->signer, transaction->header_canon,
		transaction->body_canon);
}

static void store_refusal(struct reply *refusal)
{
	event_note(EVENT_WARNING, "submission_refused", "%s", failure_last()->text);
	*refusal = failure_kind_last() == FAILURE_LIMIT
			   ? REPLY(552, 5, 3, 4, "Message too big")
			   : REPLY(451, 4, 3, 0,
				     "Cannot store the message now, try again");
}

static bool body_run(
	struct transaction *transaction, struct slice run, struct deadline deadline)
{
	dkim_signer_feed(transaction->signer, run);
	if (body_append(transaction->message->body, run, deadline))
		return true;
	store_refusal(&transaction->refusal);
	return false;
}

/* What came before the header's end was known: header stays, body goes on. */
static bool split(struct transaction *transaction, struct deadline deadline)
{
	struct slice all = buffer_contents(&transaction->header);
	struct slice body = slice_from(all, (size_t)transaction->end.body_at);
	bool kept = body.size == 0 || body_run(transaction, body, deadline);

	buffer_truncate(&transaction->header, (size_t)transaction->end.size);
	return kept;
}

bool transaction_content(
	struct smtp_session *session, struct slice run, struct deadline deadline)
{
	struct transaction *transaction = hand(session);
	struct slice part = run;
	size_t room;

	if (transaction->end.found)
		return body_run(transaction, run, deadline);
	/* Of a run that is longer than any header, only so much is looked at. */
	room = (size_t)session->config->submission.header_size -
	       buffer_size(&transaction->header);
	part = slice_part(run, 0, room);
	header_end_find(&transaction->end, part);
	if (!buffer_append(&transaction->header, part) ||
		(!transaction->end.found && part.size < run.size)) {
		transaction->refusal = REPLY(552, 5, 3, 4, "Message header too big");
		return false;
	}
	if (!transaction->end.found)
		return true;
	return split(transaction, deadline) &&
	       (part.size == run.size ||
		       body_run(transaction, slice_from(run, part.size), deadline));
}

/* Checks that need the whole message; false with *reply. */
static bool acceptable(struct smtp_session *session, const struct text_facts *facts,
	const struct header *header, struct reply *reply)
{
	uint64_t hops = session->config->submission.hops;

	if (facts->faults) {
		*reply = (struct reply){.code = 550,
			.enhanced = {5, 6, 0},
			.text = arena_format(&session->command_arena,
				"Message refused: it has %s",
				text_fault_words(facts->faults))};
		return false;
	}
	if (hops && header_hops(header) >= hops) {
		*reply = REPLY(
			554, 5, 4, 6, "Too many hops: this message is in a loop");
		return false;
	}
	return true;
}

/* Every author must be one the sender may write as; the first one signs. */
static bool find_authors(struct smtp_session *session, const struct header *header,
	struct slice *domain_r, struct reply *reply)
{
	struct transaction *transaction = hand(session);
	const struct header_field *from = header_find(header, HEADER_FROM);
	char *text = arena_take(&transaction->arena, DOMAIN_MAX + 1);
	struct slice *authors, first;
	size_t count;

	*domain_r = SLICE_EMPTY;
	if (!from ||
		!authors_find(from->value, &transaction->arena, &authors, &count)) {
		if (submission_of(session)->trusted)
			return true;
		*reply = REPLY(550, 5, 6, 0, "The message has no valid From field");
		return false;
	}
	if (header->counts[HEADER_FROM] > 1) {
		*reply = REPLY(
			550, 5, 6, 0, "The message has more than one From field");
		return false;
	}
	for (size_t i = 0; i < count; i++)
		if (!rights_may_send_as(session, authors[i], "From address", reply))
			return false;
	first = slice_from(authors[0], slice_index_last(authors[0], '@') + 1);
	if (!domain_to_ascii(first, text, domain_r))
		*domain_r = SLICE_EMPTY;
	return true;
}

static struct fixup_facts received_facts(struct smtp_session *session)
{
	const struct stream_facts *facts = stream_facts(session->stream);
	struct transaction *transaction = hand(session);

	return (struct fixup_facts){
		.hostname = slice_of(session->config->hostname),
		.helo = session->helo,
		.client_address = slice_of(facts->peer_address),
		.protocol = fixup_protocol(session->extended, session->utf8,
			facts->encrypted, session->account.size > 0),
		.tls_version = slice_of(facts->tls_version),
		.tls_cipher = slice_of(facts->tls_cipher),
		.account = session->account,
		.queue_id = message_id_slice(&transaction->message->envelope.id),
		.recipient = transaction->recipient_count == 1
				     ? transaction->recipients[0].address
				     : SLICE_EMPTY,
		.date_ms = worker_wall_ms(),
		.utf8 = session->utf8,
	};
}

static void sign_job(void *arg)
{
	struct dkim_signer *signer = arg;

	dkim_signer_sign(signer);
}

/* Appends the signatures due to mail from DOMAIN; an RSA one is computed on the
 * pool, so that it holds nobody else up. */
static bool sign(struct transaction *transaction, struct slice head,
	struct slice domain, struct buffer *signatures, struct deadline deadline)
{
	struct dkim_signing signings[DKIM_KEYS_PER_DOMAIN];
	struct dkim_message message = {
		.signings = signings, .time_s = worker_wall_ms() / 1000};
	struct header header;

	message.signing_count = dkim_keyring_find(
		transaction->keyring, domain, signings);
	if (message.signing_count == 0)
		return true;
	if (!header_scan(
		    &transaction->arena, head, HEADER_FIELDS_MAX, head.size, &header))
		return false;
	message.fields = header.fields;
	message.field_count = header.count;
	if (!dkim_signer_prepare(transaction->signer, &message))
		return false;
	if (dkim_key_algorithm(signings[0].key) == DKIM_RSA_SHA256) {
		if (!offload(sign_job, transaction->signer, deadline))
			return false;
	} else if (!dkim_signer_sign(transaction->signer)) {
		return false;
	}
	return dkim_signer_format(transaction->signer, signatures);
}

/* Received, the repaired header, and the signatures above them all. */
static bool set_head(struct smtp_session *session, const struct header *header,
	struct slice domain, struct deadline deadline)
{
	struct transaction *transaction = hand(session);
	struct message *message = transaction->message;
	struct fixup_facts facts = received_facts(session);
	struct buffer signatures = {0}, head = {0};
	struct fixup fixup;
	bool done = true;

	fixup_build(&transaction->arena, header, &facts, &fixup);
	for (size_t i = 0; i < fixup.count; i++)
		buffer_append(&head, fixup.pieces[i]);
	done = sign(transaction, buffer_contents(&head), domain, &signatures, deadline);
	if (done) {
		struct slice pieces[2] = {
			buffer_contents(&signatures), buffer_contents(&head)};

		body_set_head(message->body, pieces, 2);
		message->envelope.header_size = pieces[0].size + pieces[1].size;
		message->envelope.size = body_size(message->body);
		message->envelope.header_eight_bit = !text_is_ascii(
			buffer_contents(&head));
	}
	buffer_finish(&signatures);
	buffer_finish(&head);
	return done;
}

/* One entry for each domain, its recipients in the order they were given. */
static size_t make_entries(struct transaction *transaction, struct entry ***entries_r)
{
	size_t count = transaction->recipient_count, made = 0;
	struct entry **entries = arena_take_array(
		&transaction->arena, count, sizeof(*entries));
	struct recipient *together = arena_take_array(
		&transaction->arena, count, sizeof(*together));
	struct map seen = {0};

	for (size_t i = 0; i < count; i++) {
		struct slice domain = transaction->domains[i];
		size_t same = 0;

		if (map_find(&seen, domain))
			continue;
		map_set(&seen, domain, entries);
		for (size_t j = i; j < count; j++)
			if (slice_equal(transaction->domains[j], domain))
				together[same++] = transaction->recipients[j];
		entries[made] = entry_create(
			transaction->message, (unsigned)made, domain, together, same);
		made++;
	}
	map_finish(&seen);
	transaction->message->entry_count = (unsigned)made;
	*entries_r = entries;
	return made;
}

static void tell(struct smtp_session *session, const struct envelope *envelope,
	size_t recipients)
{
	const struct stream_facts *facts = stream_facts(session->stream);
	struct event event;

	event_begin(&event, EVENT_INFO, "received");
	event_text(&event, "id", message_id_slice(&envelope->id));
	event_text(&event, "from", envelope->reverse_path);
	event_number(&event, "recipients", (int64_t)recipients);
	event_number(&event, "size", (int64_t)envelope->size);
	event_text(&event, "client", slice_of(facts->peer_address));
	if (envelope->account.size)
		event_text(&event, "account", envelope->account);
	if (facts->encrypted)
		event_text(&event, "tls", slice_of(facts->tls_version));
	event_end(&event);
}

static void commit(struct smtp_session *session, const struct text_facts *facts,
	struct reply *reply, struct deadline deadline)
{
	struct transaction *transaction = hand(session);
	struct submission *submission = submission_of(session)->submission;
	struct message *message = transaction->message;
	struct envelope *envelope = &message->envelope;
	struct entry **entries;
	size_t count;

	envelope->eight_bit = facts->eight_bit;
	envelope->lines_longest = (uint32_t)facts->longest;
	envelope->created_ms = worker_wall_ms();
	envelope->expires_ms = envelope->created_ms + session->config->relay.expire_ms;
	count = make_entries(transaction, &entries);
	if (!queue_commit(submission->queue, message, entries, count, deadline)) {
		store_refusal(reply);
		return;
	}
	submission->figures.accepted++;
	submission->figures.bytes += envelope->size;
	tell(session, envelope, transaction->recipient_count);
	*reply = (struct reply){.code = 250,
		.enhanced = {2, 0, 0},
		.text = arena_format(&session->command_arena, "Ok: queued as %s",
			envelope->id.text)};
}

void transaction_end(struct smtp_session *session, const struct text_facts *facts,
	struct reply *reply, struct deadline deadline)
{
	struct transaction *transaction = hand(session);
	const struct config_submission *limits = &session->config->submission;
	struct header header;
	struct slice domain;

	*reply = transaction->refusal;
	if (reply->code)
		return;
	if (!transaction->end.found) {
		header_end_finish(&transaction->end);
		if (!split(transaction, deadline)) {
			*reply = transaction->refusal;
			return;
		}
	}
	if (!header_scan(&transaction->arena, buffer_contents(&transaction->header),
		    limits->header_lines, limits->header_size, &header))
		*reply = REPLY(552, 5, 3, 4, "Message header has too many fields");
	else if (!acceptable(session, facts, &header, reply) ||
		 !find_authors(session, &header, &domain, reply))
		return;
	else if (!set_head(session, &header, domain, deadline))
		store_refusal(reply);
	else
		commit(session, facts, reply, deadline);
}
