/*
 * How `send` and `sendmail` hand a message in: to the server of this machine by its
 * admin socket, or to another by its HTTP API.
 */
#ifndef RINGPOST_COMMAND_SEND_DOOR_H
#define RINGPOST_COMMAND_SEND_DOOR_H

#include "base/buffer.h"
#include "client/arguments.h"
#include "report/value.h"

#define SEND_MESSAGE_MAX (40u << 20) /* of a file, and of standard input */

struct send_door {
	const char *url; /* of the API; NULL: the socket */
	const char *key_file, *ca_file;
};

/*
 * MESSAGE as POST /v1/messages has it; taken over. The answer: {"messages":[{"id":…,
 * "refused":[…]} or {"status":…,"code":…,"detail":…}]}, or {"errors":[{"pointer":…,
 * "detail":…}]} and nothing was sent. NULL with a failure: nobody knows.
 */
struct value *send_through(const struct send_door *door,
	const struct arguments *arguments, struct value **message);
/* Says what became of it, its id or all of the answer on standard output, what went
 * wrong on standard error; the exit status. Takes ANSWER over. */
enum send_telling { SEND_ID, SEND_JSON, SEND_SILENT };
int send_tell(struct value **answer, enum send_telling telling);

/* PATH, or standard input for "-", into BYTES; false with FAILURE_FILE or LIMIT. */
bool send_read(const char *path, struct buffer *bytes);
/* OBJECT.NAME becomes BYTES in base64. */
void send_set_bytes(struct value *object, const char *name, struct slice bytes);

#endif
