/* How many connections a site takes, learned from the ones it refuses. */
#include "react/ceiling.h"

/* So long it is supposed to take again what it took. */
#define LATELY_US (10 * 1000000)
/* No more are made for a moment after a refusal; those that were being made may
 * be refused as well, which says nothing new. */
#define PAUSE_US 200000
/* Refused after that, again and again with none open: no coincidence. */
#define REFUSED_MAX 3

static bool is_known(const struct ceiling *ceiling, int64_t now_us)
{
	return ceiling->most && now_us < ceiling->most_until_us;
}

void ceiling_note_open(struct ceiling *ceiling, size_t open, int64_t now_us)
{
	if (open == 0)
		return;
	ceiling->refused = 0;
	/* Some that were being made when one was refused. */
	if (ceiling->limit && open > ceiling->limit)
		ceiling->limit = open;
	if (open < ceiling->most && is_known(ceiling, now_us))
		return;
	ceiling->most = open;
	ceiling->most_until_us = now_us + LATELY_US;
}

/* Refused at the same number again: it will be so the next time, too. */
void ceiling_lower(struct ceiling *ceiling, size_t limit, int64_t now_us)
{
	size_t now = ceiling_limit(ceiling, now_us);
	bool same = ceiling->limit && limit >= ceiling->limit && now > ceiling->limit;

	if (!same || !ceiling->step_us)
		ceiling->step_us = CEILING_STEP_US;
	else if (ceiling->step_us < CEILING_STEP_MOST_US)
		ceiling->step_us *= 2;
	ceiling->limit = limit;
	ceiling->raise_us = now_us + ceiling->step_us;
}

bool ceiling_note_refused(struct ceiling *ceiling, size_t open, int64_t now_us)
{
	bool known = is_known(ceiling, now_us);
	bool again = now_us < ceiling->pause_until_us;

	if (!again)
		ceiling->pause_until_us = now_us + PAUSE_US;
	if (open == 0)
		return known && (again || ceiling->refused++ < REFUSED_MAX);
	if (known && ceiling->most > open) {
		ceiling->most -= !again;
		open = ceiling->most;
	}
	if (open != ceiling->limit || !again)
		ceiling_lower(ceiling, open, now_us);
	return true;
}

bool ceiling_allows(const struct ceiling *ceiling, size_t connections, int64_t now_us)
{
	size_t limit = ceiling_limit(ceiling, now_us);

	return now_us >= ceiling->pause_until_us && (!limit || connections < limit);
}

size_t ceiling_limit(const struct ceiling *ceiling, int64_t now_us)
{
	int64_t past_us = now_us - ceiling->raise_us;

	if (!ceiling->limit || past_us < 0)
		return ceiling->limit;
	return ceiling->limit + 1 + (size_t)(past_us / ceiling->step_us);
}
