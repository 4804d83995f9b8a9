/*
 * Requests to send mail, as anybody could write them: what is read without a problem
 * is made into a message whose header has no field that was not asked for, in lines
 * that end in CRLF, all of it ASCII but for addresses that are not.
 */
#include "api/message.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "mail/text.h"
#include "mail/text_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLD(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static struct config *read_config(void)
{
	static const char text[] =
		"hostname: mx.example\n"
		"listeners: [{address: \"127.0.0.1:80\", role: http, tls: none}]\n";
	char *errors = NULL;
	struct config *config = config_parse_text("fuzz", slice_of(text), &errors);

	HOLD(config);
	memory_free(errors);
	return config;
}

static void check_text(const struct api_message *message, struct slice text)
{
	struct text_facts facts = {.line_limit = TEXT_LINE_MAX};

	if (message->raw.at)
		return;
	text_check(&facts, text);
	text_check_end(&facts);
	HOLD(!facts.faults);
	HOLD(slice_find(text, SLICE("\r\n\r\n")) < text.size);
	HOLD(slice_find(slice_part(text, 0, slice_find(text, SLICE("\r\n\r\n"))),
		     SLICE("\r\nBcc:")) == slice_find(text, SLICE("\r\n\r\n")));
}

static void write_all(struct api_request *request, const struct config *config)
{
	for (size_t i = 0; i < request->count && i < 10; i++) {
		struct buffer out = {.limit = 1u << 20};

		if (api_message_check(&request->messages[i], &request->problems) &&
			api_message_write(&request->messages[i], config,
				&request->problems, &out))
			check_text(&request->messages[i], buffer_contents(&out));
		buffer_finish(&out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config *config;
	struct api_request *request = NEW(struct api_request);
	struct api_rules rules = {.now_ms = 1000000};
	const char *why = NULL;

	if (!config)
		config = read_config();
	rules.config = config;
	if (!api_request_read(request, slice_make(data, size), &rules, &why)) {
		HOLD(why && *why);
	} else {
		HOLD(request->problems.count <= PROBLEMS_MAX);
		for (size_t i = 0; i < request->problems.count; i++)
			HOLD(request->problems.list[i].detail.size > 0);
		if (!request->problems.count)
			write_all(request, config);
	}
	api_request_finish(request);
	memory_free(request);
	return 0;
}
