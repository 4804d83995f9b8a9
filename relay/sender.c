/* Envelope senders, for each transaction; see sender.h. */
#include "relay/sender.h"

#include "feedback/verp_keeper.h"
#include "run/worker.h"

#include "relay/site.h"

#define DAY_MS (24 * 3600 * INT64_C(1000))

struct sender sender_of(const struct site *site, const struct entry *entry)
{
	const struct envelope *envelope = &entry->message->envelope;
	const struct config *config = site->relay->config;
	struct sender sender = {.verp = CONFIG_VERP_NONE};

	if (!config->bounces.domain_count || !envelope->reverse_path.size)
		return sender;
	sender.verp = config_bounces_verp(config, envelope->tenant, entry->domain,
		site->terms.route, &sender.domain);
	if (sender.verp == CONFIG_VERP_NONE)
		return sender;
	sender.valid_ms = config->bounces.verp_valid_ms;
	sender.secret = verp_keeper_secret(site->relay->options.verp);
	return sender;
}

bool sender_is_shared(const struct sender *sender)
{
	return sender->verp != CONFIG_VERP_RECIPIENT;
}

/* Tokens count from the message's own time, and it may have waited for long. */
static unsigned days_of(const struct sender *sender, const struct envelope *envelope)
{
	int64_t age_ms = worker_wall_ms() - message_id_time_ms(&envelope->id);
	int64_t days = (sender->valid_ms + (age_ms > 0 ? age_ms : 0) + DAY_MS - 1) /
		       DAY_MS;

	return days < VERP_DAYS_MAX ? (unsigned)days : VERP_DAYS_MAX;
}

struct slice sender_write(const struct sender *sender, const struct envelope *envelope,
	const struct recipient *recipient, size_t count, struct arena *arena)
{
	struct verp_subject subject = {
		.id = &envelope->id,
		.tenant = envelope->tenant,
		.domain = sender->domain,
	};

	if (sender->verp == CONFIG_VERP_NONE || !sender->secret)
		return SLICE_EMPTY;
	subject.days = days_of(sender, envelope);
	if (count == 1)
		subject.recipient = recipient->address;
	return verp_write(
		sender->secret, &subject, arena_take(arena, VERP_ADDRESS_MAX + 1));
}
