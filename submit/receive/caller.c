/* One look at PTR and back, and what follows for who has no name. */
#include "receive/caller.h"

#include <string.h>

#include "mail/domain.h"
#include "verify/reverse.h"

#include "receive/choice.h"
#include "receive/judgement.h"
#include "receive/session.h"

#define LOOK_MS 10000

static void look(struct smtp_session *session, struct deadline deadline)
{
	struct receiving_session *self = receiving_of(session);
	struct verify_budget budget;
	struct arena arena = {0};
	struct in6_addr address;
	struct reverse reverse;

	memcpy(&address, stream_facts(session->stream)->peer_bytes, sizeof(address));
	verify_budget_init(
		&budget, &self->receiving->options.resolver, CALLER_QUERIES_MAX);
	self->caller.known = reverse_check(&budget.resolver, &address, &arena, &reverse,
		deadline_earlier(deadline, deadline_after_ms(LOOK_MS)));
	if (self->caller.known)
		self->caller.reverse = reverse.result;
	/* A name of strange bytes is nothing to be shown. */
	if (self->caller.known && reverse.result == REVERSE_CONFIRMED &&
		domain_is_valid(reverse.name, false))
		self->caller.name = arena_copy(&session->session_arena, reverse.name);
	arena_finish(&arena);
}

bool caller_is_refused(struct smtp_session *session, const struct address *path,
	struct reply *reply, struct deadline deadline)
{
	struct receiving_session *self = receiving_of(session);
	char local[ADDRESS_LOCAL_MAX + 1];

	if (self->exempt)
		return false;
	if (!self->caller.known)
		look(session, deadline);
	if (session->config->receive.reverse_fail != CONFIG_JUDGE_REFUSE ||
		!judgement_is_nameless(&self->caller) ||
		choice_is_office(address_print_local(path, local)))
		return false;
	*reply = (struct reply){.code = 550,
		.enhanced = {5, 7, 25}, /* RFC 7372 3.3 */
		.text = arena_format(&session->command_arena,
			"Your address %s has no name in DNS that leads back to it",
			stream_facts(session->stream)->peer_address)};
	return true;
}

void caller_forget(struct smtp_session *session)
{
	receiving_of(session)->caller = (struct authentication_caller){.known = false};
}
