/* The inside of reading messages: what a thread of the pool does. */
#ifndef RINGPOST_STORE_MESSAGE_CORE_H
#define RINGPOST_STORE_MESSAGE_CORE_H

#include "base/failure.h"
#include "store/message.h"

struct message_job {
	struct store_account *account;
	const struct message_reading *reading;
	bool good;
	struct failure failure; /* of the job, or of its last message that failed */
};
void message_job_run(void *job);
/* What is in memory of it goes. */
void message_drop_head(struct message_file *message);

#endif
