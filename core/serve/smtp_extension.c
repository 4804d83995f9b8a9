/*
 * What MAIL may ask for: nothing that was not offered (RFC 5321 2.2.3), and no
 * more than was offered of it. FUTURERELEASE, RFC 4865; DELIVERBY, RFC 2852;
 * MT-PRIORITY, RFC 6710; REQUIRETLS, RFC 8689; BINARYMIME, RFC 3030.
 */
#include "run/worker.h"
#include "serve/smtp_dialogue.h"

static bool refuse(struct reply *reply, struct reply refusal)
{
	*reply = refusal;
	return false;
}

static bool may_use(const struct smtp_dialogue *dialogue,
	const struct smtp_command *mail, struct reply *reply)
{
	const struct capabilities *offered = &dialogue->offered;
	const struct smtp_extensions *asked = &mail->extensions;

	if (mail->body == SMTP_BODY_BINARYMIME && !offered->binarymime)
		return refuse(
			reply, REPLY(555, 5, 5, 4, "BODY=BINARYMIME is not offered"));
	if ((asked->hold_for_s || asked->hold_until_ms) && !offered->future_release)
		return refuse(
			reply, REPLY(555, 5, 5, 4, "FUTURERELEASE is not offered"));
	if (asked->by_given && !offered->deliver_by)
		return refuse(reply, REPLY(555, 5, 5, 4, "DELIVERBY is not offered"));
	if (asked->priority_given && !offered->mt_priority)
		return refuse(reply, REPLY(555, 5, 5, 4, "MT-PRIORITY is not offered"));
	if (!asked->require_tls || offered->requiretls)
		return true;
	if (!stream_facts(dialogue->session.stream)->encrypted)
		return refuse(reply, REPLY(530, 5, 7, 10, "REQUIRETLS needs TLS"));
	return refuse(reply, REPLY(555, 5, 5, 4, "REQUIRETLS is not offered"));
}

/* How long the message is to be held; 0: not at all, also when its time has
 * come meanwhile. */
static int64_t hold_ms(const struct smtp_extensions *asked)
{
	int64_t left_ms = asked->hold_until_ms - worker_wall_ms();

	if (asked->hold_for_s)
		return (int64_t)asked->hold_for_s * 1000;
	return asked->hold_until_ms && left_ms > 0 ? left_ms : 0;
}

bool smtp_may_ask(struct smtp_dialogue *dialogue, const struct smtp_command *mail,
	struct reply *reply)
{
	const struct capabilities *offered = &dialogue->offered;
	const struct smtp_extensions *asked = &mail->extensions;
	struct arena *arena = &dialogue->session.command_arena;
	int64_t hold = hold_ms(asked);

	if (!may_use(dialogue, mail, reply))
		return false;
	/* HOLDUNTIL may name the very latest that was offered a while ago. */
	if (hold > (int64_t)offered->hold_for_max_s * 1000)
		return refuse(reply,
			(struct reply){.code = 501,
				.enhanced = {5, 5, 4},
				.text = arena_format(arena,
					"Messages are held for at most %llu seconds",
					(unsigned long long)offered->hold_for_max_s)});
	if (asked->by_return && asked->by_s < (int64_t)offered->deliver_by_min_s)
		return refuse(reply, (struct reply){.code = 501,
					     .enhanced = {5, 5, 4},
					     .text = arena_format(arena,
						     "BY takes at least %llu seconds",
						     (unsigned long long)offered
							     ->deliver_by_min_s)});
	if (asked->by_return && hold >= asked->by_s * 1000)
		return refuse(reply, REPLY(501, 5, 5, 4,
					     "BY would be over before the message "
					     "is released"));
	return true;
}
