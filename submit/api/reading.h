/* A document into messages: between the files read*.c. */
#ifndef RINGPOST_API_READING_H
#define RINGPOST_API_READING_H

#include "api/message.h"

struct reading {
	struct api_request *request;
	const struct api_rules *rules;
};

/* A text for a header: one line, at most MOST bytes. */
bool read_line(struct reading *reading, const struct doc *value,
	const struct place *place, size_t most, struct slice *text_r);
/* read_address.c: "Jo <jo@example.com>" or {"email":…,"name":…}; then a list of them,
 * or one. */
bool read_mailbox(struct reading *reading, const struct doc *value,
	const struct place *place, struct api_recipient *recipient_r);
bool read_mailboxes(struct reading *reading, const struct doc *value,
	const struct place *place, struct api_recipient **list_r, size_t *count_r);
/* read_fields.c */
bool read_headers(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place);
bool read_tags(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place);
bool read_metadata(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place);
bool read_send_at(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place);
bool read_unsubscribe(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place);
/* read_files.c */
bool read_files(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place);
bool read_raw(struct reading *reading, struct api_message *message,
	const struct doc *value, const struct place *place);

#endif
