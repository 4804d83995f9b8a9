/*
 * Signs in a message's text: its links. Parts are read one after the other, as
 * far as there is text; what cannot be read is passed over.
 */
#include "gate/links.h"
#include "gate/phishing.h"
#include "mail/domain.h"
#include "mail/mime_decode.h"
#include "mail/mime_walk.h"
#include "verify/suffix.h"

#define BIT(sign)   (UINT32_C(1) << (sign))
#define PARTS_MAX   20	/* of text, that are read */
#define WALK_MAX    100 /* of any kind, that are passed */
#define SHOWING_MAX 2	/* links that show another site: the rest adds nothing */

struct reading {
	const struct lookalikes *guarded;
	struct slice domain;
	struct arena *arena;
	uint32_t signs;
	unsigned parts, links, showing;
	struct slice host; /* the last that was judged */
};

static bool see(void *context, const struct link_seen *link)
{
	struct reading *reading = context;

	if (link->user)
		reading->signs |= BIT(PHISHING_LINK_USER);
	if (link->address)
		reading->signs |= BIT(PHISHING_LINK_ADDRESS);
	else if (!slice_equal(link->host, reading->host) &&
		 lookalikes_judge(reading->guarded, link->host, reading->arena) ==
			 LOOKALIKE_SAME)
		reading->signs |= BIT(PHISHING_LINK_LOOKS);
	reading->host = link->host; /* most lead to the same */
	/* That a sender's own links go over somebody who counts them is usual. */
	if (link->shown.size && !suffix_same_organization(link->shown, link->host) &&
		!suffix_same_organization(link->shown, reading->domain)) {
		reading->signs |= BIT(PHISHING_LINK_SHOWS);
		if (++reading->showing == SHOWING_MAX)
			reading->signs |= BIT(PHISHING_LINKS_SHOW);
	}
	return ++reading->links < LINKS_MAX;
}

static void read_part(
	struct reading *reading, const struct mime_entity *entity, struct slice content)
{
	bool html = mime_type_is(&entity->type, "text", "html");
	struct slice encoding = mime_encoding_parse(
		header_value(&entity->header, HEADER_CONTENT_TRANSFER_ENCODING));

	if (!html && entity->type.type.size &&
		!mime_type_is(&entity->type, "text", "plain"))
		return;
	if (reading->parts++ >= PARTS_MAX || reading->links >= LINKS_MAX)
		return;
	content = mime_decode(reading->arena, encoding, content, content.size);
	if (html)
		links_of_html(content, reading->arena, see, reading);
	else
		links_of_text(content, reading->arena, see, reading);
}

/* One entity; false: there is no other. */
static bool read_next(struct reading *reading, struct mime_walk *walk)
{
	struct mime_entity *entity = ARENA_NEW(reading->arena, struct mime_entity);
	struct mime_delimiter next;

	if (!mime_walk_read(walk, reading->arena, entity))
		return false;
	switch (entity->kind) {
	case MIME_MULTIPART:
		if (!mime_walk_enter(walk,
			    slice_make(
				    entity->type.boundary, entity->type.boundary_size),
			    mime_type_is(&entity->type, "multipart", "digest")))
			return false;
		break;
	case MIME_MESSAGE:
		return mime_walk_enter(walk, SLICE_EMPTY, false);
	case MIME_LEAF:
	case MIME_SIGNED:
	case MIME_FIXED:
		break;
	}
	mime_walk_find(walk, &next);
	if (entity->kind == MIME_LEAF)
		read_part(reading, entity,
			slice_part(walk->message, walk->at,
				next.content_end > walk->at
					? next.content_end - walk->at
					: 0));
	mime_walk_pass(walk, &next);
	return !walk->ended && walk->parts < WALK_MAX;
}

/* Text of one part as it is, without an address in it: most mail of programs. */
static bool has_nothing(const struct header *header, struct slice message)
{
	const struct header_field *type = header_find(header, HEADER_CONTENT_TYPE);
	struct mime_type found;

	return !header->counts[HEADER_CONTENT_TRANSFER_ENCODING] &&
	       (!type || (mime_type_parse(type->value, &found) &&
				 mime_type_is(&found, "text", "plain"))) &&
	       links_find(message) == message.size;
}

uint32_t phishing_body(const struct lookalikes *guarded, const struct header *header,
	struct slice message, struct slice domain, struct arena *arena)
{
	struct reading *reading;
	struct mime_walk *walk;

	if (has_nothing(header, message))
		return 0;
	reading = ARENA_NEW(arena, struct reading);
	walk = ARENA_NEW(arena, struct mime_walk);
	*reading = (struct reading){
		.guarded = guarded, .domain = domain, .arena = arena};
	walk->message = message;
	walk->is_message = true;
	/* 8-bit headers are read, too. */
	walk->high_known = true;
	walk->high_at = SIZE_MAX;
	while (read_next(reading, walk))
		;
	return reading->signs;
}
