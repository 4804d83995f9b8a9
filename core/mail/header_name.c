/* The names of header fields known by number; see header.h. */
#include "mail/header.h"

#include "base/memory.h"

/* By length, then as likely as they are. */
static const struct {
	struct slice text;
	enum header_name name;
} names[] = {
	{SLICE("To"), HEADER_TO},
	{SLICE("Cc"), HEADER_CC},
	{SLICE("Bcc"), HEADER_BCC},
	{SLICE("From"), HEADER_FROM},
	{SLICE("Date"), HEADER_DATE},
	{SLICE("Sender"), HEADER_SENDER},
	{SLICE("Subject"), HEADER_SUBJECT},
	{SLICE("Received"), HEADER_RECEIVED},
	{SLICE("Reply-To"), HEADER_REPLY_TO},
	{SLICE("Message-ID"), HEADER_MESSAGE_ID},
	{SLICE("References"), HEADER_REFERENCES},
	{SLICE("Resent-Bcc"), HEADER_RESENT_BCC},
	{SLICE("In-Reply-To"), HEADER_IN_REPLY_TO},
	{SLICE("Return-Path"), HEADER_RETURN_PATH},
	{SLICE("Resent-From"), HEADER_RESENT_FROM},
	{SLICE("Resent-Date"), HEADER_RESENT_DATE},
	{SLICE("Content-Type"), HEADER_CONTENT_TYPE},
	{SLICE("MIME-Version"), HEADER_MIME_VERSION},
	{SLICE("Delivered-To"), HEADER_DELIVERED_TO},
	{SLICE("DKIM-Signature"), HEADER_DKIM_SIGNATURE},
	{SLICE("Auto-Submitted"), HEADER_AUTO_SUBMITTED},
	{SLICE("List-Unsubscribe"), HEADER_LIST_UNSUBSCRIBE},
	{SLICE("Resent-Message-ID"), HEADER_RESENT_MESSAGE_ID},
	{SLICE("List-Unsubscribe-Post"), HEADER_LIST_UNSUBSCRIBE_POST},
	{SLICE("Content-Transfer-Encoding"), HEADER_CONTENT_TRANSFER_ENCODING},
};

_Static_assert(ARRAY_COUNT(names) == HEADER_NAME_COUNT - 2, "a name is missing");

enum header_name header_name_of(struct slice name)
{
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		if (names[i].text.size < name.size)
			continue;
		if (names[i].text.size > name.size)
			break;
		if (slice_equal_nocase(names[i].text, name))
			return names[i].name;
	}
	return HEADER_OTHER;
}

const char *header_name_text(enum header_name name)
{
	for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
		if (names[i].name == name)
			return names[i].text.at;
	}
	return NULL;
}
