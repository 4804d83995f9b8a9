/* The rules of DELIVERBY; see deliver_by.h. */
#include "relay/deliver_by.h"

bool deliver_by_is_over(const struct envelope *envelope, int64_t now_ms)
{
	return envelope->deliver_by == DELIVER_BY_RETURN &&
	       now_ms >= envelope->deliver_by_ms;
}

int64_t deliver_by_due_ms(
	const struct envelope *envelope, int64_t now_ms, int64_t due_ms)
{
	bool is_ahead = envelope->deliver_by != DELIVER_BY_NONE &&
			envelope->deliver_by_ms > now_ms;

	return is_ahead && envelope->deliver_by_ms < due_ms ? envelope->deliver_by_ms
							    : due_ms;
}

bool deliver_by_admits(const struct envelope *envelope, const struct capabilities *peer,
	int64_t now_ms)
{
	int64_t left_ms = envelope->deliver_by_ms - now_ms;

	if (envelope->deliver_by != DELIVER_BY_RETURN)
		return true;
	return peer->deliver_by && left_ms >= 1000 &&
	       (uint64_t)left_ms / 1000 >= peer->deliver_by_min_s;
}

struct smtp_extensions deliver_by_left(const struct envelope *envelope, int64_t now_ms)
{
	int64_t left_ms = envelope->deliver_by_ms - now_ms;
	struct smtp_extensions by = {
		.by_given = true,
		.by_return = envelope->deliver_by == DELIVER_BY_RETURN,
		.by_trace = envelope->deliver_by_trace,
		.by_s = left_ms / 1000,
	};

	/* It was admitted a moment ago, and R takes no 0. */
	if (by.by_return && by.by_s < 1)
		by.by_s = 1;
	return by;
}

bool deliver_by_tells_delay(const struct envelope *envelope,
	const struct recipient *recipient, int64_t now_ms)
{
	return envelope->deliver_by == DELIVER_BY_NOTIFY &&
	       now_ms >= envelope->deliver_by_ms && !recipient->delay_told &&
	       (recipient->notify == NOTIFY_UNSET ||
		       (recipient->notify & NOTIFY_DELAY));
}

bool deliver_by_tells_relay(const struct envelope *envelope,
	const struct recipient *recipient, bool peer_knows)
{
	if (envelope->deliver_by == DELIVER_BY_NONE ||
		(recipient->notify & NOTIFY_NEVER))
		return false;
	return envelope->deliver_by_trace ||
	       (!peer_knows && (recipient->notify == NOTIFY_UNSET ||
				       (recipient->notify & NOTIFY_DELAY)));
}
