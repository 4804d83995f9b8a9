/*
 * The look for phishing at a message that comes in: its header at once, its text
 * at the end, for which so much of it is kept as `look_size` says.
 */
#include "gate/memory.h"
#include "gate/phishing.h"
#include "mail/mime_part.h"

/* Text, or parts of which one may be. */
static bool may_have_text(const struct header *header)
{
	const struct header_field *field = header_find(header, HEADER_CONTENT_TYPE);
	struct mime_type type;

	return !field || !mime_type_parse(field->value, &type) ||
	       mime_type_is(&type, "text", NULL) ||
	       mime_type_is(&type, "multipart", NULL) ||
	       mime_type_is(&type, "message", NULL);
}

void gate_look_begin(struct gate *gate, const struct gate_question *question,
	struct gate_look *look, struct arena *arena)
{
	const struct gate_memory *memory = gate->memory;
	const struct config_gate *config = &memory->config->gate;
	struct slice block = question->header->block;

	look->on = false;
	look->signs = look->score = 0;
	if (!(memory->wanted & GATE_BIT(GATE_PHISHING)) && !config->suspicious_per_hour)
		return;
	look->signs = phishing_header(&memory->guarded, question->header,
		question->author_count ? question->authors[0] : SLICE_EMPTY,
		question->author_domain, arena);
	look->on = block.size + 2 < config->look_size && question->author_domain.size &&
		   may_have_text(question->header);
	if (!look->on)
		return;
	buffer_clear(&look->text);
	look->text.limit = (size_t)config->look_size;
	buffer_append(&look->text, block);
	if (!slice_ends(block, SLICE("\r\n")))
		buffer_append(&look->text, SLICE("\r\n"));
	buffer_append(&look->text, SLICE("\r\n"));
}

void gate_look_feed(struct gate_look *look, struct slice run)
{
	size_t room = look->text.limit - buffer_size(&look->text);

	/* What does not fit is not looked at. */
	buffer_append(&look->text, slice_part(run, 0, room));
}

bool gate_look_end(struct gate *gate, const struct header *header, struct slice domain,
	struct gate_look *look, struct arena *arena)
{
	const struct gate_memory *memory = gate->memory;

	if (look->on)
		look->signs |= phishing_body(&memory->guarded, header,
			buffer_contents(&look->text), domain, arena);
	look->score = phishing_score(look->signs);
	if (!look->signs || look->score < memory->config->gate.phishing_score)
		return false;
	gate->figures.suspicious++;
	return true;
}
