/*
 * Categories: their names, what they mean, which of them condemn an address.
 */
#include "feedback/category.h"

const char *const category_words[CATEGORIES + 1] = {
	[CATEGORY_OTHER] = "other",
	[CATEGORY_BAD_MAILBOX] = "bad-mailbox",
	[CATEGORY_BAD_DOMAIN] = "bad-domain",
	[CATEGORY_INACTIVE_MAILBOX] = "inactive-mailbox",
	[CATEGORY_MAILBOX_FULL] = "mailbox-full",
	[CATEGORY_BAD_SENDER] = "bad-sender",
	[CATEGORY_AUTHENTICATION] = "authentication",
	[CATEGORY_REPUTATION] = "reputation",
	[CATEGORY_SPAM_BLOCK] = "spam-block",
	[CATEGORY_RATE] = "rate",
	[CATEGORY_GREYLISTING] = "greylisting",
	[CATEGORY_LOGIN] = "login",
	[CATEGORY_CONTENT] = "content",
	[CATEGORY_SIZE] = "size",
	[CATEGORY_LOOP] = "loop",
	[CATEGORY_EXPIRED] = "expired",
	[CATEGORY_POLICY] = "policy",
	[CATEGORY_RELAYING] = "relaying",
	[CATEGORY_PROTOCOL] = "protocol",
	[CATEGORY_TLS] = "tls",
	[CATEGORY_DNS] = "dns",
	[CATEGORY_NETWORK] = "network",
	[CATEGORY_SYSTEM] = "system",
};

static const char *const meanings[CATEGORIES] = {
	[CATEGORY_OTHER] =
		"No rule knows this reply. Look at its text; a rule of your own can "
		"name it.",
	[CATEGORY_BAD_MAILBOX] = "Nobody has this address. Take it off your lists.",
	[CATEGORY_BAD_DOMAIN] =
		"The address's domain does not exist, or takes no mail. Take it off "
		"your lists.",
	[CATEGORY_INACTIVE_MAILBOX] =
		"Somebody had this address: it is closed, disabled or has moved. Take "
		"it off your lists.",
	[CATEGORY_MAILBOX_FULL] =
		"The recipient's mailbox has no room. Who never empties it does not "
		"read it.",
	[CATEGORY_BAD_SENDER] =
		"The sender's address was found wanting: its domain does not resolve, "
		"or it takes no replies. Repair that, not the list.",
	[CATEGORY_AUTHENTICATION] =
		"SPF, DKIM, DMARC or reverse DNS is missing or wrong. Check the "
		"sending domain's records and the address mail leaves from.",
	[CATEGORY_REPUTATION] =
		"The receiver thinks little of the sending address or domain. Send "
		"less, to those who want it, until that has changed.",
	[CATEGORY_SPAM_BLOCK] =
		"The sending address or domain is on a block list. Find the cause, "
		"end it, then ask for removal.",
	[CATEGORY_RATE] =
		"Too much or too fast for the receiver. It goes on more slowly by "
		"itself.",
	[CATEGORY_GREYLISTING] =
		"The receiver puts off what it does not know. The next attempt gets "
		"through.",
	[CATEGORY_LOGIN] =
		"A relay asks for a user name and password, or does not accept ours. "
		"Check the route.",
	[CATEGORY_CONTENT] =
		"The message was taken for spam, phishing or a virus. Look at its "
		"links, attachments and words.",
	[CATEGORY_SIZE] = "The message is too large for the receiver.",
	[CATEGORY_LOOP] =
		"The message goes in circles between servers. Forwarding there is set "
		"up wrongly.",
	[CATEGORY_EXPIRED] =
		"It could not be delivered in the time it had. Earlier attempts say "
		"why.",
	[CATEGORY_POLICY] =
		"A rule of the receiver's: a closed list, an unwanted sender, an "
		"administrator's block.",
	[CATEGORY_RELAYING] =
		"The server does not take mail for this domain. Its MX records, or a "
		"route of yours, point to the wrong host.",
	[CATEGORY_PROTOCOL] =
		"A command or the message's format was not understood or not "
		"supported.",
	[CATEGORY_TLS] = "No encrypted connection as one of the two sides requires it.",
	[CATEGORY_DNS] =
		"DNS did not answer, or not usefully: the receiver's servers, or "
		"theirs when they looked for us.",
	[CATEGORY_NETWORK] =
		"The receiver's servers could not be reached, or the connection "
		"broke.",
	[CATEGORY_SYSTEM] =
		"The receiver has trouble of its own: a full disk, a fault, "
		"maintenance. It is tried again.",
};

const char *category_name(enum category category)
{
	return category_words[category];
}

const char *category_meaning(enum category category)
{
	return meanings[category];
}

bool category_find(struct slice name, enum category *category_r)
{
	for (unsigned i = 0; i < CATEGORIES; i++)
		if (slice_equal(name, slice_of(category_words[i]))) {
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

bool category_is_soft(enum category category)
{
	switch (category) {
	case CATEGORY_MAILBOX_FULL:
	case CATEGORY_EXPIRED:
	case CATEGORY_LOOP:
	case CATEGORY_RELAYING:
	case CATEGORY_DNS:
	case CATEGORY_NETWORK:
	case CATEGORY_SYSTEM:
		return true;
	default:
		return false;
	}
}
