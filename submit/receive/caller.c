/* One look at PTR and back, and what follows for who has no name. */
#include "receive/caller.h"

#include <string.h>

#include "receive/choice.h"
#include "receive/judgement.h"
#include "receive/session.h"

#define LOOK_MS 10000

static void look(struct smtp_session *session, struct deadline deadline)
{
	struct receiving_session *self = receiving_of(session);
	struct in6_addr address;

	memcpy(&address, stream_facts(session->stream)->peer_bytes, sizeof(address));
	reverse_find_name(&self->receiving->options.resolver, &address,
		&session->session_arena, &self->caller,
		deadline_earlier(deadline, deadline_after_ms(LOOK_MS)));
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
	receiving_of(session)->caller = (struct reverse_name){.known = false};
}
