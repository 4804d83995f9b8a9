/* Rules about receiving: whose mail would be taken, and listeners for it. */
#include "base/config_reading.h"

#include <string.h>

#include "base/map.h"

static void check_domains(struct config_reading *reading);
static void check_mailboxes(
	struct config_reading *reading, const struct config_local *local);
static void complete_postmaster(struct config_reading *reading);
static void check_seal(struct config_reading *reading);
static const struct config_listener *receiving_listener(const struct config *config);

void config_read_receive_rules(struct config_reading *reading)
{
	const struct config *config = reading->config;
	const struct config_receive *receive = &config->receive;
	const struct config_listener *listener = receiving_listener(config);

	check_domains(reading);
	complete_postmaster(reading);
	check_seal(reading);
	if (!listener || config_reading_wrong(reading, &receive->domains))
		return;
	if (receive->domain_count == 0 && config->bounces.domain_count == 0 &&
		!config->unsubscribe.mailto)
		config_error(reading->errors,
			config_reading_mark(reading, &listener->role, listener->mark),
			"role: \"receive\", and no mail would be taken; allowed: with "
			"domains of receive, a domain of bounces, or unsubscribe.mailto");
	else if (!receive->postmaster &&
		 !config_reading_written(reading, &receive->postmaster))
		config_error(reading->errors,
			config_reading_mark(reading, &receive->domains, listener->mark),
			"nobody is postmaster (RFC 5321 4.5.1); allowed: with "
			"postmaster of receive, or a domain without a dot before it");
}

/* What says who may submit has no place where nobody submits. */
void config_read_receive_listener(
	struct config_reading *reading, const struct config_listener *listener)
{
	const struct config_unfit unfit[] = {
		{"require_auth", &listener->require_auth},
		{"auth_without_tls", &listener->auth_without_tls},
		{"mechanisms", &listener->mechanisms},
		{"tenant", &listener->tenant},
	};

	config_refuse_unfit(reading, listener, unfit, sizeof(unfit) / sizeof(unfit[0]),
		"nobody logs in to receive mail");
	if (listener->tls == CONFIG_TLS_IMPLICIT)
		config_error(reading->errors,
			config_reading_mark(reading, &listener->tls, listener->mark),
			"tls: \"implicit\", which no server expects of port 25; "
			"allowed: starttls or none");
}

static const struct config_listener *receiving_listener(const struct config *config)
{
	for (size_t i = 0; i < config->listener_count; i++)
		if (config->listeners[i].role == CONFIG_ROLE_RECEIVE)
			return &config->listeners[i];
	return NULL;
}

static void check_domains(struct config_reading *reading)
{
	const struct config_receive *receive = &reading->config->receive;
	struct map seen = {0};

	for (size_t i = 0; i < receive->domain_count; i++) {
		struct config_local *local = &receive->domains[i];
		const struct config_local *other;

		if (!local->domain)
			continue;
		other = map_set(&seen, slice_of(local->domain), local);
		if (other)
			config_error(reading->errors,
				config_reading_mark(
					reading, &local->domain, local->mark),
				"domain \"%s\" again; allowed: once, and line %u has "
				"it",
				local->domain, other->mark.line);
		check_mailboxes(reading, local);
	}
	map_finish(&seen);
}

static void check_mailboxes(
	struct config_reading *reading, const struct config_local *local)
{
	if (!config_reading_written(reading, &local->recipients) ||
		config_reading_wrong(reading, &local->recipients) ||
		config_reading_wrong(reading, &local->mailboxes))
		return;
	if (local->recipients == CONFIG_RECIPIENTS_LISTED &&
		local->mailboxes.count == 0)
		config_error(reading->errors,
			config_reading_mark(reading, &local->recipients, local->mark),
			"recipients: \"listed\", and none is; allowed: with mailboxes");
	if (local->recipients == CONFIG_RECIPIENTS_ANY && local->mailboxes.count)
		config_error(reading->errors,
			config_reading_mark(reading, &local->mailboxes, local->mark),
			"mailboxes with recipients: \"any\"; allowed: one of them");
}

/* That of the first domain. */
static void complete_postmaster(struct config_reading *reading)
{
	struct config_receive *receive = &reading->config->receive;

	for (size_t i = 0; i < receive->domain_count && !receive->postmaster; i++) {
		const char *domain = receive->domains[i].domain;

		if (domain && domain[0] != '.')
			receive->postmaster = arena_copy_text(
				reading->arena, arena_format(reading->scratch,
							"postmaster@%s", domain));
	}
}

/* The keys are DKIM's. */
static void check_seal(struct config_reading *reading)
{
	const struct config *config = reading->config;
	char *const *seal = &config->receive.arc_seal;

	if (!*seal || config_reading_wrong(reading, seal))
		return;
	for (size_t i = 0; i < config->dkim_count; i++) {
		const char *domain = config->dkim[i].domain;

		if (domain &&
			(strcmp(domain, "*") == 0 ||
				slice_equal_nocase(slice_of(domain), slice_of(*seal))))
			return;
	}
	config_error(reading->errors,
		config_reading_mark(reading, seal, (struct config_mark){0}),
		"arc_seal: \"%s\" has no key; allowed: a domain of dkim", *seal);
}
