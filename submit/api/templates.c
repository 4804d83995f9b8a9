/* Stored templates into the messages that name one. */
#include "api/templates.h"

#include "base/failure.h"

static void use(struct api_request *request, struct api_message *message,
	const struct template *known)
{
	struct place root = {.prefix = message->pointer},
		     place = PLACE(&root, "template");

	if (!known->name.at) {
		problem_add(&request->problems, &place,
			"there is no template of this name");
		return;
	}
	if (!message->subject.at)
		message->subject = known->subject;
	if (!message->text.at)
		message->text = known->text;
	if (!message->html.at)
		message->html = known->html;
}

/* One that was read for the message before is not asked for again. */
bool templates_use(
	struct redis *redis, struct api_request *request, struct deadline deadline)
{
	const struct api_message *before = NULL;
	struct template known = {.name = SLICE_EMPTY};

	for (size_t i = 0; i < request->count; i++) {
		struct api_message *message = &request->messages[i];

		if (!message->template.at)
			continue;
		if (!before || !slice_equal(before->template, message->template) ||
			!slice_equal(before->tenant, message->tenant)) {
			known = (struct template){.name = SLICE_EMPTY};
			if (!template_read(redis, message->tenant, message->template,
				    &request->arena, &known, deadline)) {
				if (failure_kind_last() != FAILURE_DATA)
					return false;
				known.name = SLICE_EMPTY;
			}
			before = message;
		}
		use(request, message, &known);
	}
	return true;
}
