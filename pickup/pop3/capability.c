/* What is offered, and what is switched on: CAPA (RFC 2449), STLS (RFC 2595), UTF8
 * and LANG (RFC 6856). */
#include "pop3/dialogue.h"

#include <string.h>

#include "io/stream.h"

static bool is_encrypted(const struct pop3_dialogue *dialogue)
{
	return stream_facts(dialogue->session.conversation.stream)->encrypted;
}

bool pop3_has_stls(const struct pop3_dialogue *dialogue)
{
	return dialogue->options->tls && !is_encrypted(dialogue);
}

struct pop3_offer pop3_offer_now(struct pop3_dialogue *dialogue)
{
	struct pop3_session *session = &dialogue->session;
	struct pop3_offer offer = {0};

	session->policy->offer(session, &offer);
	return offer;
}

static void say_mechanisms(struct pop3_dialogue *dialogue, unsigned mechanisms)
{
	char line[200] = "SASL";

	for (unsigned i = 0; i < SASL_MECHANISMS; i++) {
		if (!(mechanisms & 1u << i))
			continue;
		strncat(line, " ", sizeof(line) - strlen(line) - 1);
		strncat(line, sasl_mechanism_name((enum sasl_mechanism)i),
			sizeof(line) - strlen(line) - 1);
	}
	if (mechanisms)
		pop3_line(dialogue, "%s", line);
}

void pop3_capa(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline)
{
	struct pop3_offer offer = pop3_offer_now(dialogue);
	unsigned days = dialogue->options->expire_days;

	pop3_agree(dialogue, "What is offered:");
	pop3_line(dialogue, "TOP");
	pop3_line(dialogue, "UIDL");
	pop3_line(dialogue, "RESP-CODES");
	pop3_line(dialogue, "AUTH-RESP-CODE");
	pop3_line(dialogue, "PIPELINING");
	if (offer.user)
		pop3_line(dialogue, "USER");
	say_mechanisms(dialogue, offer.mechanisms);
	if (pop3_has_stls(dialogue) && !dialogue->maildrop)
		pop3_line(dialogue, "STLS");
	pop3_line(dialogue, "UTF8 USER");
	pop3_line(dialogue, "LANG");
	if (days)
		pop3_line(dialogue, "EXPIRE %u", days);
	else
		pop3_line(dialogue, "EXPIRE NEVER");
	pop3_line(dialogue, "IMPLEMENTATION Ringpost");
	pop3_end_lines(dialogue);
}

/* What was said before TLS counts no more (RFC 2595 4), nor does what is said
 * behind STLS before it. */
void pop3_stls(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline)
{
	struct conversation *conversation = &dialogue->session.conversation;

	if (is_encrypted(dialogue)) {
		pop3_refuse(dialogue, NULL, "TLS is already on");
	} else if (!dialogue->options->tls) {
		pop3_refuse(dialogue, NULL, "STLS is not offered here");
	} else if (conversation_has_more(conversation)) {
		pop3_refuse(dialogue, NULL,
			"Wait for the reply to STLS before sending more; goodbye");
		dialogue->ended = true;
	} else {
		dialogue->session.utf8 = false;
		dialogue->ended = !conversation_start_tls(
			conversation, SLICE("+OK Begin TLS\r\n"), deadline);
	}
}

/* Nothing changes by it: messages are given as they are in any case. */
void pop3_utf8(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline)
{
	dialogue->session.utf8 = true;
	pop3_agree(dialogue, "UTF-8 is welcome");
}

/* RFC 6856 3: replies are in English, which is also the default. */
void pop3_lang(struct pop3_dialogue *dialogue, const struct pop3_command *command,
	struct deadline deadline)
{
	struct slice tag = command->name;

	if (!tag.size) {
		pop3_agree(dialogue, "Languages:");
		pop3_line(dialogue, "en English English");
		pop3_end_lines(dialogue);
	} else if (slice_equal(tag, SLICE("*")) ||
		   slice_equal_nocase(tag, SLICE("en")) ||
		   slice_starts_nocase(tag, SLICE("en-")) ||
		   slice_equal_nocase(tag, SLICE("i-default"))) {
		pop3_agree(dialogue, "en English it is");
	} else {
		pop3_refuse(dialogue, NULL, "Only English is spoken here");
	}
}
