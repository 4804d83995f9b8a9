/* What a refusal says about how we send. */
#include "relay/signal.h"

#include "base/memory.h"

#define TEXT_MAX 1000 /* bytes looked at */

/* A word begins where it stands: "rate" is not in "moderate". */
static bool has(struct slice text, const char *word)
{
	struct slice wanted = slice_of(word);

	for (size_t i = 0; i + wanted.size <= text.size; i++)
		if ((i == 0 || !ascii_is_alpha(text.at[i - 1])) &&
			slice_equal_nocase(slice_part(text, i, wanted.size), wanted))
			return true;
	return false;
}

static bool has_any(struct slice text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (has(text, words[i]))
			return true;
	return false;
}

/* About the recipient, or about this message. */
static bool is_about_else(const struct reply *reply, struct slice text)
{
	static const char *const words[] = {"greylist", "graylist", "grey list",
		"gray list", "grey-list", "gray-list", "recipients", "quota", "mailbox",
		"storage", "disk", "space", "user"};
	unsigned subject = reply->enhanced.subject;

	if (reply->enhanced.class &&
		(subject == 1 || subject == 2 || subject == 6 ||
			(subject == 5 && reply->enhanced.detail == 3)))
		return true;
	return has_any(text, words, ARRAY_COUNT(words));
}

static bool is_about_connections(struct slice text)
{
	static const char *const words[] = {"too many", "concurrent", "simultaneous",
		"maximum", "max ", "limit", "exceed"};

	return (has(text, "connection") || has(text, "session")) &&
	       has_any(text, words, ARRAY_COUNT(words));
}

static bool is_about_messages(struct slice text)
{
	static const char *const words[] = {"per connection", "this connection",
		"per session", "this session", "messages", "mails", "transactions",
		"deliveries"};

	return has_any(text, words, ARRAY_COUNT(words));
}

static bool is_about_rate(const struct reply *reply, struct slice text)
{
	static const char *const words[] = {"rate", "too fast", "too quickly",
		"too many", "throttl", "slow down", "slowdown", "too much", "flood",
		"limit", "exceed", "ratelimit", "too often"};
	const struct enhanced_code *code = &reply->enhanced;

	return (code->class == 4 &&
		       ((code->subject == 7 &&
				(code->detail == 28 || code->detail == 650)) ||
			       (code->subject == 3 && code->detail == 2))) ||
	       has_any(text, words, ARRAY_COUNT(words));
}

enum signal signal_of_reply(
	enum smtp_stage stage, const struct reply *reply, bool tried_before)
{
	struct slice text = slice_part(reply->text, 0, TEXT_MAX);

	if (!reply_is_transient(reply) || stage < STAGE_GREETING ||
		is_about_else(reply, text))
		return SIGNAL_NONE;
	if (is_about_connections(text))
		return is_about_messages(text) ? SIGNAL_MESSAGES : SIGNAL_CONNECTIONS;
	if (stage < STAGE_MAIL)
		return SIGNAL_NONE;
	if (is_about_rate(reply, text))
		return SIGNAL_RATE;
	if (tried_before && reply->enhanced.class == 4 && reply->enhanced.subject == 7)
		return SIGNAL_RATE;
	return SIGNAL_NONE;
}
