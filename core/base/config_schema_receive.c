/* The schema's rows of receiving. */
#include "base/config_rows.h"

#include "base/config_receive.h"

static const char *const recipients[] = {"listed", "accounts", "probed", "any", NULL};
static const char *const judgements[] = {"mark", "quarantine", "refuse", NULL};

#define OBJECT struct config_local
static const struct config_key local_keys[] = {
	{REQUIRED, NAME(domain, NULL, config_form_local_domain,
			   "example.com, or \".example.com\" for all below it")},
	{REQUIRED, CHOICE(recipients, enum config_recipients, NULL, recipients)},
	{TEXTS(mailboxes, 100000, config_form_local_part,
		"what stands before the @, such as sales")},
	{TEXT(detail, "+", config_form_detail, "one of + - = _ . # or \"\" for none")},
	{NAME(tenant, NULL, config_form_tenant, "a tenant's name")},
};
#undef OBJECT

static const struct config_section local_section = {
	"a domain", KEYS(local_keys), sizeof(struct config_local)};

#define OBJECT struct config_receive
static const struct config_key receive_keys[] = {
	{ITEMS(domains, domain, local, 100000)},
	{TEXT(postmaster, NULL, config_form_mailbox,
		"an address such as postmaster@example.com")},
	{SIZE(message_size, "25 MiB", 1 * KIB, 2 * GIB)},
	{NUMBER(recipients, "100", 1, 100000)},
	{NUMBER(messages_per_session, "100", 0, 1000000000)},
	{NUMBER(hops, "50", 1, 1000)},
	{NUMBER(errors, "10", 1, 10000)},
	{DURATION(command_timeout, "5m", 100, 1 * DAY)},
	{DURATION(data_timeout, "3m", 100, 1 * DAY)},
	{DURATION(message_timeout, "10m", 100, 1 * DAY)},
	{DURATION(session_timeout, "1h", 100, 7 * DAY)},
	{DURATION(greeting_pause, "1s", 0, 1 * MINUTE)},
	{NUMBER(sessions_per_address, "20", 0, 1000000)},
	{NUMBER(messages_per_hour, "0", 0, 1000000000)},
	{NUMBER(recipients_per_hour, "0", 0, 1000000000)},
	{NUMBER(errors_per_address, "100", 0, 1000000)},
	{NETWORKS(exempt)},
	{TEXTS(blocklists, 8, config_form_hostname,
		"domains of blocklists such as zen.spamhaus.org")},
	{CHOICE(spf_fail, enum config_judgement, "mark", judgements)},
	{CHOICE(dmarc_quarantine, enum config_judgement, "quarantine", judgements)},
	{CHOICE(dmarc_reject, enum config_judgement, "refuse", judgements)},
	{CHOICE(reverse_fail, enum config_judgement, "mark", judgements)},
	{TEXTS(arc_trusted, 10000, config_form_hostname,
		"domains such as lists.example.org")},
	{NAME(arc_seal, NULL, config_form_hostname, "a domain such as example.com")},
	{TEXT(quarantine_header, "X-Ringpost-Quarantine", config_form_field,
		"a header field's name, such as X-Ringpost-Quarantine")},
	{DURATION(probe_keep, "1h", 1 * MINUTE, 7 * DAY)},
	{DURATION(probe_timeout, "20s", 1 * SECOND, 5 * MINUTE)},
};
#undef OBJECT

const struct config_section receive_section = {"receive", KEYS(receive_keys), 0};
