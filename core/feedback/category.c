/*
 * Categories: their names, what they mean, which of them condemn an address.
 */
#include "feedback/category.h"

static const struct {
	const char *name, *meaning;
} table[CATEGORIES] = {
	[CATEGORY_OTHER] = {"other",
		"No rule knows this reply. Look at its text; a rule of your own can "
		"name it."},
	[CATEGORY_BAD_MAILBOX] = {"bad-mailbox",
		"Nobody has this address. Take it off your lists."},
	[CATEGORY_BAD_DOMAIN] = {"bad-domain",
		"The address's domain does not exist, or takes no mail. Take it off "
		"your lists."},
	[CATEGORY_INACTIVE_MAILBOX] = {"inactive-mailbox",
		"Somebody had this address: it is closed, disabled or has moved. Take "
		"it off your lists."},
	[CATEGORY_MAILBOX_FULL] = {"mailbox-full",
		"The recipient's mailbox has no room. Who never empties it does not "
		"read it."},
	[CATEGORY_BAD_SENDER] = {"bad-sender",
		"The sender's address was found wanting: its domain does not resolve, "
		"or it takes no replies. Repair that, not the list."},
	[CATEGORY_AUTHENTICATION] = {"authentication",
		"SPF, DKIM, DMARC or reverse DNS is missing or wrong. Check the "
		"sending domain's records and the address mail leaves from."},
	[CATEGORY_REPUTATION] = {"reputation",
		"The receiver thinks little of the sending address or domain. Send "
		"less, to those who want it, until that has changed."},
	[CATEGORY_SPAM_BLOCK] = {"spam-block",
		"The sending address or domain is on a block list. Find the cause, "
		"end it, then ask for removal."},
	[CATEGORY_RATE] = {"rate",
		"Too much or too fast for the receiver. It goes on more slowly by "
		"itself."},
	[CATEGORY_GREYLISTING] = {"greylisting",
		"The receiver puts off what it does not know. The next attempt gets "
		"through."},
	[CATEGORY_LOGIN] = {"login",
		"A relay asks for a user name and password, or does not accept ours. "
		"Check the route."},
	[CATEGORY_CONTENT] = {"content",
		"The message was taken for spam, phishing or a virus. Look at its "
		"links, attachments and words."},
	[CATEGORY_SIZE] = {"size", "The message is too large for the receiver."},
	[CATEGORY_LOOP] = {"loop",
		"The message goes in circles between servers. Forwarding there is set "
		"up wrongly."},
	[CATEGORY_EXPIRED] = {"expired",
		"It could not be delivered in the time it had. Earlier attempts say "
		"why."},
	[CATEGORY_POLICY] = {"policy",
		"A rule of the receiver's: a closed list, an unwanted sender, an "
		"administrator's block."},
	[CATEGORY_RELAYING] = {"relaying",
		"The server does not take mail for this domain. Its MX records, or a "
		"route of yours, point to the wrong host."},
	[CATEGORY_PROTOCOL] = {"protocol",
		"A command or the message's format was not understood or not "
		"supported."},
	[CATEGORY_TLS] = {"tls",
		"No encrypted connection as one of the two sides requires it."},
	[CATEGORY_DNS] = {"dns",
		"DNS did not answer, or not usefully: the receiver's servers, or "
		"theirs when they looked for us."},
	[CATEGORY_NETWORK] = {"network",
		"The receiver's servers could not be reached, or the connection "
		"broke."},
	[CATEGORY_SYSTEM] = {"system",
		"The receiver has trouble of its own: a full disk, a fault, "
		"maintenance. It is tried again."},
};

const char *category_name(enum category category)
{
	return table[category].name;
}

const char *category_meaning(enum category category)
{
	return table[category].meaning;
}

bool category_find(struct slice name, enum category *category_r)
{
	for (unsigned i = 0; i < CATEGORIES; i++)
		if (slice_equal(name, slice_of(table[i].name))) {
			*category_r = (enum category)i;
			return true;
		}
	return false;
}

bool category_is_hard(enum category category)
{
	return category == CATEGORY_BAD_MAILBOX || category == CATEGORY_BAD_DOMAIN ||
	       category == CATEGORY_INACTIVE_MAILBOX;
}
