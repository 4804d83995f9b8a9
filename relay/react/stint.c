/* How many messages a receiver takes on a connection. */
#include "react/stint.h"

#define TIMES	       2    /* the same twice in a row is no coincidence */
#define MESSAGES_MOST  1000 /* more than that is worth no rule */
#define BELIEVED_US    (60 * 60 * INT64_C(1000000))
#define CONFIRMED_MOST 24

void stint_note_cut(struct stint *stint, uint64_t messages, int64_t now_us)
{
	if (messages == 0 || messages > MESSAGES_MOST)
		return;
	if (messages != stint->messages) {
		stint->messages = messages;
		stint->times = 0;
		stint->confirmed = 0;
	}
	if (++stint->times < TIMES)
		return;
	if (now_us >= stint->until_us && stint->confirmed < CONFIRMED_MOST)
		stint->confirmed++;
	stint->most = messages;
	stint->until_us = now_us + stint->confirmed * BELIEVED_US;
	/* When that is over, one more such end is enough. */
	stint->times = TIMES - 1;
}

void stint_note_carried(struct stint *stint, uint64_t messages)
{
	if (!stint->messages || messages <= stint->messages)
		return;
	*stint = (struct stint){0};
}

uint64_t stint_most(const struct stint *stint, int64_t now_us)
{
	return now_us < stint->until_us ? stint->most : 0;
}
