/* Rules about mailboxes: where they are, and listeners for those who read them. */
#include "base/config_reading.h"

#include "base/config_pickup.h"

void config_complete_pickup(struct config_reading *reading)
{
	struct config *config = reading->config;

	if (!config->pickup.directory && config->state_directory)
		config->pickup.directory = arena_copy_text(
			reading->arena, arena_format(reading->scratch, "%s/mail",
						config->state_directory));
}

/* RFC 6154 3 */
static void check_mailboxes(struct config_reading *reading)
{
	const struct config_pickup *pickup = &reading->config->pickup;
	unsigned seen = 0;

	for (size_t i = 0; i < pickup->mailbox_count; i++) {
		const struct config_mailbox *entry = &pickup->mailboxes[i];
		unsigned bit = 1u << entry->use;

		if (entry->use && seen & bit)
			config_error(reading->errors,
				config_reading_mark(reading, &entry->use, entry->mark),
				"use: another mailbox has it already; allowed: each "
				"once");
		seen |= bit;
	}
}

/* One that limits nothing was meant to. */
static void check_retention(struct config_reading *reading)
{
	const struct config_pickup *pickup = &reading->config->pickup;

	for (size_t i = 0; i < pickup->retention_count; i++) {
		const struct config_retention *entry = &pickup->retention[i];

		if (entry->age_ms || entry->messages || entry->size ||
			config_reading_wrong(reading, &entry->age_ms) ||
			config_reading_wrong(reading, &entry->messages) ||
			config_reading_wrong(reading, &entry->size))
			continue;
		config_error(reading->errors, entry->mark,
			"nothing goes by this; allowed: with age, messages or size");
	}
}

void config_check_pickup(struct config_reading *reading)
{
	check_mailboxes(reading);
	check_retention(reading);
}

/* Nobody reads mailboxes without a login, and all of them belong to accounts. */
void config_read_pickup_listener(
	struct config_reading *reading, const struct config_listener *listener)
{
	const struct config_unfit unfit[] = {
		{"require_auth", &listener->require_auth},
		{"xclient", &listener->xclient},
		{"tenant", &listener->tenant},
	};

	config_refuse_unfit(reading, listener, unfit, sizeof(unfit) / sizeof(unfit[0]),
		"this is about mail that is handed in");
	if (listener->tls == CONFIG_TLS_NONE && !listener->auth_without_tls &&
		!config_reading_wrong(reading, &listener->auth_without_tls))
		config_error(reading->errors,
			config_reading_mark(reading, &listener->tls, listener->mark),
			"tls: \"none\", so nobody could log in; allowed: with "
			"auth_without_tls: true");
}
