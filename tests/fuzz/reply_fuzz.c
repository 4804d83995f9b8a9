/*
 * Replies of hostile peers: lines apart by LF; what comes out is printable,
 * capped, and can be said and read again.
 */
#include "mail/reply.h"

#include <stdlib.h>

#include "mail/capability.h"
#include "mail/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void check_reply(const struct reply *reply)
{
	struct capabilities capabilities;
	struct slice rest = reply->text;
	struct buffer buffer = {0};
	char text[100], status[16];

	HOLD(reply->code >= 200 && reply->code <= 599);
	HOLD(reply->text.size <= REPLY_TEXT_MAX);
	while (rest.at)
		HOLD(text_is_utf8(slice_cut(&rest, '\n')));
	HOLD(text_is_utf8(reply_print(reply, text, sizeof(text))));
	HOLD(reply_status(reply, status).size >= 5);
	HOLD(reply->enhanced.class == 0 || reply->enhanced.class == reply->code / 100);
	capabilities_parse(reply, &capabilities);
	HOLD(capabilities_format(&buffer, SLICE("mx"), &capabilities));
	HOLD(reply_append(&buffer, reply));
	HOLD(slice_ends(buffer_contents(&buffer), SLICE("\r\n")));
	buffer_finish(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reply_parser parser = {.lines = 0};
	struct slice rest = slice_make(data, size);
	enum reply_progress progress = REPLY_MORE;

	while (rest.at && progress != REPLY_FAULT) {
		progress = reply_parser_feed(&parser, slice_cut(&rest, '\n'));
		HOLD((progress == REPLY_FAULT) == (parser.fault != NULL));
		if (progress == REPLY_DONE)
			check_reply(&parser.reply);
	}
	reply_parser_finish(&parser);
	return 0;
}
