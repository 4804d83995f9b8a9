/* The schema's rows of mailboxes and who reads them. */
#include "base/config_rows.h"

#include "base/config_pickup.h"

#define OBJECT struct config_pickup
static const struct config_key pickup_keys[] = {
	{PATH(directory, NULL)},
	{SIZE(quota, "0", 0, 1024 * TIB)},
	{NUMBER(quota_messages, "0", 0, 1000000000000)},
	{KEY(quota_warnings, CONFIG_TEXTS, quota_warnings, struct config_texts,
		 "80 95"),
		.most = 8, .form = config_form_percent,
		.allowed = "shares in percent such as 80"},
	{TRUTH(quota_notice, "true")},
	{ITEMS(mailboxes, mailbox, mailbox, 50)},
	{ITEMS(retention, retention, retention, 1000)},
	{DURATION(retention_interval, "1h", 1 * SECOND, 30 * DAY)},
	{SIZE(free_space, "128 MiB", 0, 16 * TIB)},
	{SIZE(message_size, "50 MiB", 1 * KIB, 2 * GIB)},
	{NUMBER(sessions, "10000", 1, 1000000)},
	{NUMBER(sessions_per_account, "50", 0, 1000000)},
	{NUMBER(sessions_per_address, "100", 0, 1000000)},
	{NUMBER(errors, "20", 1, 10000)},
	{DURATION(login_timeout, "1m", 100, 1 * HOUR)},
	/* RFC 1939 3, RFC 9051 5.4 */
	{DURATION(pop3_idle_timeout, "10m", 100, 1 * DAY)},
	{DURATION(imap_idle_timeout, "30m", 100, 7 * DAY)},
	{TRUTH(apop, "false")},
	{TRUTH(search_index, "true")},
	{TEXT(shared_account, NULL, config_form_some, "an account's name")},
};
#undef OBJECT

const struct config_section pickup_section = {"pickup", KEYS(pickup_keys), 0};
