/*
 * A typical reply for each category a refusal can be of, in the words of widespread
 * servers.
 */
#include "bench/rule_category.h"

#include "base/memory.h"

const char *const rule_category_names[] = {"bad-mailbox", "bad-domain",
	"inactive-mailbox", "mailbox-full", "bad-sender", "authentication",
	"reputation", "spam-block", "rate", "greylisting", "login", "content", "size",
	"loop", "policy", "relaying", "protocol", "tls", "dns", "network", "system",
	NULL};

/* In the same order. */
static const struct {
	int code;
	struct enhanced_code enhanced;
	const char *text;
} replies[] = {
	{550, {5, 1, 1}, "Recipient address rejected: User unknown"},
	{550, {5, 1, 2}, "Recipient domain not found"},
	{550, {5, 2, 1}, "This account has been disabled"},
	{452, {4, 2, 2}, "The recipient's mailbox is over quota"},
	{550, {5, 1, 8}, "Sender address rejected: Domain not found"},
	{550, {5, 7, 26}, "Unauthenticated mail is not accepted (DMARC)"},
	{421, {4, 7, 0}, "Temporarily deferred due to user complaints"},
	{554, {5, 7, 1}, "Your IP address is on our block list"},
	{421, {4, 7, 0}, "Too many connections, slow down"},
	{451, {4, 7, 1}, "Greylisted, please try again in 300 seconds"},
	{530, {5, 7, 0}, "Authentication required"},
	{550, {5, 7, 1}, "Message identified as spam"},
	{552, {5, 3, 4}, "Message size exceeds fixed limit"},
	{554, {5, 4, 6}, "Too many hops, mail loop detected"},
	{550, {5, 7, 1}, "Rejected for policy reasons"},
	{550, {5, 7, 1}, "Relaying denied"},
	{500, {5, 5, 1}, "Command unrecognized"},
	{530, {5, 7, 0}, "Must issue a STARTTLS command first"},
	{451, {4, 4, 3}, "Temporary DNS lookup failure"},
	{451, {4, 4, 1}, "Connection to the backend timed out"},
	{451, {4, 3, 0}, "Internal error, try again later"},
};

_Static_assert(
	ARRAY_COUNT(replies) + 1 == ARRAY_COUNT(rule_category_names), "one each");

bool rule_category_reply(struct slice name, struct reply *reply_r)
{
	for (size_t i = 0; rule_category_names[i]; i++)
		if (slice_equal(name, slice_of(rule_category_names[i]))) {
			*reply_r = (struct reply){replies[i].code, replies[i].enhanced,
				slice_of(replies[i].text)};
			return true;
		}
	return false;
}
