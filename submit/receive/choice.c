/*
 * Who is ours. Whoever asks for anybody else hears 550 5.7.1: nothing is relayed
 * here, for nobody.
 *
 * Postmaster and abuse of every domain of ours are somebody (RFC 5321 4.5.1, RFC
 * 2142): where nobody is so called, it is the configuration's postmaster.
 */
#include "receive/choice.h"

#include "feedback/leaving_address.h"
#include "feedback/verp_keeper.h"
#include "mail/domain.h"
#include "run/worker.h"

#define PROBES_AT_ONCE 20 /* of a worker */
#define BAD_KEPT_SHARE 4  /* somebody who is not there may come soon */

/* One question, with what is known of the answer. */
struct asked {
	struct smtp_session *session;
	struct slice mailbox; /* without quotes */
	struct slice address, domain;
	const struct config_local *local;
};

static bool refuse(struct reply *reply, struct reply with)
{
	*reply = with;
	return false;
}

static bool refuse_unknown(const struct asked *asked, struct reply *reply)
{
	return refuse(
		reply, (struct reply){.code = 550,
			       .enhanced = {5, 1, 1},
			       .text = arena_format(&asked->session->command_arena,
				       "Nobody here is called %.*s",
				       SLICE_PRINT(asked->address))});
}

static bool refuse_unsure(const struct asked *asked, struct reply *reply)
{
	return refuse(
		reply, (struct reply){.code = 450,
			       .enhanced = {4, 1, 1},
			       .text = arena_format(&asked->session->command_arena,
				       "Cannot find out now who %.*s is, try again",
				       SLICE_PRINT(asked->address))});
}

bool choice_is_office(struct slice mailbox)
{
	return slice_equal_nocase(mailbox, SLICE("postmaster")) ||
	       slice_equal_nocase(mailbox, SLICE("abuse"));
}

static struct choice chosen(const struct asked *asked)
{
	return (struct choice){.kind = CHOICE_MAIL,
		.address = asked->address,
		.domain = asked->domain,
		.tenant = slice_of(asked->local->tenant)};
}

/* Nobody is so called: the postmaster reads it. */
static bool give_to_postmaster(const struct asked *asked, struct choice *choice_r)
{
	struct smtp_session *session = asked->session;
	struct slice address = slice_of(session->config->receive.postmaster);
	char text[DOMAIN_MAX + 1];
	struct slice domain;

	if (!address.size ||
		!domain_to_ascii(
			slice_from(address, slice_index_last(address, '@') + 1), text,
			&domain))
		return false;
	*choice_r = (struct choice){.kind = CHOICE_MAIL,
		.address = address,
		.domain = arena_copy(&session->command_arena, domain)};
	return true;
}

/* Whether an account is so named, with or without its detail. False: *reply. */
static bool ask_accounts(const struct asked *asked, bool *known_r, struct reply *reply,
	struct deadline deadline)
{
	const struct receiving_questions *questions =
		&receiving_of(asked->session)->receiving->options.questions;
	struct slice plain = local_without_detail(asked->local, asked->mailbox);

	if (!questions->account || !questions->account(questions->context,
					   asked->address, known_r, deadline))
		return refuse_unsure(asked, reply);
	if (*known_r || plain.size == asked->mailbox.size)
		return true;
	plain = arena_format(&asked->session->command_arena, "%.*s@%.*s",
		SLICE_PRINT(plain), SLICE_PRINT(asked->domain));
	return questions->account(questions->context, plain, known_r, deadline) ||
	       refuse_unsure(asked, reply);
}

/* What a server says of somebody it does not have, and not of us. */
static bool is_about_mailbox(const struct reply *reply)
{
	return reply_is_permanent(reply) &&
	       (reply->enhanced.class == 0 || reply->enhanced.subject == 1 ||
		       reply->enhanced.subject == 2);
}

/* Asks the server behind us, and remembers what it says. */
static enum probe_answer probe(const struct asked *asked, struct deadline deadline)
{
	struct receiving *receiving = receiving_of(asked->session)->receiving;
	const struct receiving_questions *questions = &receiving->options.questions;
	const struct config_receive *config = &asked->session->config->receive;
	enum probe_answer answer = PROBE_UNKNOWN;
	struct reply said = {0};
	bool heard;

	if (!questions->probe || receiving->probing >= PROBES_AT_ONCE)
		return PROBE_UNKNOWN;
	receiving->probing++;
	heard = questions->probe(questions->context, asked->domain, asked->address,
		&asked->session->command_arena, &said,
		deadline_earlier(
			deadline, deadline_after_ms(config->probe_timeout_ms)));
	receiving->probing--;
	if (heard && reply_is_positive(&said))
		answer = PROBE_GOOD;
	else if (heard && is_about_mailbox(&said))
		answer = PROBE_BAD;
	if (answer != PROBE_UNKNOWN)
		probe_note(receiving->options.node, asked->domain, asked->address,
			answer, worker_now_us(),
			answer == PROBE_GOOD ? config->probe_keep_ms
					     : config->probe_keep_ms / BAD_KEPT_SHARE);
	return answer;
}

static bool ask_next_server(const struct asked *asked, bool *known_r,
	struct reply *reply, struct deadline deadline)
{
	struct receiving_node *node =
		receiving_of(asked->session)->receiving->options.node;
	enum probe_answer answer = probe_recall(
		node, asked->domain, asked->address, worker_now_us());

