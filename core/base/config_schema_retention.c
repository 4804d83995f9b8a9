/* The schema's rows of mailboxes that accounts begin with, and how long mail is kept.
 */
#include "base/config_retention.h"

#include <stdlib.h>

#include "base/config_delivery.h"
#include "base/config_rows.h"

static const char *const use_words[] = {"any", "all", "archive", "drafts", "flagged",
	"junk", "sent", "trash", "important", NULL};

#define OBJECT struct config_retention
static const struct config_key retention_keys[] = {
	{TEXT(account, NULL, config_form_some, "an account's name, or @domain")},
	{TEXT(mailbox, NULL, config_form_mailbox_name,
		"a mailbox such as Trash or Bounces/*")},
	{CHOICE(use, enum config_use, "any", use_words)},
	{DURATION(age, "0", 0, 36500 * DAY)},
	{NUMBER(messages, "0", 0, UINT32_MAX)},
	{SIZE(size, "0", 0, 1024 * TIB)},
	{TRUTH(flagged, "false")},
};
#undef OBJECT

#define OBJECT struct config_mailbox
static const struct config_key mailbox_keys[] = {
	{REQUIRED, TEXT(name, NULL, config_form_mailbox_name,
			   "a mailbox such as Sent or Work/Reports")},
	{CHOICE(use, enum config_use, "any", use_words)},
};
#undef OBJECT

const struct config_section mailbox_section = {
	"an entry of mailboxes", KEYS(mailbox_keys), sizeof(struct config_mailbox)};
const struct config_section retention_section = {
	"an entry of retention", KEYS(retention_keys), sizeof(struct config_retention)};

bool config_form_percent(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	return text[0] >= '1' && text[0] <= '9' && !*end && number <= 100;
}