	if (answer == PROBE_UNKNOWN)
		answer = probe(asked, deadline);
	if (answer == PROBE_UNKNOWN)
		return refuse_unsure(asked, reply);
	*known_r = answer == PROBE_GOOD;
	return true;
}

static bool find_mailbox(const struct asked *asked, struct choice *choice_r,
	struct reply *reply, struct deadline deadline)
{
	const struct locals *locals = receiving_of(asked->session)->locals;
	bool known = locals_lists(locals, asked->local, asked->mailbox), told = true;

	if (asked->local->recipients == CONFIG_RECIPIENTS_ANY)
		known = true;
	else if (!known && asked->local->recipients == CONFIG_RECIPIENTS_ACCOUNTS)
		told = ask_accounts(asked, &known, reply, deadline);
	else if (!known && asked->local->recipients == CONFIG_RECIPIENTS_PROBED)
		told = ask_next_server(asked, &known, reply, deadline);
	if (told && known) {
		*choice_r = chosen(asked);
		return true;
	}
	if (choice_is_office(asked->mailbox) && give_to_postmaster(asked, choice_r))
		return true;
	return told ? refuse_unknown(asked, reply) : false;
}

/* Whatever it says: who made it up is told nothing. */
static bool is_for_leaving(const struct smtp_session *session, struct slice address)
{
	return leaving_address_is(
		slice_of(session->config->unsubscribe.mailto), address);
}

static bool is_of_leaving(const struct smtp_session *session, struct slice domain)
{
	struct slice mailto = slice_of(session->config->unsubscribe.mailto);

	return mailto.size &&
	       slice_equal_nocase(
		       domain, slice_from(mailto, slice_index_last(mailto, '@') + 1));
}

bool choice_is_for_returns(
	const struct smtp_session *session, const struct address *path)
{
	char local[ADDRESS_LOCAL_MAX + 1], text[ADDRESS_MAX + 1];
	struct slice address = address_print(path, text);

	return (config_bounces_domain(session->config, path->domain) &&
		       verp_looks_like(address_print_local(path, local))) ||
	       config_bounces_complaints(session->config, address) ||
	       is_for_leaving(session, address);
}

/* Signed by us for one message, and not too long ago. */
static bool read_token(
	const struct asked *asked, struct choice *choice_r, struct reply *reply)
{
	const struct verp_secret *secret = verp_keeper_secret(
		receiving_of(asked->session)->receiving->options.verp);
	struct choice choice = {.kind = CHOICE_RETURN, .address = asked->address};

	if (!secret)
		return refuse_unsure(asked, reply);
	if (!verp_read(secret, asked->mailbox, &choice.token))
		return refuse(
			reply, REPLY(550, 5, 1, 1,
				       "This address for bounces is none of ours"));
	if (verp_is_expired(&choice.token, worker_wall_ms()))
		return refuse(reply,
			REPLY(550, 5, 1, 1, "This address for bounces is too old"));
	*choice_r = choice;
	return true;
}

/* Of domains that are ours for bounces, or for our own name, and not for people. */
static bool find_office(
	const struct asked *asked, struct choice *choice_r, struct reply *reply)
{
	return (choice_is_office(asked->mailbox) &&
		       give_to_postmaster(asked, choice_r)) ||
	       refuse_unknown(asked, reply);
}

bool choice_make(struct smtp_session *session, const struct address *path,
	struct choice *choice_r, struct reply *reply, struct deadline deadline)
{
	struct slice hostname = slice_of(session->config->hostname);
	char local[ADDRESS_LOCAL_MAX + 1], text[DOMAIN_MAX + 1];
	struct arena *arena = &session->command_arena;
	struct asked asked = {.session = session, .domain = hostname};
	bool ours;

	if (path->literal)
		return refuse(reply,
			REPLY(550, 5, 1, 2, "Address literals are none of ours"));
	if (path->domain.size && !domain_to_ascii(path->domain, text, &asked.domain))
		return refuse(reply, REPLY(550, 5, 1, 2, "No such domain can exist"));
	asked.domain = arena_copy(arena, asked.domain);
	asked.mailbox = arena_copy(arena, address_print_local(path, local));
	asked.address = address_print_in(arena, path);
	asked.local = locals_find(receiving_of(session)->locals, asked.domain);
	ours = config_bounces_domain(session->config, asked.domain);
	if (ours && verp_looks_like(asked.mailbox))
		return read_token(&asked, choice_r, reply);
	if (config_bounces_complaints(session->config, asked.address)) {
		*choice_r = (struct choice){
			.kind = CHOICE_COMPLAINT, .address = asked.address};
		return true;
	}
	if (is_for_leaving(session, asked.address)) {
		*choice_r = (struct choice){
			.kind = CHOICE_LEAVING, .address = asked.address};
		return true;
	}
	if (asked.local)
		return find_mailbox(&asked, choice_r, reply, deadline);
	if (ours || slice_equal(asked.domain, hostname) ||
		is_of_leaving(session, asked.domain))
		return find_office(&asked, choice_r, reply);
	return refuse(reply,
		(struct reply){.code = 550,
			.enhanced = {5, 7, 1},
			.text = arena_format(arena,
				"%.*s is none of our domains, and nothing is relayed",
				SLICE_PRINT(asked.domain))});
}
